"""Two who write, a person and a program, and what they write."""

from __future__ import annotations

from dataclasses import replace

from memory.items import ItemDraft, Kind
from memory.ledger.editor import ItemEdit
from tests.memory.samples import SCOPE

ANN, RULE = "person:ann", "rule:tidy"
OTHER_WORDS = ItemEdit(content="Read the full host name from SecurityAlert.")


def draft(content: str, **fields: str) -> ItemDraft:
    return replace(ItemDraft(kind=Kind.GUARD, scope=SCOPE, content=content), **fields)


ONE, TWO = draft("Start with the table AlertInfo."), draft("End with the table AlertEvidence.")
