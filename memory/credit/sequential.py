"""A test of harm that may be read after every task: betting against "the item does not harm".

With Y the reward, Z = 1 when the item was shown and p the chance of that, the item's uplift at a task is the
mean of X = (Y - m)(Z - p) / (p (1 - p)) whatever centre m was fixed beforehand. Where the uplift is nowhere
below -margin, a bettor who stakes a share b >= 0 of the capital on harm multiplies it by 1 - b (X + margin),
at most 1 in the mean; so the chance that capital ever reaches 1 / alpha is at most alpha (Ville, 1939;
Waudby-Smith and Ramdas, JRSS B 86 (2024) 1, "Estimating means of bounded random variables by betting").

How to bet is free, and decides the power. Share of items found harmful at alpha = .05 within 200 tasks, 2000
repetitions, baseline .5; graded rewards are Beta(10 m, 10 (1 - m)); m is the running mean unless named:

                                               0/1, p=.9       0/1, p=.8     graded, p=.9   no effect,
    effect                                  -.1  -.2  -.3   -.1  -.2  -.3      -.1  -.2     1000 tasks
    mean of six bets b, .01 to .3           .06  .21  .54   .09  .36  .81      .25  .97        .027
    six shares, .05 to .8, of the highest b .07  .24  .58   .12  .41  .84      .14  .95        .031
    b from past mean and variance (aGRAPA)  .05  .18  .46   .09  .36  .80      .09  .93        .028
    b, m from both arms' running means      .08  .27  .61   .13  .43  .84      .00  .47        .035
    bets against four effects (here)        .08  .27  .60   .12  .42  .84      .30  .97        .043
    the effect and both means known         .00  .29  .72   .04  .55  .91      .00  .48        .000

Within 1000 tasks an effect of -.1 is found in .31 (p = .9) and .50 (p = .8): a gentle harm stays long.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

EFFECTS = (0.1, 0.2, 0.35, 0.6)
"""The harms that are bet on."""
KEPT = 0.05
"""The share of capital that a bettor keeps at the worst outcome of one task."""
_MOST = 700.0


class HarmTestJson(TypedDict):
    n: int
    total: float
    log_capitals: list[float]
    log_peak: float
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmTest:
    """The state of the test after `n` tasks with rewards that sum to `total`.

    H0: at no task is the item's uplift on the reward below -`margin`. `log_capitals` has one entry for each
    of EFFECTS; `log_peak` is the highest log e-value so far.
    """

    n: int = 0
    total: float = 0.0
    log_capitals: tuple[float, ...] = (0.0,) * len(EFFECTS)
    log_peak: float = 0.0
    margin: float = 0.0

    def updated(self, shown: bool, propensity: float, reward: float) -> HarmTest:
        """After one more task at which the item was shown or withheld at random.

        A propensity of 1 tells nothing and changes nothing. Raises ValueError for a propensity outside
        (0, 1], a withheld item at 1, or a reward outside [0, 1].
        """
        if not 0.0 < propensity <= 1.0 or (propensity == 1.0 and not shown):
            raise ValueError(f"shown={shown} at a propensity of {propensity}")
        if not 0.0 <= reward <= 1.0:
            raise ValueError(f"a reward of {reward} is not in [0, 1]")
        if propensity == 1.0:
            return self
        centre = running_mean(self.n, self.total)
        logs = np.array(self.log_capitals) + log_factors(shown, propensity, reward, centre, self.margin)
        return HarmTest(
            n=self.n + 1,
            total=self.total + reward,
            log_capitals=tuple(logs.tolist()),
            log_peak=max(self.log_peak, float(log_mean(logs))),
            margin=self.margin,
        )

    @property
    def log_e_value(self) -> float:
        return float(log_mean(np.array(self.log_capitals)))

    @property
    def e_value(self) -> float:
        """The capital now, from 1 at the start: evidence of harm, at most 1 in the mean if there is none."""
        return math.exp(min(self.log_e_value, _MOST))

    def harmful(self, alpha: float = 0.05) -> bool:
        """Whether capital ever reached 1 / alpha. At most a share alpha of harmless items ever answer yes."""
        return self.log_peak >= -math.log(alpha)

    def to_json(self) -> HarmTestJson:
        return HarmTestJson(
            n=self.n,
            total=self.total,
            log_capitals=list(self.log_capitals),
            log_peak=self.log_peak,
            margin=self.margin,
        )

    @classmethod
    def from_json(cls, state: HarmTestJson) -> HarmTest:
        """What `to_json` wrote. Raises ValueError for a state of other bets than EFFECTS."""
        if len(state["log_capitals"]) != len(EFFECTS):
            raise ValueError(f"{len(state['log_capitals'])} capitals for {len(EFFECTS)} bets")
        return cls(
            n=state["n"],
            total=state["total"],
            log_capitals=tuple(state["log_capitals"]),
            log_peak=state["log_peak"],
            margin=state["margin"],
        )


def running_mean(n: ArrayLike, total: ArrayLike) -> Floats:
    """The centre of the next bet, in (0, 1): the mean of `n` rewards and one of 0.5."""
    return (np.asarray(total, dtype=np.float64) + 0.5) / (np.asarray(n, dtype=np.float64) + 1.0)


def log_factors(
    shown: ArrayLike, propensity: ArrayLike, reward: ArrayLike, centre: ArrayLike, margin: float = 0.0
) -> Floats:
    """What one task does to the log capital of each bettor, shape (..., len(EFFECTS)).

    The first four are of one shape (...): shown 0 or 1, propensity and centre in (0, 1), reward in [0, 1].
    For 0/1 rewards of mean m the fastest bet against an effect of -e is b = e p (1 - p) / (m (1 - m)): its
    factor is the chance of Z given Y under that effect, divided by the chance without one.
    """
    z, p, y, m = (
        np.asarray(value, dtype=np.float64)[..., None] for value in (shown, propensity, reward, centre)
    )
    mixed = p * (1.0 - p) * margin
    scale = m * (1.0 - m)
    worst = np.maximum((1.0 - p) * (1.0 - m), p * m) + mixed
    stake = np.minimum((np.array(EFFECTS) + margin) / scale, (1.0 - KEPT) / worst)
    return np.log1p(-stake * ((z - p) * (y - m) + mixed))


def log_mean(log_capitals: Floats) -> Floats:
    """Log of the mean capital over the last axis."""
    highest = log_capitals.max(axis=-1)
    capitals: Floats = highest + np.log(np.exp(log_capitals - highest[..., None]).mean(axis=-1))
    return capitals


def significant(e_values: Sequence[float], alpha: float = 0.05) -> tuple[bool, ...]:
    """Which of many tests to believe at once so that at most a share alpha of them is wrong in the mean.

    e-BH (Wang and Ramdas, JRSS B 84 (2022) 822), for e-values that may depend on each other in any way.
    """
    order = sorted(range(len(e_values)), key=lambda i: -e_values[i])
    passing = [k for k, i in enumerate(order, 1) if k * e_values[i] >= len(e_values) / alpha]
    chosen = set(order[: passing[-1]] if passing else [])
    return tuple(i in chosen for i in range(len(e_values)))
