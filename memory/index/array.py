"""`VectorIndex` in memory: exact, for tests, conformance and memories that last as long as their process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import StorageError
from memory.index.seam import TIE, IndexEntry, IndexMark, Vector
from memory.items import ItemId

PAGE = 500


@dataclass(slots=True)
class Generation:
    """What an `ArrayIndex` holds."""

    mark: IndexMark
    sections: dict[str, dict[ItemId, IndexEntry]] = field(default_factory=dict)


class ArrayIndexes:
    """All generations, by name: `open` is what an `IndexKeeper` takes. May be used by several threads."""

    def __init__(self) -> None:
        self.held: dict[str, Generation] = {}
        self.lock = threading.RLock()

    def open(self, generation: str) -> ArrayIndex:
        return ArrayIndex(self, generation)


class ArrayIndex:
    """Compares with every entry of the section."""

    def __init__(self, indexes: ArrayIndexes, generation: str) -> None:
        self._indexes, self._name = indexes, generation

    def unavailable(self) -> str | None:
        return None

    def mark(self) -> IndexMark | None:
        with self._indexes.lock:
            held = self._indexes.held.get(self._name)
            return None if held is None else held.mark

    def create(self, mark: IndexMark) -> None:
        with self._indexes.lock:
            self._indexes.held[self._name] = Generation(mark)

    def upsert(self, section: str, entries: Sequence[IndexEntry]) -> None:
        with self._indexes.lock:
            kept = self._held().sections.setdefault(section, {})
            kept.update((entry.item_id, entry) for entry in entries)

    def delete(self, section: str, ids: Sequence[ItemId]) -> None:
        with self._indexes.lock:
            kept = self._held().sections.get(section, {})
            for item_id in ids:
                kept.pop(item_id, None)

    def query(self, section: str, vector: Vector, limit: int) -> tuple[tuple[ItemId, int], ...]:
        entries = self._entries(section)
        if not entries:
            return ()
        near = np.stack([entry.vector for entry in entries]) @ vector
        nearest = np.argsort(-near, kind="stable")[:limit]
        return tuple((entries[place].item_id, entries[place].version) for place in nearest)

    def overlooked(self, section: str, vectors: Mapping[ItemId, Vector]) -> tuple[ItemId, ...]:
        kept = {entry.item_id: entry.vector for entry in self._entries(section)}
        missed = []
        for item_id, vector in vectors.items():
            near = [kept[found] @ vector for found, _ in self.query(section, vector, 1) if found in kept]
            if vector.any() and not any(cosine > 1.0 - TIE for cosine in near):
                missed.append(item_id)
        return tuple(missed)

    def sections(self) -> tuple[str, ...]:
        with self._indexes.lock:
            return tuple(sorted(self._held().sections))

    def entries(self, section: str) -> Iterator[Sequence[IndexEntry]]:
        entries = self._entries(section)
        for start in range(0, len(entries), PAGE):
            yield entries[start : start + PAGE]

    def drop(self) -> None:
        with self._indexes.lock:
            self._indexes.held.pop(self._name, None)

    def drop_others(self, *, abandoned: bool = False) -> None:
        with self._indexes.lock:
            for name in [] if abandoned else self._indexes.held.keys() - {self._name}:
                del self._indexes.held[name]

    def close(self) -> None:
        """Nothing is held open."""

    def _entries(self, section: str) -> list[IndexEntry]:
        with self._indexes.lock:
            return sorted(self._held().sections.get(section, {}).values(), key=lambda entry: entry.item_id)

    def _held(self) -> Generation:
        held = self._indexes.held.get(self._name)
        if held is None:
            raise StorageError(f"the index in memory has no generation {self._name}")
        return held
