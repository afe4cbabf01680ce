"""How far raters agree, with intervals, and how many of them a wanted reliability needs.

Sources: Shrout and Fleiss, Psychological Bulletin 86 (1979) 420, ICC(1), with Donner's (1986) mean group
size where ideas have unequal numbers of ratings; Krippendorff, Content Analysis (2004) ch. 11 for alpha;
Spearman (1910) and Brown (1910) for the reliability of a mean. Intervals draw ideas, not ratings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.evaluation.resampling import RESAMPLES, Estimate, Numbers, bootstrap

Floats = NDArray[np.float64]
Ratings = Mapping[str, Sequence[float]]
"""The ratings of each idea, in any order: who gave them does not count."""

MOST_RATERS = 10_000


class Metric(StrEnum):
    """How far two ratings are apart, for Krippendorff's alpha."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatersNeeded:
    """Ratings an idea for a wanted reliability of their mean; None where agreement is not above 0.

    `at_best` and `at_worst` are those at the ends of the ICC's interval.
    """

    wanted: float
    raters: int | None
    at_best: int | None
    at_worst: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Of one axis. `icc` is that of a single rating; ideas with one rating are left out and counted."""

    icc: Estimate
    alpha: Estimate
    mean_ratings: float
    once_rated: int
    needed: RatersNeeded


def reliability(
    ratings: Ratings,
    *,
    wanted: float = 0.7,
    metric: Metric = Metric.INTERVAL,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Reliability:
    """Agreement on one axis.

    Raises:
        UserError: a rating that is no number, or a wanted reliability outside (0, 1).
    """
    groups = _groups(ratings)
    moments = _moments(groups)
    icc = bootstrap(lambda drawn: _icc(moments[drawn]), len(groups), seed=seed, resamples=resamples)
    alpha = bootstrap(_alpha_by(groups, metric), len(groups), seed=seed, resamples=resamples)
    ends = (icc.interval.high, icc.interval.low) if icc.interval else (None, None)
    raters, best, worst = (raters_needed(value, wanted) for value in (icc.value, *ends))
    return Reliability(
        icc=icc,
        alpha=alpha,
        mean_ratings=float(np.mean([len(group) for group in groups])) if groups else 0.0,
        once_rated=sum(len(each) == 1 for each in ratings.values()),
        needed=RatersNeeded(wanted=wanted, raters=raters, at_best=best, at_worst=worst),
    )


def icc_single(groups: Sequence[Floats]) -> float:
    """ICC(1) by one-way analysis of variance; each group holds two ratings or more of one idea.

    NaN for fewer than two groups or no variance at all. It may fall below 0.
    """
    return _icc(_moments(groups))


def krippendorff_alpha(groups: Sequence[Floats], metric: Metric = Metric.INTERVAL) -> float:
    """Alpha = 1 - observed / expected disagreement; each group holds two ratings or more of one idea.

    NaN without disagreement to expect: all ratings equal, or none.
    """
    return _alpha_by(groups, metric)(np.arange(len(groups)))


def spearman_brown(single: float, raters: int) -> float:
    """Reliability of the mean of `raters` ratings, of which one has reliability `single`."""
    return raters * single / (1.0 + (raters - 1.0) * single)


def raters_needed(single: float | None, wanted: float) -> int | None:
    """The fewest ratings an idea whose mean has the wanted reliability; None where it cannot be reached.

    Raises:
        UserError: a wanted reliability outside (0, 1).
    """
    if not 0.0 < wanted < 1.0:
        raise UserError(f"a wanted reliability lies between 0 and 1, not at {wanted}")
    if single is None or not single > 0.0:
        return None
    if single >= 1.0:
        return 1
    exact = wanted * (1.0 - single) / (single * (1.0 - wanted))
    needed = max(1, math.ceil(exact - 1e-9))
    return needed if needed <= MOST_RATERS else None


def _groups(ratings: Ratings) -> list[Floats]:
    groups = [np.array(ratings[idea], dtype=np.float64) for idea in sorted(ratings)]
    if not all(np.isfinite(group).all() for group in groups):
        raise UserError("a rating is no number; leave it out instead")
    return [group for group in groups if len(group) > 1]


def _moments(groups: Sequence[Floats]) -> Floats:
    """Size, sum and sum of squares of each group, shape (groups, 3)."""
    centre = float(np.concatenate(groups).mean()) if groups else 0.0
    rows = [(len(group), (group - centre).sum(), ((group - centre) ** 2).sum()) for group in groups]
    return np.array(rows, dtype=np.float64).reshape(len(groups), 3)


def _icc(moments: Floats) -> float:
    count = len(moments)
    if count < 2:
        return float("nan")
    sizes, sums, squares = moments.T
    total, overall = float(sizes.sum()), float(sums.sum())
    explained = float((sums**2 / sizes).sum())
    between = (explained - overall**2 / total) / (count - 1)
    within = max(0.0, float(squares.sum()) - explained) / (total - count)
    typical = (total - float((sizes**2).sum()) / total) / (count - 1)
    spread = between + (typical - 1.0) * within
    return (between - within) / spread if spread > 1e-12 else float("nan")


def _counted(groups: Sequence[Floats]) -> tuple[Floats, Floats]:
    """How often each group holds each value, shape (groups, values), and the values, shape (values,)."""
    if not groups:
        return np.zeros((0, 0)), np.zeros(0)
    values, place = np.unique(np.concatenate(groups), return_inverse=True)
    counts = np.zeros((len(groups), len(values)))
    np.add.at(counts, (np.repeat(np.arange(len(groups)), [len(group) for group in groups]), place), 1.0)
    return counts, values


def _alpha_by(groups: Sequence[Floats], metric: Metric) -> Callable[[Numbers], float]:
    """Alpha of the groups at given positions."""
    if metric is Metric.INTERVAL:
        moments = _moments(groups)
        return lambda drawn: _interval_alpha(moments[drawn])
    counts, values = _counted(groups)
    return lambda drawn: _alpha(counts[drawn], values, metric)


def _interval_alpha(moments: Floats) -> float:
    """The sums of squared distances between all pairs follow from sums and squares alone."""
    sizes, sums, squares = moments.T
    total = float(sizes.sum())
    expected = total * float(squares.sum()) - float(sums.sum()) ** 2
    if not expected > 1e-12:
        return float("nan")
    inside = float((sizes * np.maximum(0.0, squares - sums**2 / sizes) / (sizes - 1.0)).sum())
    return 1.0 - inside * (total - 1.0) / expected


def _alpha(counts: Floats, values: Floats, metric: Metric) -> float:
    shares = counts / (counts.sum(axis=1, keepdims=True) - 1.0)
    together = shares.T @ counts - np.diag(shares.sum(axis=0))
    totals = together.sum(axis=1)
    apart = _apart(values, totals, metric)
    expected = float(totals @ apart @ totals)
    if not expected > 0:
        return float("nan")
    return 1.0 - float((together * apart).sum()) * (float(totals.sum()) - 1.0) / expected


def _apart(values: Floats, totals: Floats, metric: Metric) -> Floats:
    """Squared distances between values, shape (v, v); those of the interval metric need no matrix."""
    if metric is Metric.NOMINAL:
        return 1.0 - np.eye(len(values))
    # Ranks between two values: all ratings from one to the other, half of those at the ends.
    middle = np.cumsum(totals) - totals / 2.0
    ranks: Floats = (middle[:, None] - middle[None, :]) ** 2
    return ranks
