"""From the match log to the answer: ranks with intervals and tiers by axis, a declared sum, Pareto front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.ranking.bradley_terry import fit
from ideation.ranking.draws import Draws, draw
from ideation.ranking.hygiene import Hygiene, hygiene
from ideation.ranking.match_log import Axis, Ints, MatchLog, tally
from ideation.ranking.tiers import LEVEL, rank_intervals, strength_intervals, tiers, top_certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One idea. `strength` in log odds (the mean idea has 0); `low` and `high` hold it at the level's chance.

    `rank` is 1 for the strongest; `rank_low` to `rank_high` its interval; ideas of one `tier` cannot be
    told from the tier's best. `meetings` counts the answered calls behind it.
    """

    idea: str
    rank: int
    rank_low: int
    rank_high: int
    tier: int
    strength: float
    low: float
    high: float
    meetings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSlot:
    """Log odds that the first slot gains by itself, with its interval (0 is no position bias)."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisTable:
    """Standings best first on one axis, and what the judge's calls say about the judge."""

    axis: Axis
    standings: tuple[Standing, ...]
    first_slot: FirstSlot
    hygiene: Hygiene
    top_certainty: float
    """Of the first ten, or of all but one where there are fewer: see `ideation.ranking.tiers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """`overall` is the sum of strengths by `weights`; `pareto` ideas are beaten on all axes by no other."""

    axes: tuple[AxisTable, ...]
    weights: Mapping[Axis, float]
    overall: tuple[Standing, ...]
    pareto: tuple[str, ...]
    level: float


TOP = 10


def rank(
    ideas: Sequence[str],
    log: MatchLog,
    weights: Mapping[Axis, float],
    seed: int = 0,
    *,
    level: float = LEVEL,
) -> Ranking:
    """Rank `ideas` on every axis of `weights`.

    Strengths are added as they are, in log odds: an axis on which the judge answers by chance has
    strengths near 0 and so moves nothing, which scaling each axis to one spread would undo.

    Raises:
        UserError: fewer than two ideas, no weight, or one that is not positive.
    """
    if len(ideas) < 2:
        raise UserError("ranking needs two ideas: give more")
    if not weights or any(not weight > 0 for weight in weights.values()):
        raise UserError("each axis of the weighting needs a weight above 0")
    tables: list[AxisTable] = []
    means = np.zeros((len(weights), len(ideas)))
    meetings = np.zeros(len(ideas), dtype=np.intp)
    drawn: list[Draws] = []
    for at, axis in enumerate(weights):
        matches = log.on(axis)
        fitted = fit(tally(ideas, matches))
        draws = draw(fitted, seed + at)
        drawn.append(draws)
        means[at] = fitted.strengths
        counted = _meetings(fitted.likelihood.tally.first, fitted.likelihood.tally.second, len(ideas))
        meetings += counted
        tables.append(
            AxisTable(
                axis=axis,
                standings=_standings(ideas, means[at], draws, counted, level),
                first_slot=_first_slot(draws, level),
                hygiene=hygiene(matches),
                top_certainty=top_certainty(draws, min(TOP, len(ideas) - 1)),
            )
        )
    summed = Draws.added(drawn, list(weights.values()))
    return Ranking(
        axes=tuple(tables),
        weights=dict(weights),
        overall=_standings(ideas, np.array(list(weights.values())) @ means, summed, meetings, level),
        pareto=tuple(ideas[at] for at in pareto_front(means.T)),
        level=level,
    )


def pareto_front(values: NDArray[np.float64]) -> list[int]:
    """Rows of `values` (n, axes; more is better) with no other as good on all and better on one."""
    as_good = (values[:, None, :] >= values[None, :, :]).all(axis=2)
    better = (values[:, None, :] > values[None, :, :]).any(axis=2)
    beaten = (as_good & better).any(axis=0)
    return [int(at) for at in np.flatnonzero(~beaten)]


def _standings(
    ideas: Sequence[str], means: NDArray[np.float64], draws: Draws, meetings: Ints, level: float
) -> tuple[Standing, ...]:
    order = np.argsort(-means, kind="stable").astype(np.intp)
    tier = tiers(draws, order, level)
    ranks, ends = rank_intervals(draws, level), strength_intervals(draws, level)
    return tuple(
        Standing(
            idea=ideas[idea],
            rank=place,
            # The mean's order may lie just outside a narrow interval of the draws' ranks.
            rank_low=min(place, int(ranks[idea, 0])),
            rank_high=max(place, int(ranks[idea, 1])),
            tier=int(tier[idea]),
            strength=float(means[idea]),
            low=float(ends[idea, 0]),
            high=float(ends[idea, 1]),
            meetings=int(meetings[idea]),
        )
        for place, idea in enumerate(order.tolist(), start=1)
    )


def _first_slot(draws: Draws, level: float) -> FirstSlot:
    low, high = np.quantile(draws.first_slot, [(1 - level) / 2, (1 + level) / 2])
    return FirstSlot(estimate=float(draws.first_slot.mean()), low=float(low), high=float(high))


def _meetings(first: Ints, second: Ints, n: int) -> Ints:
    counted: Ints = (np.bincount(first, minlength=n) + np.bincount(second, minlength=n)).astype(np.intp)
    return counted
