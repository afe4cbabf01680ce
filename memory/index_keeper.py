"""Keeps a `VectorIndex` behind SQL: catches up in batches, joins hits back, does without when it breaks."""

from __future__ import annotations

from core.errors import StorageError
from memory.items import ItemId
from memory.shelf import Entry, Shelf, Vector
from memory.vector_index import IndexEntry, IndexMark, VectorIndex

BATCH = 64
"""Items written at once: one upsert costs as much as sixty, so fewer wait and are compared exactly."""


class IndexKeeper:
    """Holds the index to the shelf.

    The queue of unwritten changes is the change counter past the index's mark: what a crash left unwritten
    is written again, and an index that was wiped or swapped is rebuilt.
    """

    def __init__(self, index: VectorIndex, shelf: Shelf, embedder_id: str) -> None:
        self._index, self._shelf, self._embedder_id = index, shelf, embedder_id
        self._mark: IndexMark | None = None
        # Credit changes an item but not its vector: these versions need no second writing.
        self._written: dict[ItemId, int] = {}
        self.broken: str | None = None

    def nearest(self, vector: Vector, limit: int) -> frozenset[ItemId] | None:
        """Ids that the index finds nearest at their current version, and those it lacks; None: no index."""
        if self.broken is not None:
            return None
        try:
            self._catch_up(BATCH)
            found = self._index.query(vector, limit)
        except StorageError as error:
            self.broken = str(error)
            return None
        entries = self._shelf.entries
        current = {
            ItemId(item)
            for item, version in found
            if (entry := entries.get(ItemId(item))) is not None and entry.item.version == version
        }
        return frozenset(current.union(entry.item.id for entry in self._waiting()))

    def flush(self) -> None:
        """Write all that waits."""
        if self.broken is None:
            try:
                self._catch_up(1)
            except StorageError as error:
                self.broken = str(error)

    def rebuild(self) -> int:
        """Empty the index and write it anew from SQL; returns the number of items.

        Raises:
            StorageError: it still cannot be used.
        """
        self._index.clear()
        self._mark, self.broken = None, None
        self._written.clear()
        self._catch_up(1)
        return len(self._shelf.entries)

    def close(self) -> None:
        self.flush()
        self._index.close()

    def _catch_up(self, threshold: int) -> None:
        mark = self._mark = self._mark or self._trusted_mark()
        waiting, removed = self._waiting(), self._shelf.removed_since(mark.change)
        if len(waiting) + len(removed) < (threshold if mark.change > 0 else 1):
            return
        entries = [
            IndexEntry(item_id=entry.item.id, version=entry.item.version, vector=entry.vector)
            for entry in waiting
            if entry.vector is not None
        ]
        if len(entries) < len(waiting):
            return  # the embedder fails: the mark must not pass what has no vector
        reached = IndexMark(
            library_id=self._shelf.library_id, embedder_id=self._embedder_id, change=self._shelf.change
        )
        self._index.write(entries, removed, reached)
        self._mark = reached
        self._written.update((entry.item.id, entry.item.version) for entry in waiting)

    def _trusted_mark(self) -> IndexMark:
        mark, library = self._index.mark(), self._shelf.library_id
        if (
            mark is None
            or (mark.library_id, mark.embedder_id) != (library, self._embedder_id)
            or mark.change > self._shelf.change
        ):
            self._index.clear()
            mark = IndexMark(library_id=library, embedder_id=self._embedder_id, change=0)
        return mark

    def _waiting(self) -> list[Entry]:
        written = self._mark.change if self._mark else 0
        return [
            entry
            for entry in self._shelf.entries.values()
            if entry.change > written and self._written.get(entry.item.id) != entry.item.version
        ]
