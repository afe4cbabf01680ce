"""Drafts as JSON, for the checkpoint between distilling and learning."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.guidance import ActionTemplate
from memory.items import ItemDraft, Kind


class _Action(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: str
    template: str
    bindings: dict[str, str] = Field(default_factory=dict)


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind
    scope: str
    content: str
    cue: str
    action: _Action | None
    boundary: str
    expected_effect: str

    def to_draft(self) -> ItemDraft:
        action = self.action
        return ItemDraft(
            kind=self.kind,
            scope=self.scope,
            content=self.content,
            cue=self.cue,
            action=ActionTemplate(tool=action.tool, template=action.template, bindings=action.bindings)
            if action
            else None,
            boundary=self.boundary,
            expected_effect=self.expected_effect,
        )


_DRAFTS = TypeAdapter(list[_Draft])


def dump_drafts(drafts: Sequence[ItemDraft]) -> str:
    """A JSON array of the drafts, in order."""
    return json.dumps([_plain(draft) for draft in drafts], ensure_ascii=False)


def _plain(draft: ItemDraft) -> dict[str, object]:
    action = draft.action
    return {
        "kind": draft.kind.value,
        "scope": draft.scope,
        "content": draft.content,
        "cue": draft.cue,
        "action": None
        if action is None
        else {"tool": action.tool, "template": action.template, "bindings": dict(action.bindings)},
        "boundary": draft.boundary,
        "expected_effect": draft.expected_effect,
    }


def load_drafts(text: str) -> tuple[ItemDraft, ...]:
    """What `dump_drafts` wrote."""
    return tuple(draft.to_draft() for draft in _DRAFTS.validate_json(text))
