"""Intervals and tests for success rates and paired differences; closed forms, or a seeded bootstrap.

Sources: Wilson, JASA 22 (1927) 209; Newcombe, Statistics in Medicine 17 (1998) 2635, method 10;
McNemar, Psychometrika 12 (1947) 153, in its exact binomial form; Efron and Tibshirani (1993) for the
percentile bootstrap; Davison and Hinkley (1997) §3.8 for resampling clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def as_list(self) -> list[float]:
        return [self.low, self.high]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean of (second - first) over pairs; `interval` is None when there is no pair."""

    n: int
    estimate: float | None
    interval: Interval | None


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval of a proportion; None when n is 0."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    if n == 0:
        return None
    z = _z(confidence)
    p = successes / n
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if successes == 0 else max(0.0, (middle - half) / scale)
    high = 1.0 if successes == n else min(1.0, (middle + half) / scale)
    return Interval(low, high)


def mcnemar_exact(gained: int, lost: int) -> float:
    """Two-sided exact p of the discordant pairs: `gained` only the second has, `lost` only the first."""
    n, least = gained + lost, min(gained, lost)
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return min(1.0, float(2 * tail / 2**n))


def newcombe_paired(
    both: int, only_first: int, only_second: int, neither: int, confidence: float = 0.95
) -> Interval | None:
    """Interval of (second - first) for paired proportions; None when there is no pair."""
    n = both + only_first + only_second + neither
    one, two = wilson(both + only_first, n, confidence), wilson(both + only_second, n, confidence)
    if one is None or two is None:
        return None
    first, second = (both + only_first) / n, (both + only_second) / n
    phi = _phi(both, only_first, only_second, neither)

    def reach(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))

    estimate = second - first
    low = estimate - reach(second - two.low, one.high - first)
    high = estimate + reach(two.high - second, first - one.low)
    return Interval(max(-1.0, low), min(1.0, high))


def bootstrap_mean(
    values: Sequence[float],
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Percentile interval of a mean; None when there is no value.

    With `clusters` (one name a value) clusters are drawn first, then values within those drawn. With a
    single cluster that is the plain bootstrap.
    """
    if clusters is not None and len(clusters) != len(values):
        raise ValueError("one cluster name for each value")
    if not values:
        return None
    groups = _grouped(np.asarray(values, dtype=np.float64), clusters)
    means = _resampled_means(groups, np.random.default_rng(seed), resamples)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def paired_difference(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[str] | None = None,
    *,
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Difference:
    """Mean difference (second - first) over pairs with its bootstrap interval, see `bootstrap_mean`."""
    if len(first) != len(second):
        raise ValueError("a paired difference needs pairs")
    differences = [b - a for a, b in zip(first, second, strict=True)]
    interval = bootstrap_mean(differences, clusters, seed=seed, confidence=confidence, resamples=resamples)
    return Difference(n=len(differences), estimate=mean(differences), interval=interval)


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def _phi(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Correlation of the pairs, with Newcombe's continuity correction when it is positive."""
    margins = (both + only_first) * (only_second + neither) * (both + only_second) * (only_first + neither)
    if margins == 0:
        return 0.0
    n = both + only_first + only_second + neither
    product = float(both * neither - only_first * only_second)
    if product > 0:
        product = max(0.0, product - n / 2)
    return product / math.sqrt(margins)


def _grouped(values: Floats, clusters: Sequence[str] | None) -> list[Floats]:
    if clusters is None:
        return [values]
    names = np.asarray(clusters)
    return [values[names == name] for name in sorted(set(clusters))]


def _resampled_means(groups: list[Floats], draw: np.random.Generator, resamples: int) -> Floats:
    """Means over draws of as many clusters as there are, each resampled within itself."""
    sums = np.zeros(resamples)
    counts = np.zeros(resamples)
    if len(groups) == 1:
        times = np.ones((resamples, 1), dtype=np.int64)
    else:
        times = draw.multinomial(len(groups), [1 / len(groups)] * len(groups), size=resamples)
    for index, group in enumerate(groups):
        for nth in range(int(times[:, index].max())):
            drawn = times[:, index] > nth
            picks = draw.integers(0, len(group), size=(int(drawn.sum()), len(group)))
            sums[drawn] += group[picks].sum(axis=1)
            counts[drawn] += len(group)
    return sums / counts
