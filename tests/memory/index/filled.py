"""A memory filled by plain SQL: items that are added, changed and retired as its writers do it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.index.chroma import ChromaIndex
from memory.index.seam import IndexEntry, OpenIndex, Vector, VectorIndex
from memory.items import Audience, ItemId, Kind
from memory.sql.keywords import section
from memory.sql.tables import ItemRow, ItemVersionRow, MemoryStateRow, OutboxRow

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOC = "synthetic/soc"
STUDENT = section(SOC, Audience.STUDENT)
TEACHER = section(SOC, Audience.TEACHER)
OTHER = section("synthetic", Audience.STUDENT)
SMALL = LexicalEmbedder(64)
_PLACES = ((Kind.GUARD, SOC), (Kind.STOP_CONDITION, SOC), (Kind.GUARD, "synthetic"))


class Clock:
    """A time that stands still until it is told to pass."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Filled:
    """Writes items as one transaction each: the item, its version, the counter and the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, *texts: str, place: int = 0) -> list[ItemId]:
        """New candidates, all in one transaction; `place` 0 is `STUDENT`, 1 `TEACHER`, 2 `OTHER`."""
        kind, scope = _PLACES[place]
        with self.database.session() as session:
            change = _raise_change(session)
            ids = [ItemId(f"{place}{hashlib.sha256(text.encode()).hexdigest()[:12]}") for text in texts]
            rows = [_item(item, kind, scope, text, change) for item, text in zip(ids, texts, strict=True)]
            versions = [_version(item, 1, text) for item, text in zip(ids, texts, strict=True)]
            session.execute(insert(ItemRow), rows)
            session.execute(insert(ItemVersionRow), versions)
            _put(session, ids, change)
        return ids

    def edit(self, item: ItemId, text: str) -> None:
        self._change(item, text=text)

    def retire(self, item: ItemId) -> None:
        self._change(item, status="retired")

    def revive(self, item: ItemId) -> None:
        self._change(item, status="active")

    def outbox(self) -> dict[ItemId, OutboxRow]:
        with self.database.reading() as session:
            return {ItemId(row.item_id): row for row in session.execute(select(OutboxRow)).scalars()}

    def _change(self, item: ItemId, *, text: str | None = None, status: str | None = None) -> None:
        with self.database.session() as session:
            change = _raise_change(session)
            row = session.execute(
                select(ItemRow.version, ItemVersionRow.content)
                .join(ItemVersionRow, ItemVersionRow.item_id == ItemRow.id)
                .where(ItemRow.id == item, ItemVersionRow.version == ItemRow.version)
            ).one()
            words = row.content if text is None else text
            session.execute(insert(ItemVersionRow), [_version(item, row.version + 1, words)])
            values = {"version": row.version + 1, "content_hash": _hash(words), "change": change}
            if status is not None:
                values["status"] = status
            session.execute(update(ItemRow).where(ItemRow.id == item).values(**values))
            _put(session, [item], change)


def vector(text: str, embedder: LexicalEmbedder = SMALL) -> Vector:
    made: Vector = np.asarray(embedder.embed([text])[0], dtype=np.float32)
    return made


def in_folder(folder: Path) -> OpenIndex:
    return lambda generation: ChromaIndex.in_folder(folder, generation)


def entry(item: str, text: str | None = None, *, version: int = 1) -> IndexEntry:
    """What the index holds of an item with this text (else its id's)."""
    words = text or item
    return IndexEntry(
        item_id=ItemId(item),
        version=version,
        content_hash=_hash(words),
        embedder_id=SMALL.id,
        vector=vector(words),
    )


def held(index: VectorIndex) -> dict[str, dict[ItemId, int]]:
    """Versions by section and item."""
    return {
        name: {each.item_id: each.version for page in index.entries(name) for each in page}
        for name in index.sections()
    }


def _raise_change(session: Session) -> int:
    raised = update(MemoryStateRow).values(change=MemoryStateRow.change + 1).returning(MemoryStateRow.change)
    change = session.execute(raised).scalar_one_or_none()
    if change is None:
        session.execute(insert(MemoryStateRow).values(id=1, library_id="filled", change=1))
        return 1
    return change


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _item(item: ItemId, kind: Kind, scope: str, text: str, change: int) -> dict[str, object]:
    return {
        "id": item,
        "kind": kind.value,
        "scope": scope,
        "status": "candidate",
        "version": 1,
        "content_hash": _hash(text),
        "pinned": False,
        "support": 1,
        "alpha": 1.0,
        "beta": 1.0,
        "origin_run": "run",
        "origin_task": "task",
        "created_at": NOW,
        "updated_at": NOW,
        "change": change,
    }


def _version(item: ItemId, version: int, text: str) -> dict[str, object]:
    return {
        "item_id": item,
        "version": version,
        "content": text,
        "cue": "",
        "action": None,
        "boundary": "",
        "expected_effect": "",
        "content_hash": _hash(text),
        "created_at": NOW,
    }


def _put(session: Session, items: Sequence[ItemId], change: int) -> None:
    fresh = {
        "seq": change,
        "attempts": 0,
        "not_before": None,
        "claimed_by": "",
        "lease_until": None,
        "last_error": "",
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    added = dialect.insert(OutboxRow).on_conflict_do_update(index_elements=["item_id"], set_=fresh)
    session.execute(added, [{"item_id": item, **fresh} for item in items])
