"""Intervals, tiers and how certain the top is, all from draws of the strengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.draws import Draws
from ideation.ranking.match_log import Ints

LEVEL = 0.9
"""Share of draws within an interval; a tier ends where an idea is below its head in that share."""

GROUPS = 4
"""Into which an interval sorts draws by their spread."""


def strength_intervals(draws: Draws, level: float = LEVEL) -> NDArray[np.float64]:
    """Shape (n, 2), log odds: see `_held`."""
    return _held(draws.strengths, draws.spread, level)


def rank_intervals(draws: Draws, level: float = LEVEL) -> Ints:
    """Shape (n, 2), ranks from 1: see `_held`."""
    return _held(draws.ranks.astype(np.float64), draws.spread, level).astype(np.intp)


def _held(values: NDArray[np.float64], spread: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """The narrowest middle of each idea's draws that holds a share `level` of them, on average over ideas,
    in every quarter of the draws by their spread.

    Over all draws alone the share would be right on average over judges, but a few hundred calls do not
    tell a sharp judge (far strengths, sure ranks) from a blunt one, and for one judge it would be wrong. At
    a given spread an interval's chance to hold the truth is the mean over logs of the share of draws within,
    so that what has `level` at both ends of the spreads that a log leaves plausible has it for every judge
    (a cousin of Berger and Boos, JASA 89 (1994) 1012).
    """
    groups = np.array_split(np.argsort(spread, kind="stable"), GROUPS)
    ordered = np.sort(values, axis=0)
    cut, beyond = 0, (len(values) + 1) // 2
    while beyond - cut > 1:
        middle = (cut + beyond) // 2
        held = (ordered[middle] <= values) & (values <= ordered[-1 - middle])
        enough = min(held[group].mean() for group in groups) >= level
        cut, beyond = (middle, beyond) if enough else (cut, middle)
    return np.column_stack([ordered[cut], ordered[-1 - cut]])


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
