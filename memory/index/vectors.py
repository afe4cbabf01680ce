"""What of items the index needs, read from SQL, and the vectors that are kept there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, delete, select, tuple_
from sqlalchemy.orm import Session

from core.database import Database
from core.embedder import Embedder
from memory.index.outbox import LIVE_STATUSES
from memory.index.seam import IndexEntry, Vector
from memory.items import ItemId, Kind, embedded_text
from memory.sql.keywords import section
from memory.sql.rows import insert_all_new
from memory.sql.tables import EmbeddingRow, ItemRow, ItemVersionRow

PAGE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """An item at its current version; `vector` is None where SQL keeps none of this embedder."""

    item_id: ItemId
    section: str
    live: bool
    version: int
    content_hash: str
    text: str
    vector: Vector | None


def read_current(session: Session, ids: Collection[ItemId], embedder_id: str) -> tuple[Current, ...]:
    """The items that there are, in order of id."""
    return _read(session, _select(embedder_id).where(ItemRow.id.in_(ids)))


def live_pages(database: Database, embedder_id: str) -> Iterator[tuple[Current, ...]]:
    """All live items in order of id, a short transaction a page."""
    last = ""
    live = _select(embedder_id).where(ItemRow.status.in_(LIVE_STATUSES)).limit(PAGE)
    while True:
        with database.reading() as session:
            page = _read(session, live.where(ItemRow.id > last))
        if not page:
            return
        yield page
        last = page[-1].item_id


def vector_of(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype="<f4").astype(np.float32, copy=False)


def with_vectors(database: Database, embedder: Embedder, items: Sequence[Current]) -> tuple[Current, ...]:
    """The same items with their vectors; those that SQL lacks are embedded and kept.

    Raises:
        ProviderError, UserError, StorageError: the embedder failed.
    """
    length = embedder.dimensions
    missing = [item for item in items if item.vector is None or len(item.vector) != length]
    if not missing:
        return tuple(items)
    vectors = _of_other_versions(database, embedder.id, missing, length)
    new = [item for item in missing if item.item_id not in vectors]
    if new:
        made = embedder.embed([item.text for item in new])
        vectors.update((item.item_id, vector) for item, vector in zip(new, made, strict=True))
    kept = _keep(database, embedder.id, missing, vectors)
    return tuple(replace(item, vector=kept.get(item.item_id, item.vector)) for item in items)


def entry_of(item: Current, embedder_id: str) -> IndexEntry:
    assert item.vector is not None
    return IndexEntry(
        item_id=item.item_id,
        version=item.version,
        content_hash=item.content_hash,
        embedder_id=embedder_id,
        vector=item.vector,
    )


def by_section(items: Sequence[Current]) -> dict[str, list[Current]]:
    sections: dict[str, list[Current]] = {}
    for item in items:
        sections.setdefault(item.section, []).append(item)
    return sections


def _of_other_versions(
    database: Database, embedder_id: str, items: Sequence[Current], length: int
) -> dict[ItemId, Vector]:
    """Vectors of the same words: an item that is only pinned or approved need not be embedded again."""
    query = (
        select(EmbeddingRow.item_id, EmbeddingRow.vector, ItemVersionRow.content, ItemVersionRow.cue)
        .join(
            ItemVersionRow,
            and_(
                ItemVersionRow.item_id == EmbeddingRow.item_id, ItemVersionRow.version == EmbeddingRow.version
            ),
        )
        .where(
            EmbeddingRow.item_id.in_([item.item_id for item in items]),
            EmbeddingRow.embedder_id == embedder_id,
            EmbeddingRow.dimensions == length,
        )
        .order_by(EmbeddingRow.version)
    )
    texts = {item.item_id: item.text for item in items}
    with database.reading() as session:
        return {
            ItemId(row.item_id): vector_of(row.vector)
            for row in session.execute(query)
            if embedded_text(row.content, row.cue) == texts[ItemId(row.item_id)]
        }


def _keep(
    database: Database, embedder_id: str, items: Sequence[Current], vectors: Mapping[ItemId, Vector]
) -> dict[ItemId, Vector]:
    """Keep the vectors, and take over those that somebody else kept meanwhile: a model may vary a little."""
    rows: list[dict[str, object]] = [
        {
            "item_id": item.item_id,
            "version": item.version,
            "embedder_id": embedder_id,
            "dimensions": len(vectors[item.item_id]),
            "vector": vectors[item.item_id].astype("<f4").tobytes(),
        }
        for item in items
    ]
    ours = EmbeddingRow.embedder_id == embedder_id
    versions = tuple_(EmbeddingRow.item_id, EmbeddingRow.version)
    unfit = [(item.item_id, item.version) for item in items if item.vector is not None]
    with database.session() as session:
        if unfit:
            session.execute(delete(EmbeddingRow).where(ours, versions.in_(unfit)))
        insert_all_new(session, EmbeddingRow.__table__, rows)
        kept = session.execute(
            select(EmbeddingRow.item_id, EmbeddingRow.vector).where(
                ours, versions.in_([(item.item_id, item.version) for item in items])
            )
        ).all()
    return {ItemId(row.item_id): vector_of(row.vector) for row in kept}


def _select(embedder_id: str) -> Select[*tuple[Any, ...]]:
    current = and_(ItemVersionRow.item_id == ItemRow.id, ItemVersionRow.version == ItemRow.version)
    kept = and_(
        EmbeddingRow.item_id == ItemRow.id,
        EmbeddingRow.version == ItemRow.version,
        EmbeddingRow.embedder_id == embedder_id,
    )
    return (
        select(
            ItemRow.id,
            ItemRow.scope,
            ItemRow.kind,
            ItemRow.status,
            ItemRow.version,
            ItemVersionRow.content,
            ItemVersionRow.cue,
            ItemVersionRow.content_hash,
            EmbeddingRow.vector,
        )
        .join(ItemVersionRow, current)
        .outerjoin(EmbeddingRow, kept)
        .order_by(ItemRow.id)
    )


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[Current, ...]:
    return tuple(
        Current(
            item_id=ItemId(row.id),
            section=section(row.scope, Kind(row.kind).audience),
            live=row.status in LIVE_STATUSES,
            version=row.version,
            content_hash=row.content_hash,
            text=embedded_text(row.content, row.cue),
            vector=None if row.vector is None else vector_of(row.vector),
        )
        for row in session.execute(query)
    )
