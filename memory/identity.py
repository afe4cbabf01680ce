"""What makes two items the same: scope, kind, normalised content and action."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from core.guidance import ActionTemplate
from memory.items import ItemDraft, ItemId


def normalised(text: str) -> str:
    """Text for comparison: one case, one width, single spaces, no final stop."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).rstrip(" .;:!")


def content_hash(draft: ItemDraft, *, salt: str = "") -> str:
    """SHA-256 of the draft's identity, as 64 hex digits. `salt` tells equal words apart where it must."""
    parts = [draft.scope, draft.kind.value, normalised(draft.content), _action_key(draft.action)]
    parts += [part for part in (draft.student_model, salt) if part]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def item_id(digest: str) -> ItemId:
    """The id of an item that starts with this content: equal lessons get equal ids in every memory."""
    return ItemId(f"it_{digest[:20]}")


def _action_key(action: ActionTemplate | None) -> str:
    if action is None:
        return ""
    bindings = json.dumps(dict(action.bindings), sort_keys=True, ensure_ascii=False)
    return f"{action.tool}\x1e{' '.join(action.template.split())}\x1e{bindings}"
