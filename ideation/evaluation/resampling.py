"""Percentile bootstrap over groups: topics, prompts or ideas are drawn, never the pairs within them.

Source: Efron and Tibshirani (1993) ch. 13; Davison and Hinkley (1997) §3.8 for resampling clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def covers(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value over n groups; None where there is nothing to estimate, or too few groups for an interval."""

    value: float | None
    interval: Interval | None
    n: int


def bootstrap(
    statistic: Callable[[Numbers], float],
    groups: int,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """A statistic of the groups at the drawn positions, shape (groups,), with its percentile interval.

    Draws where the statistic is not finite (a sample of one class has no AUC) are left out; without half of
    the draws left there is no interval.
    """
    if groups == 0:
        return Estimate(value=None, interval=None, n=0)
    value = statistic(np.arange(groups))
    rng = np.random.default_rng(seed)
    draws = np.array([statistic(rng.integers(0, groups, groups)) for _ in range(resamples)])
    return Estimate(
        value=float(value) if np.isfinite(value) else None,
        interval=percentile_interval(draws, confidence) if groups > 1 else None,
        n=groups,
    )


def bootstrap_mean(
    values: Floats, *, seed: int = 0, resamples: int = RESAMPLES, confidence: float = CONFIDENCE
) -> Estimate:
    """The mean of one value a group, shape (groups,)."""
    count = len(values)
    if count == 0:
        return Estimate(value=None, interval=None, n=0)
    drawn = np.random.default_rng(seed).integers(0, count, (resamples, count))
    interval = percentile_interval(values[drawn].mean(axis=1), confidence) if count > 1 else None
    return Estimate(value=float(values.mean()), interval=interval, n=count)


def percentile_interval(draws: Floats, confidence: float = CONFIDENCE) -> Interval | None:
    """The middle `confidence` of the finite draws; None where fewer than half are finite."""
    kept = draws[np.isfinite(draws)]
    if len(kept) == 0 or 2 * len(kept) < len(draws):
        return None
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile(kept, [tail, 100.0 - tail])
    return Interval(float(low), float(high))
