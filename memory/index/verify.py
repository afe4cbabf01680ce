"""Does the index hold what SQL holds? Anti-joins both ways, versions, words, vectors, and what is found."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import select

from core.database import Database
from memory.index.outbox import LIVE_STATUSES, overlooked_ids, read_state, waiting_ids
from memory.index.seam import TIE, IndexEntry, Vector, VectorIndex
from memory.index.vectors import PAGE, vector_of
from memory.items import ItemId, Kind
from memory.sql.keywords import section
from memory.sql.tables import EmbeddingRow, ItemRow, ItemVersionRow

SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """How many items, and the first of them in order."""

    count: int = 0
    first: tuple[ItemId, ...] = ()

    @classmethod
    def of(cls, items: Iterable[ItemId]) -> Ids:
        ordered = sorted(items)
        return cls(count=len(ordered), first=tuple(ordered[:SHOWN]))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What a verification found. Items that changed meanwhile or wait in the outbox are not compared.

    `problem` says why the index could not be compared at all. `overlooked`: in the index, which does not find
    them, and so compared exactly; `not_found`: overlooked, and that was not known. `missing`: live, but not
    in the index; `extra`: in the index, but not live in that section.
    """

    generation: str = ""
    live: int = 0
    indexed: int = 0
    sampled: int = 0
    problem: str | None = None
    waiting: Ids = field(default_factory=Ids)
    overlooked: Ids = field(default_factory=Ids)
    missing: Ids = field(default_factory=Ids)
    extra: Ids = field(default_factory=Ids)
    other_version: Ids = field(default_factory=Ids)
    other_content: Ids = field(default_factory=Ids)
    other_embedder: Ids = field(default_factory=Ids)
    other_vector: Ids = field(default_factory=Ids)
    not_embedded: Ids = field(default_factory=Ids)
    not_found: Ids = field(default_factory=Ids)

    @property
    def whole(self) -> bool:
        """The index may be used: all that was compared is there, and at most a tenth is overlooked by the
        search, which is approximate; some may wait.
        """
        wrong = (
            self.missing,
            self.extra,
            self.other_version,
            self.other_content,
            self.other_embedder,
            self.other_vector,
            self.not_embedded,
        )
        found = self.not_found.count * 10 <= self.sampled
        return self.problem is None and found and not any(ids.count for ids in wrong)

    @property
    def clean(self) -> bool:
        """Nothing at all is wrong, and nothing waits."""
        return self.whole and self.not_found.count == self.waiting.count == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Live:
    section: str
    version: int
    content_hash: str


@dataclass(slots=True)
class _Findings:
    """Items by what is wrong with them, while the index is read."""

    seen: set[ItemId] = field(default_factory=set)
    extra: set[ItemId] = field(default_factory=set)
    version: set[ItemId] = field(default_factory=set)
    content: set[ItemId] = field(default_factory=set)
    embedder: set[ItemId] = field(default_factory=set)
    vector: set[ItemId] = field(default_factory=set)
    bare: set[ItemId] = field(default_factory=set)
    indexed: int = 0


def compare(
    database: Database,
    index: VectorIndex,
    generation: str,
    embedder_id: str,
    *,
    sample: int | None,
    chance: random.Random,
    built_since: int | None = None,
) -> tuple[IndexReport, frozenset[ItemId]]:
    """Compare every entry with SQL, and look up `sample` of them (None: all) by their own vectors.

    Returns what was found, and all items that were not found by their vectors.

    `built_since` is the change at which a generation began to be made: it does not follow the outbox, and
    what changed after that is not compared.

    Raises:
        StorageError: the index or the database failed.
    """
    with database.reading() as session:
        since = read_state(session)[0] if built_since is None else built_since
        outbox = set(waiting_ids(session)) if built_since is None else set()
    live = _live(database)
    found = _read_index(database, index, live, embedder_id)
    found.bare |= live.keys() - _embedded(database, live, embedder_id)
    there = sorted(found.seen)
    sampled = there if sample is None else chance.sample(there, min(sample, len(there)))
    not_found = _look_up(database, index, live, sampled, embedder_id)
    with database.reading() as session:
        changed = session.execute(select(ItemRow.id).where(ItemRow.change > since)).scalars()
        late = set(waiting_ids(session)) if built_since is None else set()
        moving = {ItemId(item) for item in changed} | outbox | late
        overlooked = set(overlooked_ids(session)) & late
    lost = frozenset(not_found - moving)
    report = IndexReport(
        generation=generation,
        live=len(live),
        indexed=found.indexed,
        sampled=len(sampled),
        waiting=Ids.of(late - overlooked),
        overlooked=Ids.of(overlooked),
        missing=Ids.of(live.keys() - found.seen - moving),
        extra=Ids.of(found.extra - moving),
        other_version=Ids.of(found.version - moving),
        other_content=Ids.of(found.content - moving),
        other_embedder=Ids.of(found.embedder - moving),
        other_vector=Ids.of(found.vector - moving),
        not_embedded=Ids.of(found.bare - moving),
        not_found=Ids.of(lost),
    )
    return report, lost


