"""Indexes that fail or wait on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import ProviderError, StorageError
from memory.embedding.lexical import LexicalEmbedder
from memory.index.array import ArrayIndex, ArrayIndexes
from memory.index.seam import IndexEntry, Vector
from memory.items import ItemId
from tests.memory.index.filled import SMALL


class FailingIndexes(ArrayIndexes):
    """Each write takes the next number of `plan`: that many of its entries get through, then it fails.

    None, or no number left: all get through. `down` fails everything; `lost` items are there but never found.
    """

    def __init__(self, plan: Sequence[int | None] = ()) -> None:
        super().__init__()
        self.plan: Iterator[int | None] = iter(plan)
        self.down = False
        self.writes = 0
        self.lost: set[ItemId] = set()

    def open(self, generation: str) -> ArrayIndex:
        return FailingIndex(self, generation)


class FailingIndex(ArrayIndex):
    def __init__(self, indexes: FailingIndexes, generation: str) -> None:
        super().__init__(indexes, generation)
        self._failing = indexes

    def upsert(self, section: str, entries: Sequence[IndexEntry]) -> None:
        through = self._through()
        super().upsert(section, entries[:through])
        self._fail_unless(through is None)

    def delete(self, section: str, ids: Sequence[ItemId]) -> None:
        through = self._through()
        super().delete(section, ids[:through])
        self._fail_unless(through is None)

    def query(self, section: str, vector: Vector, limit: int) -> tuple[tuple[ItemId, int], ...]:
        self._fail_unless(not self._failing.down)
        found = super().query(section, vector, limit + len(self._failing.lost))
        return tuple((item, version) for item, version in found if item not in self._failing.lost)[:limit]

    def _through(self) -> int | None:
        self._failing.writes += 1
        return 0 if self._failing.down else next(self._failing.plan, None)

    def _fail_unless(self, well: bool) -> None:
        if not well:
            raise StorageError("the disk is full\nas planned")


class WaitingIndexes(ArrayIndexes):
    """Calls `before` and `after` around each upsert, once each."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def open(self, generation: str) -> ArrayIndex:
        return WaitingIndex(self, generation)


class WaitingIndex(ArrayIndex):
    def __init__(self, indexes: WaitingIndexes, generation: str) -> None:
        super().__init__(indexes, generation)
        self._waiting = indexes

    def upsert(self, section: str, entries: Sequence[IndexEntry]) -> None:
        before, self._waiting.before = self._waiting.before, None
        if before is not None:
            before()
        super().upsert(section, entries)
        after, self._waiting.after = self._waiting.after, None
        if after is not None:
            after()


class FailingEmbedder:
    """The lexical embedder, but `down` on demand."""

    def __init__(self, dimensions: int = SMALL.dimensions) -> None:
        self._embedder = LexicalEmbedder(dimensions)
        self.id, self.dimensions = self._embedder.id, dimensions
        self.down = False
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.down:
            raise ProviderError("the endpoint is down")
        self.asked.extend(texts)
        return self._embedder.embed(texts)
