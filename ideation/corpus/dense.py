"""The dense channel: cosines of embedded papers, measured from their own middle and with their spread evened.

All sentence vectors of one field point one way. Taking the mean of the visible papers off and shrinking
the directions in which all of them vary (Mu and Viswanath, ICLR 2018; Su et al., 2021, here to a quarter
power) lets the rest tell papers apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ideation.corpus.fusion import best

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

POWER, RIDGE = 0.25, 0.01
"""Of a direction's share of the greatest variance, plus the ridge. Chosen on the even-numbered MOOSE-Chem
questions, where powers from 0.125 to 0.25 and ridges from 0.001 to 0.05 do alike."""
FEWEST = 64
"""Papers below which their spread is not known well enough: vectors are compared as they are."""
EXACT_UP_TO = 20_000
"""Papers up to which every vector is compared whole."""
COARSE, SHORTLIST = 128, 3
"""Beyond it a vector's directions of greatest spread choose three times the papers asked for, and whole
vectors rank those: reading 384 numbers of 100,000 papers takes longer than all else in a search."""
_BLOCK = 8_192


class DenseIndex:
    """Vectors of some papers of a view. `owners[i]` is the paper of row i, in rising order."""

    def __init__(self, vectors: Floats, owners: Places, *, exact_up_to: int = EXACT_UP_TO) -> None:
        """`vectors` has shape (rows, dimensions) and is overwritten."""
        self.owners = owners
        self._learned = _learned(vectors) if len(vectors) >= FEWEST else None
        if self._learned is not None:
            for start in range(0, len(vectors), _BLOCK):
                vectors[start : start + _BLOCK] = self.turned(vectors[start : start + _BLOCK])
        self.vectors = vectors
        self._coarse = (
            np.ascontiguousarray(vectors[:, -COARSE:].T)
            if self._learned and len(vectors) > exact_up_to and vectors.shape[1] > COARSE
            else None
        )

    def __len__(self) -> int:
        return len(self.owners)

    def turned(self, vectors: Floats) -> Floats:
        """Unit vectors as this index compares them, shape as given."""
        if self._learned is None:
            return vectors
        middle, turn = self._learned
        rows = (vectors - middle) @ turn
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: Floats = rows / np.maximum(lengths, 1e-12)
        return unit

    def nearest(self, groups: Sequence[Floats], most: int) -> list[Places]:
        """For each group of queries, shape (queries, dimensions), the papers nearest to any of them, the
        nearest first. All groups go through the papers in one pass.
        """
        turned = self.turned(np.concatenate(groups))
        ends = np.cumsum([len(each) for each in groups]).tolist()
        parts = [slice(end - len(each), end) for end, each in zip(ends, groups, strict=True)]
        if self._coarse is None:
            scores = turned @ self.vectors.T
            return [self.owners[best(scores[part].max(axis=0), most)] for part in parts]
        rough = turned[:, -COARSE:] @ self._coarse
        return [self._refined(turned[part], rough[part].max(axis=0), most) for part in parts]

    def _refined(self, turned: Floats, rough: Floats, most: int) -> Places:
        wide = min(SHORTLIST * most, len(rough)) - 1
        kept = np.sort(np.argpartition(-rough, wide)[: wide + 1])
        return self.owners[kept[best((turned @ self.vectors[kept].T).max(axis=0), most)]]


def _learned(vectors: Floats) -> tuple[Floats, Floats]:
    """The middle, shape (dimensions,), and the turn that evens the spread, shape (dimensions, dimensions)."""
    middle: Floats = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    square = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _BLOCK):
        block = (vectors[start : start + _BLOCK] - middle).astype(np.float64)
        square += block.T @ block
    spread, directions = np.linalg.eigh(square)
    share = np.maximum(spread, 0.0) / max(float(spread[-1]), 1e-12)
    return middle, (directions * (share + RIDGE) ** -POWER).astype(np.float32)