def _live(database: Database) -> dict[ItemId, _Live]:
    current = (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version)
    query = (
        select(ItemRow.id, ItemRow.scope, ItemRow.kind, ItemRow.version, ItemVersionRow.content_hash)
        .join(ItemVersionRow, current)
        .where(ItemRow.status.in_(LIVE_STATUSES))
    )
    with database.reading() as session:
        return {
            ItemId(row.id): _Live(
                section=section(row.scope, Kind(row.kind).audience),
                version=row.version,
                content_hash=row.content_hash,
            )
            for row in session.execute(query)
        }


def _embedded(database: Database, live: dict[ItemId, _Live], embedder_id: str) -> set[ItemId]:
    kept = select(EmbeddingRow.item_id, EmbeddingRow.version).where(EmbeddingRow.embedder_id == embedder_id)
    with database.reading() as session:
        return {
            ItemId(row.item_id)
            for row in session.execute(kept)
            if (item := live.get(ItemId(row.item_id))) is not None and item.version == row.version
        }


def _read_index(
    database: Database, index: VectorIndex, live: dict[ItemId, _Live], embedder_id: str
) -> _Findings:
    found = _Findings()
    for name in index.sections():
        for page in index.entries(name):
            found.indexed += len(page)
            known = [entry for entry in page if _is_here(live, name, entry)]
            found.extra.update(entry.item_id for entry in page if not _is_here(live, name, entry))
            found.seen.update(entry.item_id for entry in known)
            versions = {entry.item_id: entry.version for entry in known}
            vectors = _vectors(database, versions, embedder_id)
            for entry in known:
                _compare_entry(entry, live[entry.item_id], vectors.get(entry.item_id), embedder_id, found)
    return found


def _is_here(live: dict[ItemId, _Live], name: str, entry: IndexEntry) -> bool:
    item = live.get(entry.item_id)
    return item is not None and item.section == name


def _compare_entry(
    entry: IndexEntry, item: _Live, kept: Vector | None, embedder_id: str, found: _Findings
) -> None:
    if entry.version != item.version:
        found.version.add(entry.item_id)
        return
    if entry.content_hash != item.content_hash:
        found.content.add(entry.item_id)
    if entry.embedder_id != embedder_id or (kept is not None and kept.shape != entry.vector.shape):
        found.embedder.add(entry.item_id)
    elif kept is not None and not np.allclose(kept, entry.vector, rtol=0.0, atol=TIE):
        found.vector.add(entry.item_id)


def _vectors(database: Database, versions: Mapping[ItemId, int], embedder_id: str) -> dict[ItemId, Vector]:
    """SQL's vectors of these versions."""
    query = select(EmbeddingRow.item_id, EmbeddingRow.version, EmbeddingRow.vector).where(
        EmbeddingRow.item_id.in_(versions), EmbeddingRow.embedder_id == embedder_id
    )
    with database.reading() as session:
        return {
            ItemId(row.item_id): vector_of(row.vector)
            for row in session.execute(query)
            if versions[ItemId(row.item_id)] == row.version
        }


def _look_up(
    database: Database,
    index: VectorIndex,
    live: dict[ItemId, _Live],
    sampled: Sequence[ItemId],
    embedder_id: str,
) -> set[ItemId]:
    """The sampled items that their own vectors do not find."""
    missed: set[ItemId] = set()
    for start in range(0, len(sampled), PAGE):
        versions = {item: live[item].version for item in sampled[start : start + PAGE]}
        sections: dict[str, dict[ItemId, Vector]] = {}
        for item, vector in _vectors(database, versions, embedder_id).items():
            sections.setdefault(live[item].section, {})[item] = vector
        for name, vectors in sections.items():
            missed.update(index.overlooked(name, vectors))
    return missed
