"""Arms compared at equal budget: paired bootstrap over topics.

Every arm works the same topics; topics are drawn, so that an easy topic helps both sides alike. An arm that
spent more is not compared: the report says so instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.errors import UserError
from ideation.evaluation.resampling import RESAMPLES, Estimate, bootstrap_mean

SPENDING_TOLERANCE = 0.05
"""Arms may end up to this share of the larger spending apart: a call cannot be cut in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """Of one arm: its outcome and what it spent (tokens, or money) by topic."""

    name: str
    outcome: Mapping[str, float]
    spent: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDifference:
    """Mean of (second - first) over the topics that both finished.

    `unfinished` topics lack an outcome of one side. `equal_budget` is False where the spending on the
    compared topics differs by more than the tolerance. `share_above` is that of draws in which the second
    is ahead (ties half).
    """

    first: str
    second: str
    difference: Estimate
    share_above: float | None
    unfinished: int
    equal_budget: bool
    spent_first: float
    spent_second: float


def compare_arms(
    arms: tuple[ArmResult, ...],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    tolerance: float = SPENDING_TOLERANCE,
) -> tuple[ArmDifference, ...]:
    """Every pair of arms, in their order; the same draws of topics for all pairs of the same topics.

    Raises:
        UserError: two arms of one name, an outcome that is no number, or an outcome without its spending.
    """
    if len({arm.name for arm in arms}) != len(arms):
        raise UserError("two arms bear the same name")
    for arm in arms:
        if not all(np.isfinite(value) for value in arm.outcome.values()):
            raise UserError(f"arm {arm.name}: an outcome is no number; leave the topic out instead")
        if not arm.outcome.keys() <= arm.spent.keys():
            raise UserError(f"arm {arm.name}: every outcome needs what was spent on it")
    return tuple(_difference(one, other, seed, resamples, tolerance) for one, other in combinations(arms, 2))


def _difference(
    one: ArmResult, other: ArmResult, seed: int, resamples: int, tolerance: float
) -> ArmDifference:
    topics = sorted(one.outcome.keys() & other.outcome.keys())
    gaps = np.array([other.outcome[topic] - one.outcome[topic] for topic in topics], dtype=np.float64)
    spent = [float(sum(arm.spent[topic] for topic in topics)) for arm in (one, other)]
    above = None
    if len(gaps):
        drawn = np.random.default_rng(seed).integers(0, len(gaps), (resamples, len(gaps)))
        means = gaps[drawn].mean(axis=1)
        above = float((means > 0).mean() + 0.5 * (means == 0).mean())
    return ArmDifference(
        first=one.name,
        second=other.name,
        difference=bootstrap_mean(gaps, seed=seed, resamples=resamples),
        share_above=above,
        unfinished=len(one.outcome.keys() | other.outcome.keys()) - len(topics),
        equal_budget=abs(spent[0] - spent[1]) <= tolerance * max(spent),
        spent_first=spent[0],
        spent_second=spent[1],
    )
