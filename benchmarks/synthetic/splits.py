"""Which questions are learned on and which are measured: the split whose halves share the least.

As published: many random splits, longer paths likelier in the test half, and the one kept whose test paths
have the fewest edges in common with its training paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

ATTEMPTS = 50
TEST_SHARE = 0.5


def overlap(paths: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Likeness of node sequences, shape (n, n): 3 * shared edges - unshared / all, 0 if none is shared."""
    edges = [{(min(pair), max(pair)) for pair in pairwise(path)} for path in paths]
    columns = {edge: index for index, edge in enumerate(sorted({edge for group in edges for edge in group}))}
    marks = np.zeros((len(paths), len(columns)))
    for row, group in enumerate(edges):
        marks[row, [columns[edge] for edge in group]] = 1.0
    shared = marks @ marks.T
    sizes = marks.sum(axis=1)
    total = np.maximum(sizes[:, None] + sizes[None, :] - shared, 1.0)
    likeness: NDArray[np.float64] = np.where(shared > 0, 3 * shared - (total - shared) / total, 0.0)
    return likeness


def choose_test(paths: Sequence[Sequence[int]], seed: int, share: float = TEST_SHARE) -> frozenset[int]:
    """Indices of the test half: `share` of the paths, rounded."""
    count = round(len(paths) * share)
    if count == 0:
        return frozenset()
    likeness = overlap(paths)
    weights = np.array([len(path) for path in paths], dtype=float)
    rng = np.random.default_rng(seed)
    best: tuple[float, NDArray[np.intp]] | None = None
    for _ in range(ATTEMPTS):
        chosen = rng.choice(len(paths), size=count, replace=False, p=weights / weights.sum())
        test = np.zeros(len(paths))
        test[chosen] = 1.0
        score = float(test @ likeness @ (1.0 - test))
        if best is None or score < best[0]:
            best = (score, chosen)
    assert best is not None
    return frozenset(int(index) for index in best[1])
