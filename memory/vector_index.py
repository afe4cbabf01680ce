"""The `VectorIndex` seam: a disposable index of vectors behind SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMark:
    """What an index holds: whose memory, by which embedder, up to which change counter."""

    library_id: str
    embedder_id: str
    change: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One live version of an item; `vector` has shape (dimensions,), float32."""

    item_id: str
    version: int
    vector: NDArray[np.float32]


class VectorIndex(Protocol):
    """Nearest vectors by cosine. Anything it says is checked against SQL, and it may be thrown away.

    Every method raises `StorageError` when the index cannot be used.
    """

    def mark(self) -> IndexMark | None:
        """None for a new or emptied index."""
        ...

    def write(self, entries: Sequence[IndexEntry], removed: Sequence[str], mark: IndexMark) -> None:
        """Upsert entries by item id, drop the removed ids, then set the mark."""
        ...

    def clear(self) -> None:
        """Empty the index for a rebuild, even when it is broken."""
        ...

    def query(self, vector: NDArray[np.float32], limit: int) -> tuple[tuple[str, int], ...]:
        """(item id, version) of the nearest entries, nearest first."""
        ...

    def close(self) -> None: ...
