"""Maximal marginal relevance: which of the relevant entries to show, so that no two say the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.recall.ranking import Floats

TRADE = 0.7
"""Weight of relevance against novelty."""
TOO_ALIKE = 0.97
"""Cosine from which the second of two entries is a twin that adds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchosen:
    """An entry left out, the chosen one that was most like it, and their cosine.

    `nearest` is None where nothing was chosen; `is_twin` says that the likeness alone kept it out.
    """

    position: int
    nearest: int | None
    similarity: float
    is_twin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diverse:
    """Positions in the order in which they were chosen, and every other position in its own order."""

    chosen: tuple[int, ...]
    unchosen: tuple[Unchosen, ...]


def mmr(
    scores: Floats,
    vectors: NDArray[np.float32],
    limit: int,
    trade: float = TRADE,
    *,
    too_alike: float = TOO_ALIKE,
) -> Diverse:
    """Choose up to `limit` of n entries greedily (Carbonell and Goldstein, SIGIR 1998, eq. 1).

    Each step takes the highest `trade * score - (1 - trade) * likeness`, where scores are scaled to [0, 1]
    among the n and likeness is the highest cosine to an entry chosen before, at least 0; ties go to the
    lower position. What is `too_alike` to a chosen one is never taken: fewer than `limit` may come back.

    `scores` has shape (n,), higher is better; `vectors` shape (n, d), rows of unit length, or zero for an
    entry that has no vector and is like nothing.

    Raises:
        ValueError: shapes that do not fit, a score that is no number, or a trade outside [0, 1].
    """
    count = len(scores)
    if scores.shape != (count,) or vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(f"scores of shape {scores.shape} do not fit vectors of shape {vectors.shape}")
    if not 0 <= trade <= 1 or not np.isfinite(scores).all():
        raise ValueError("scores must be finite, and the trade between 0 and 1")
    relevance = trade * _scaled(scores)
    likeness, nearest = np.zeros(count), np.full(count, -1)
    free = np.ones(count, dtype=bool)
    chosen: list[int] = []
    while len(chosen) < limit and free.any():
        worth = np.where(free, relevance - (1 - trade) * np.maximum(likeness, 0.0), -np.inf)
        # Nothing is chosen yet: the best score goes first, even where the trade gives scores no weight.
        pick = int(np.argmax(worth if chosen else scores))
        # Rounding keeps the order the same where two builds of BLAS differ in the last bits.
        cosines = np.round(np.vecdot(vectors, vectors[pick]), 5).astype(np.float64)
        closer = (cosines > likeness) | (nearest < 0)
        likeness, nearest = np.where(closer, cosines, likeness), np.where(closer, pick, nearest)
        chosen.append(pick)
        free &= cosines < too_alike
        free[pick] = False
    left = sorted(set(range(count)) - set(chosen))
    return Diverse(
        chosen=tuple(chosen),
        unchosen=tuple(
            Unchosen(
                position=position,
                nearest=int(nearest[position]) if chosen else None,
                similarity=float(likeness[position]),
                is_twin=bool(chosen) and bool(likeness[position] >= too_alike),
            )
            for position in left
        ),
    )


def _scaled(scores: Floats) -> Floats:
    """To [0, 1]; all 0 where all are equal."""
    if not len(scores):
        return scores
    spread = float(scores.max() - scores.min())
    return (scores - scores.min()) / spread if spread > 0 else np.zeros(len(scores))
