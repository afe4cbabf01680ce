"""Entries for tests of ranking, made without a database."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from memory.items import Credit, Item, ItemId, ItemState, Kind, Status
from memory.recall.section import Entry, Vector

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make_item(
    name: str, content: str = "words", cue: str = "", status: Status = Status.ACTIVE, **state: object
) -> Item:
    return Item(
        id=ItemId(name),
        kind=Kind.GUARD,
        scope="s",
        state=ItemState(
            content=content,
            cue=cue,
            action=None,
            boundary="",
            expected_effect="",
            status=status,
            **state,  # type: ignore[arg-type]
        ),
        version=1,
        content_hash=name,
        support=1,
        credit=Credit(alpha=1.0, beta=1.0),
        created_at=NOW,
        updated_at=NOW,
    )


def make_entry(
    name: str,
    content: str = "words",
    cue: str = "",
    vector: Vector | None = None,
    number: int | None = None,
    status: Status = Status.ACTIVE,
) -> Entry:
    return Entry(
        item=make_item(name, content, cue, status),
        number=abs(hash(name)) if number is None else number,
        vector=vector,
    )


def unit(*values: float) -> Vector:
    vector = np.array(values, dtype=np.float32)
    return vector / np.float32(np.linalg.norm(vector))
