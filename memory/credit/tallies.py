"""What is kept of shown and withheld tasks: weighted sums, from which every estimate follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from memory.credit.outcome import Metric, TaskOutcome
from memory.credit.sequential import HarmTest, HarmTestJson


class TallyJson(TypedDict):
    n: int
    weight: float
    total: float
    weight2: float
    total2: float
    squares2: float


class ComparisonJson(TypedDict):
    shown: TallyJson
    withheld: TallyJson


class TrialsJson(TypedDict):
    metrics: dict[str, ComparisonJson]
    harm: HarmTestJson
    help: HarmTestJson
    always: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One arm of one metric: `n` values y with weights w, as the sums of w, wy, w², w²y and w²y².

    A value weighs 1 / its chance of being in this arm, so that the mean stays that of all tasks while the
    chance changes (Hájek's estimator). The order of values does not matter, but for the last bits.
    """

    n: int = 0
    weight: float = 0.0
    total: float = 0.0
    weight2: float = 0.0
    total2: float = 0.0
    squares2: float = 0.0

    @classmethod
    def of(cls, values: ArrayLike, chances: ArrayLike) -> Tally:
        """The tally of values, shape (n,), and their chances of being in this arm, shape (n,) or ()."""
        y = np.asarray(values, dtype=np.float64)
        w = 1.0 / np.broadcast_to(np.asarray(chances, dtype=np.float64), y.shape)
        return cls(
            n=y.size,
            weight=float(w.sum()),
            total=float((w * y).sum()),
            weight2=float((w * w).sum()),
            total2=float((w * w * y).sum()),
            squares2=float((w * w * y * y).sum()),
        )

    def added(self, value: float, chance: float) -> Tally:
        """With one more value that had `chance` in (0, 1] of being in this arm."""
        if not 0.0 < chance <= 1.0:
            raise ValueError(f"a chance of {chance} is not in (0, 1]")
        w = 1.0 / chance
        return Tally(
            n=self.n + 1,
            weight=self.weight + w,
            total=self.total + w * value,
            weight2=self.weight2 + w * w,
            total2=self.total2 + w * w * value,
            squares2=self.squares2 + w * w * value * value,
        )

    @property
    def mean(self) -> float:
        """The weighted mean; 0 without a value."""
        return self.total / self.weight if self.n else 0.0

    @property
    def effective(self) -> float:
        """How many equally weighted values would tell as much (Kish): n when all weights are equal."""
        return self.weight**2 / self.weight2 if self.n else 0.0

    @property
    def spread(self) -> float:
        """The variance of values about the mean, without the correction for the mean's own error.

        Divided by `effective` it is the linearised variance of Hájek's mean: Σ w²(y - mean)² / (Σ w)².
        """
        if not self.n:
            return 0.0
        mean = self.mean
        return max(0.0, (self.squares2 - 2.0 * mean * self.total2) / self.weight2 + mean * mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The two arms of one metric."""

    shown: Tally = field(default_factory=Tally)
    withheld: Tally = field(default_factory=Tally)

    def added(self, shown: bool, propensity: float, value: float) -> Comparison:
        if shown:
            return replace(self, shown=self.shown.added(value, propensity))
        return replace(self, withheld=self.withheld.added(value, 1.0 - propensity))


def _no_comparisons() -> dict[Metric, Comparison]:
    return {metric: Comparison() for metric in Metric}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """All that one item's random exposures said: four comparisons and two tests that may be read at any time.

    `harm` asks whether the item lowers the reward, `help` whether it raises it (the same test of 1 - reward).
    `always` counts tasks at which the item could not have been withheld: nothing else is kept of them, since
    no withheld task stands against them.
    """

    metrics: Mapping[Metric, Comparison] = field(default_factory=_no_comparisons)
    harm: HarmTest = field(default_factory=HarmTest)
    help: HarmTest = field(default_factory=HarmTest)
    always: int = 0

    def with_outcome(self, *, shown: bool, propensity: float, outcome: TaskOutcome) -> Trials:
        """With one task's end. `propensity` in (0, 1] was the item's chance of being shown.

        The task whose episode made the item must be left out by the caller. Raises ValueError for a
        propensity outside (0, 1] and for an item withheld that is always shown.
        """
        if not 0.0 < propensity <= 1.0 or (propensity == 1.0 and not shown):
            raise ValueError(f"shown={shown} at a propensity of {propensity}")
        if propensity == 1.0:
            return replace(self, always=self.always + 1)
        metrics = dict(self.metrics)
        for metric in Metric:
            if (value := outcome.value(metric)) is not None:
                metrics[metric] = metrics[metric].added(shown, propensity, value)
        if outcome.reward is None:
            return replace(self, metrics=metrics)
        return replace(
            self,
            metrics=metrics,
            harm=self.harm.updated(shown, propensity, outcome.reward),
            help=self.help.updated(shown, propensity, 1.0 - outcome.reward),
        )

    def to_json(self) -> TrialsJson:
        """A plain document of numbers that `from_json` reads back without loss."""
        return TrialsJson(
            metrics={
                metric.value: ComparisonJson(
                    shown=_tally_json(self.metrics[metric].shown),
                    withheld=_tally_json(self.metrics[metric].withheld),
                )
                for metric in Metric
            },
            harm=self.harm.to_json(),
            help=self.help.to_json(),
            always=self.always,
        )

    @classmethod
    def from_json(cls, state: TrialsJson) -> Trials:
        """What `to_json` wrote. Raises KeyError or TypeError for another document."""
        return cls(
            metrics={
                metric: Comparison(
                    shown=Tally(**state["metrics"][metric.value]["shown"]),
                    withheld=Tally(**state["metrics"][metric.value]["withheld"]),
                )
                for metric in Metric
            },
            harm=HarmTest.from_json(state["harm"]),
            help=HarmTest.from_json(state["help"]),
            always=state["always"],
        )


def _tally_json(tally: Tally) -> TallyJson:
    return TallyJson(
        n=tally.n,
        weight=tally.weight,
        total=tally.total,
        weight2=tally.weight2,
        total2=tally.total2,
        squares2=tally.squares2,
    )
