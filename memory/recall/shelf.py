"""The shelf: sections of live items in memory, brought up to date from SQL by the change counter."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, select

from core.database import Database
from core.embedder import Embedder
from core.errors import ProviderError, StorageError
from memory.items import Audience, ItemId, Kind
from memory.recall.section import Entry, Section, Vector
from memory.sql.rows import insert_all_new, item_of, memory_state, select_items
from memory.sql.tables import EmbeddingRow, ItemRow

SECTIONS = 256
"""Sections kept; the one that was asked for the longest time ago makes room."""

Place = tuple[str, Audience]

_CHANGED = select_items().where(
    ItemRow.scope == bindparam("scope"),
    ItemRow.kind.in_(bindparam("kinds", expanding=True)),
    ItemRow.change > bindparam("since"),
)
_VECTORS = (
    select(EmbeddingRow.item_id, EmbeddingRow.version, EmbeddingRow.vector)
    .join(ItemRow, (ItemRow.id == EmbeddingRow.item_id) & (ItemRow.version == EmbeddingRow.version))
    .where(
        ItemRow.scope == bindparam("scope"),
        ItemRow.kind.in_(bindparam("kinds", expanding=True)),
        ItemRow.change > bindparam("since"),
        EmbeddingRow.embedder_id == bindparam("embedder"),
        EmbeddingRow.dimensions == bindparam("dimensions"),
    )
)
_KINDS = {audience: [kind.value for kind in Kind if kind.audience is audience] for audience in Audience}


def scopes_above(scope: str) -> tuple[str, ...]:
    """The scope and every scope above it, the widest first: `a/b` gives `a`, `a/b`."""
    parts = scope.split("/")
    return tuple("/".join(parts[: end + 1]) for end in range(len(parts)))


class Shelf:
    """Keeps itself up to date with writers of this and other processes; holds nothing that SQL does not.

    Whoever looks into sections holds `lock`. `state` is the library's id and change counter as they were when
    a section was last asked for.
    """

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self.lock = threading.RLock()
        self._database, self._embedder = database, embedder
        self._sections: OrderedDict[Place, Section] = OrderedDict()
        self.state = ("", 0)

    @property
    def unembedded(self) -> bool:
        """Whether the embedder left items of a loaded section without a vector."""
        return any(section.unembedded for section in self._sections.values())

    def sections(self, connection: Connection, scope: str, audience: Audience) -> tuple[Section, ...]:
        """The sections that a task in the scope may recall from, as SQL holds them now."""
        library_id, change = memory_state(connection)
        if library_id != self.state[0]:
            self._sections.clear()
        self.state = (library_id, change)
        return tuple(self._section(connection, (each, audience), change) for each in scopes_above(scope))

    def embed_missing(self, sections: Iterable[Section]) -> None:
        """Give a vector to every entry that has none, and keep it in SQL; the embedder may fail."""
        for section in sections:
            missing = [section.entries[item_id] for item_id in sorted(section.unembedded)]
            if missing:
                self._embed(section, missing)

    def _section(self, connection: Connection, place: Place, change: int) -> Section:
        section = self._sections.get(place)
        if section is None or section.since > change:
            section = self._sections[place] = Section(self._embedder.dimensions)
        self._sections.move_to_end(place)
        if len(self._sections) > SECTIONS:
            self._sections.popitem(last=False)
        if section.since < change:
            self._bring_up(connection, section, place)
            section.since = change
        return section

    def _bring_up(self, connection: Connection, section: Section, place: Place) -> None:
        scope, audience = place
        where = {"scope": scope, "kinds": _KINDS[audience], "since": section.since}
        rows = connection.execute(_CHANGED, where).all()
        if not rows:
            return
        vectors = self._vectors(connection, where)
        for row in rows:
            item = item_of(row)
            entry = Entry(item=item, number=row.number or 0, vector=vectors.get((row.id, row.version)))
            (section.put if item.live else section.remove_entry)(entry)
            (section.tombs.put if item.state.barred else section.tombs.remove_entry)(entry)

    def _vectors(self, connection: Connection, where: dict[str, Any]) -> dict[tuple[str, int], Vector]:
        by = {**where, "embedder": self._embedder.id, "dimensions": self._embedder.dimensions}
        return {
            (row.item_id, row.version): np.frombuffer(row.vector, dtype="<f4")
            for row in connection.execute(_VECTORS, by)
        }

    def _embed(self, section: Section, missing: Sequence[Entry]) -> None:
        try:
            vectors = self._embedder.embed([entry.item.state.text for entry in missing])
        except (ProviderError, StorageError):
            return  # recall goes on by keywords and says that it is degraded
        rows = []
        for entry, vector in zip(missing, vectors, strict=True):
            section.put(Entry(item=entry.item, number=entry.number, vector=vector))
            rows.append(vector_row(entry.item.id, entry.item.version, self._embedder, vector))
        with self._database.session() as session:
            insert_all_new(session, EmbeddingRow.__table__, rows)


def vector_row(item_id: ItemId, version: int, embedder: Embedder, vector: Vector) -> dict[str, object]:
    return {
        "item_id": item_id,
        "version": version,
        "embedder_id": embedder.id,
        "dimensions": embedder.dimensions,
        "vector": vector.astype("<f4").tobytes(),
    }
