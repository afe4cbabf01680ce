"""Intervals, tiers and how certain the top is, all from draws of the strengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.draws import Draws
from ideation.ranking.match_log import Ints

LEVEL = 0.9
"""Share of draws within an interval; a tier ends where an idea is below its head in that share."""


def strength_intervals(draws: Draws, level: float = LEVEL) -> NDArray[np.float64]:
    """Shape (n, 2), log odds: the middle `level` of each idea's draws."""
    return _middle(draws.strengths, level)


def rank_intervals(draws: Draws, level: float = LEVEL) -> Ints:
    """Shape (n, 2), ranks from 1, rounded outwards: ranks are few, so these cover a little more."""
    ends = _middle(draws.ranks.astype(np.float64), level)
    return np.column_stack([np.floor(ends[:, 0]), np.ceil(ends[:, 1])]).astype(np.intp)


def _middle(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    tail = (1.0 - level) / 2.0
    ends: NDArray[np.float64] = np.quantile(values, [tail, 1.0 - tail], axis=0).T
    return ends


def tiers(draws: Draws, order: Ints, level: float = LEVEL) -> Ints:
    """Tier (n,) of each idea from 1, given places best first.

    A tier's head is its best idea; the tier ends before the first idea that is weaker than the head in
    at least `level` of the draws. Ideas of one tier cannot be told from its head.
    """
    found = np.ones(len(order), dtype=np.intp)
    tier, head = 1, order[0]
    for idea in order[1:]:
        if float(np.mean(draws.strengths[:, idea] < draws.strengths[:, head])) >= level:
            tier, head = tier + 1, idea
        found[idea] = tier
    return found


def top_certainty(draws: Draws, top: int) -> float:
    """The share of the likeliest `top` ideas that are in the top, on average over draws; 1 is certain."""
    chances: NDArray[np.float64] = (draws.ranks <= top).mean(axis=0)
    return float(np.sort(chances)[-top:].mean())
