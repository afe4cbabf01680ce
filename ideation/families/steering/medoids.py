"""The few of many texts that stand for all: medoids of their vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TURNS = 8


def medoids(vectors: NDArray[np.float32], count: int) -> list[int]:
    """Positions of `count` rows at most, rising; unit rows of shape (n, d). The same again for the same rows.

    Farthest-first starts, then k-medoids by turns (Park and Jun 2009), `TURNS` at most.
    """
    total = len(vectors)
    if count <= 0 or total <= count:
        return list(range(total)) if count > 0 else []
    distances = 1.0 - np.asarray(vectors, dtype=np.float64) @ np.asarray(vectors, dtype=np.float64).T
    chosen = [int(np.argmin(distances.sum(axis=1)))]
    while len(chosen) < count:
        nearest = distances[:, chosen].min(axis=1)
        nearest[chosen] = -np.inf
        chosen.append(int(np.argmax(nearest)))
    for _ in range(TURNS):
        owner = np.argmin(distances[:, chosen], axis=1)
        owner[chosen] = np.arange(count)
        better = []
        for group in range(count):
            members = np.flatnonzero(owner == group)
            inner = distances[np.ix_(members, members)].sum(axis=1)
            better.append(int(members[int(np.argmin(inner))]))
        if better == chosen:
            break
        chosen = better
    return sorted(chosen)
