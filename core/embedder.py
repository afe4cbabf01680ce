"""The `Embedder` seam: texts to unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their similarity."""

    @property
    def id(self) -> str:
        """Stored with every vector: two embedders of one id give the same vectors for the same texts."""
        ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One float32 unit row a text, shape (len(texts), dimensions); an empty text may give a zero row.

        Raises:
            ProviderError: the endpoint or model behind it failed.
        """
        ...
