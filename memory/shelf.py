"""The shelf: live items, their words and vectors in memory, refreshed from SQL by its change counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from core.embedder import Embedder
from core.errors import ProviderError, StorageError
from memory.items import Audience, Item, ItemId, Status
from memory.ranking import KeywordIndex, cue_alternatives, keyword_index, words
from memory.rows import insert_all_new, item_of, memory_state, select_items
from memory.tables import EmbeddingRow, ItemRow

LIVE = (Status.ACTIVE, Status.CANDIDATE)

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A live item ready for ranking; `vector` is None while the embedder fails."""

    item: Item
    change: int
    words: tuple[str, ...]
    cues: frozenset[str]
    vector: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one scope and audience may recall, by id: `matrix` has shape (len(entries), dimensions)."""

    entries: tuple[Entry, ...]
    matrix: Vector
    keywords: KeywordIndex


def embedded_text(item: Item) -> str:
    """What of an item is embedded: its words and when it applies."""
    return f"{item.content} {item.cue}".strip()


class Shelf:
    """Keeps itself up to date with writers of this and other processes; holds nothing that SQL does not."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database, self._embedder = database, embedder
        self._entries: dict[ItemId, Entry] = {}
        self._gone: dict[ItemId, int] = {}
        self._views: dict[tuple[str, Audience], View] = {}
        self.library_id = ""
        self.change = 0
        self.unembedded = False

    @property
    def entries(self) -> Mapping[ItemId, Entry]:
        return self._entries

    def refresh(self) -> None:
        """Take over what changed in SQL since the last time, embedding what has no vector yet."""
        with self._database.reading() as session:
            library_id, change = memory_state(session)
            if (library_id, change) == (self.library_id, self.change) and not self.unembedded:
                return
            since = self.change if library_id == self.library_id and change >= self.change else 0
            if since == 0:
                self._entries.clear()
                self._gone.clear()
            self._load(session, since)
        self.library_id, self.change = library_id, change
        self._views.clear()
        self._embed_missing()

    def removed_since(self, change: int) -> list[ItemId]:
        """Items that stopped being live after the change."""
        return [item for item, changed in self._gone.items() if changed > change]

    def view(self, scope: str, audience: Audience) -> View:
        """Live items of the scope or of a scope above it, for one audience, in order of id."""
        key = (scope, audience)
        if (view := self._views.get(key)) is None:
            view = self._views[key] = self._make_view(scope, audience)
        return view

    def _load(self, session: Session, since: int) -> None:
        rows = session.execute(select_items().where(ItemRow.change > since)).all()
        vectors = self._load_vectors(session, since)
        for row in rows:
            item = item_of(row)
            if item.status not in LIVE:
                self._entries.pop(item.id, None)
                self._gone[item.id] = row.change
                continue
            self._gone.pop(item.id, None)
            self._entries[item.id] = Entry(
                item=item,
                change=row.change,
                words=tuple(words(embedded_text(item))),
                cues=cue_alternatives(item.cue),
                vector=vectors.get((item.id, item.version)),
            )

    def _load_vectors(self, session: Session, since: int) -> dict[tuple[str, int], Vector]:
        query = (
            select(EmbeddingRow.item_id, EmbeddingRow.version, EmbeddingRow.vector)
            .join(ItemRow, ItemRow.id == EmbeddingRow.item_id)
            .where(
                EmbeddingRow.embedder_id == self._embedder.id,
                EmbeddingRow.dimensions == self._embedder.dimensions,
                ItemRow.change > since,
            )
        )
        return {
            (row.item_id, row.version): np.frombuffer(row.vector, dtype="<f4")
            for row in session.execute(query)
        }

    def _embed_missing(self) -> None:
        missing = [entry for entry in self._entries.values() if entry.vector is None]
        self.unembedded = bool(missing)
        if not missing:
            return
        try:
            vectors = self._embedder.embed([embedded_text(entry.item) for entry in missing])
        except (ProviderError, StorageError):
            return  # recall goes on by keywords and says that it is degraded
        rows = []
        for entry, vector in zip(missing, vectors, strict=True):
            self._entries[entry.item.id] = Entry(
                item=entry.item, change=entry.change, words=entry.words, cues=entry.cues, vector=vector
            )
            rows.append(self._vector_row(entry.item, vector))
        with self._database.session() as session:
            insert_all_new(session, EmbeddingRow.__table__, rows)
        self.unembedded = False

    def _vector_row(self, item: Item, vector: Vector) -> dict[str, object]:
        return {
            "item_id": item.id,
            "version": item.version,
            "embedder_id": self._embedder.id,
            "dimensions": self._embedder.dimensions,
            "vector": vector.astype("<f4").tobytes(),
        }

    def _make_view(self, scope: str, audience: Audience) -> View:
        entries = tuple(
            sorted(
                (
                    entry
                    for entry in self._entries.values()
                    if entry.item.audience is audience and _covers(entry.item.scope, scope)
                ),
                key=lambda entry: entry.item.id,
            )
        )
        blank = np.zeros(self._embedder.dimensions, dtype=np.float32)
        rows = [blank if entry.vector is None else entry.vector for entry in entries]
        return View(
            entries=entries,
            matrix=np.stack(rows) if rows else np.zeros((0, self._embedder.dimensions), dtype=np.float32),
            keywords=keyword_index([entry.words for entry in entries]),
        )


def _covers(scope: str, wanted: str) -> bool:
    return wanted == scope or wanted.startswith(f"{scope}/")
