"""The `VectorIndex` seam: one disposable index of vectors behind SQL, in sections and generations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from memory.items import ItemId

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMark:
    """Whose vectors a generation holds; written when it is made, never changed."""

    embedder_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One live version of an item; `vector` has shape (dimensions,), float32, unit length."""

    item_id: ItemId
    version: int
    content_hash: str
    embedder_id: str
    vector: Vector


class VectorIndex(Protocol):
    """One generation of an index: nearest vectors by cosine within a section (one scope and audience).

    What it says is checked against SQL, and it may be thrown away at any time. Making the object touches
    nothing. Methods that read or write raise `StorageError` when the index cannot be used; it is then of no
    more use and should be closed.
    """

    def unavailable(self) -> str | None:
        """Why this process may not use the index just now (another one owns it), or None.

        Takes hold of the index where there is one, but neither opens nor makes it.
        """
        ...

    def mark(self) -> IndexMark | None:
        """None when this generation does not exist."""
        ...

    def create(self, mark: IndexMark) -> None:
        """Make the generation, empty."""
        ...

    def upsert(self, section: str, entries: Sequence[IndexEntry]) -> None:
        """Write entries by item id; writing the same again changes nothing."""
        ...

    def delete(self, section: str, ids: Sequence[ItemId]) -> None:
        """Drop entries; ids that are not there are passed over."""
        ...

    def query(self, section: str, vector: Vector, limit: int) -> tuple[tuple[ItemId, int], ...]:
        """(item id, version) of the nearest entries, nearest first; none in a section never written."""
        ...

    def overlooked(self, section: str, vectors: Mapping[ItemId, Vector]) -> tuple[ItemId, ...]:
        """Items that a query for their own vector finds neither first nor tied with the first.

        An approximate index may cut off what is unlike all else, or what much is like.
        """
        ...

    def sections(self) -> tuple[str, ...]: ...

    def entries(self, section: str) -> Iterator[Sequence[IndexEntry]]:
        """All entries of a section in pages, for verification."""
        ...

    def drop(self) -> None:
        """Remove this generation without opening it, even when it is broken, and close."""
        ...

    def drop_others(self, *, abandoned: bool = False) -> None:
        """Remove the other generations of this memory, but for those that are seen to be in use.

        With `abandoned`, only those that are certainly not in use, nor being made.
        """
        ...

    def close(self) -> None:
        """Let go of it; never raises."""
        ...


TIE = 1e-5
"""Cosines that differ by less are equal: a server may send its floats through text."""

OpenIndex = Callable[[str], VectorIndex]
"""Gives the index of a generation by its name (up to 40 of `[a-z0-9]`)."""
