"""The uplift of an item: the mean outcome where it was shown less the mean where it was withheld.

Both arms were drawn at random, so the difference is caused by the item. The intervals are for one look: an
item is retired by `sequential`, which may be read after every task, not by watching these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from memory.credit.outcome import Metric
from memory.credit.quantiles import normal_quantile, student_quantile
from memory.credit.tallies import Comparison, Tally, Trials

MINIMUM_SHOWN, MINIMUM_WITHHELD = 10, 5
PRIOR_VALUES = 2.0
"""Pooled variance counts as so many values in each arm: five withheld tasks may all be alike by luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """`difference` (shown - withheld) in units of the metric with its interval; `enough` to be believed."""

    metric: Metric
    difference: float
    low: float
    high: float
    shown_n: int
    withheld_n: int
    enough: bool


def uplift(
    trials: Trials,
    metric: Metric = Metric.REWARD,
    *,
    level: float = 0.95,
    minimum: tuple[int, int] = (MINIMUM_SHOWN, MINIMUM_WITHHELD),
) -> Uplift | None:
    """The uplift with its interval of `level`; None while an arm has fewer than two values."""
    return compare(trials.metrics[metric], metric, level=level, minimum=minimum)


def compare(
    comparison: Comparison,
    metric: Metric,
    *,
    level: float = 0.95,
    minimum: tuple[int, int] = (MINIMUM_SHOWN, MINIMUM_WITHHELD),
) -> Uplift | None:
    """`uplift` of one comparison. `minimum` values shown and withheld are needed for `enough`.

    Reward and success, which lie in [0, 1], get Newcombe's hybrid score interval, steps and tokens Welch's.
    Coverage of the 95 % interval at 50 and 200 tasks, p = .9 and .8, effects 0 and -.15, 1500 repetitions:
    of 0/1 rewards with baselines .2, .5, .8 Welch's 74 to 96 %, Newcombe's 95 to 97 %; of graded rewards 93
    to 98 % and 94 to 99 %. Of lognormal tokens (sigma 1) Welch's covers 91 to 98 %: long tails want more.
    """
    shown, withheld = comparison.shown, comparison.withheld
    if min(shown.n, withheld.n) < 2:
        return None
    bounded = metric in (Metric.REWARD, Metric.SUCCESS)
    low, high = (_newcombe if bounded else _welch)(shown, withheld, level)
    return Uplift(
        metric=metric,
        difference=shown.mean - withheld.mean,
        low=low,
        high=high,
        shown_n=shown.n,
        withheld_n=withheld.n,
        enough=shown.n >= minimum[0] and withheld.n >= minimum[1],
    )


def _newcombe(shown: Tally, withheld: Tally, level: float) -> tuple[float, float]:
    """Newcombe's method 10 (Statistics in Medicine 17 (1998) 873), for fractions of a success as well.

    Wilson's interval takes the variance of a share, m (1 - m). Graded rewards vary less: the ratio of the two
    variances, pooled over both arms and with one value of the largest variance added, divides the counts.
    """
    z = normal_quantile((1.0 + level) / 2.0)
    arms = (shown, withheld)
    n = shown.effective + withheld.effective
    seen = sum(arm.effective * arm.spread for arm in arms) * n / max(n - 2.0, 1.0)
    largest = sum(arm.effective * max(0.0, arm.mean * (1.0 - arm.mean)) for arm in arms)
    ratio = min(1.0, (seen + 0.25) / (largest + 0.25))
    low1, high1 = _wilson(shown.mean, shown.effective / ratio, z)
    low0, high0 = _wilson(withheld.mean, withheld.effective / ratio, z)
    difference = shown.mean - withheld.mean
    return (
        difference - math.hypot(shown.mean - low1, high0 - withheld.mean),
        difference + math.hypot(high1 - shown.mean, withheld.mean - low0),
    )


def _wilson(share: float, n: float, z: float) -> tuple[float, float]:
    middle = share + z * z / (2.0 * n)
    half = z * math.sqrt(max(0.0, share * (1.0 - share)) / n + z * z / (4.0 * n * n))
    scale = 1.0 + z * z / n
    return (middle - half) / scale, (middle + half) / scale


def _welch(shown: Tally, withheld: Tally, level: float) -> tuple[float, float]:
    """Welch's interval (Biometrika 34 (1947) 28), each variance drawn towards the pooled one."""
    sums = [arm.effective * arm.spread for arm in (shown, withheld)]
    freedoms = [max(arm.effective - 1.0, 1e-9) for arm in (shown, withheld)]
    pooled = sum(sums) / sum(freedoms)
    parts = [
        (total + PRIOR_VALUES * pooled) / (freedom + PRIOR_VALUES) / arm.effective
        for total, freedom, arm in zip(sums, freedoms, (shown, withheld), strict=True)
    ]
    difference = shown.mean - withheld.mean
    if sum(parts) <= 0.0:
        return difference, difference
    freedom = sum(parts) ** 2 / sum(part**2 / own for part, own in zip(parts, freedoms, strict=True))
    half = student_quantile((1.0 + level) / 2.0, max(freedom, 1.0)) * math.sqrt(sum(parts))
    return difference - half, difference + half
