"""What a comparison comes to: each method's figures over its seeds. No torch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from memory.credit.quantiles import student_quantile

if TYPE_CHECKING:
    from adaptation.comparison.comparing import Results
    from adaptation.comparison.fitting import FitRecord
    from adaptation.comparison.trial import Trial

_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Mean over seeds, and its 95 % interval by Student's t; None with one seed."""

    mean: float
    low: float | None = None
    high: float | None = None

    def text(self, digits: int) -> str:
        shown = f"{self.mean:.{digits}f}"
        return shown if self.high is None else f"{shown} ± {self.high - self.mean:.{digits}f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One method under one budget. `deviation` is its share above or below the parameters asked for.

    `pareto`: no other method has both a lower loss and less forgetting.
    """

    method: str
    budget: str
    size: str
    learning_rate: float
    parameters: int
    deviation: float
    loss: Estimate
    accuracy: Estimate
    forgetting: Estimate
    steps: float
    seconds: float
    peak_bytes: int
    bytes_on_disk: int
    pareto: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`before` is the base's loss and accuracy; `faults` have method, budget and why there are no figures."""

    lines: tuple[Line, ...]
    faults: tuple[tuple[str, str, str], ...]
    parameters: int
    seconds: float
    device: str
    seeds: int
    before: tuple[float, float] | None


def estimate(values: Sequence[float]) -> Estimate:
    """Over seeds."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Estimate(mean=mean)
    half = (
        student_quantile((1 + _LEVEL) / 2, len(values) - 1)
        * statistics.stdev(values)
        / math.sqrt(len(values))
    )
    return Estimate(mean=mean, low=mean - half, high=mean + half)


def summarise(results: Results) -> Summary:
    """Best held-out loss first within a budget. A method is shown by the seeds that came to an end."""
    fits = {fit.method: fit for fit in results.fits}
    groups: dict[tuple[str, str], list[Trial]] = {}
    for trial in results.trials:
        groups.setdefault((trial.budget.value, trial.method), []).append(trial)
    lines, faults = [], []
    for (budget, name), trials in groups.items():
        whole = [trial for trial in trials if not trial.fault]
        faults += [(name, budget, why) for why in dict.fromkeys(each.fault for each in trials if each.fault)]
        if whole:
            lines.append(_line(whole, fits[name], results.parameters))
    before = next((trial.before for trial in results.trials if trial.before), None)
    return Summary(
        lines=tuple(sorted(_ringed(lines), key=lambda line: (line.budget, line.loss.mean))),
        faults=tuple(faults),
        parameters=results.parameters,
        seconds=results.seconds,
        device=results.device,
        seeds=1 + max((trial.seed for trial in results.trials), default=-1),
        before=(before.loss, before.accuracy) if before else None,
    )


def _line(trials: Sequence[Trial], fit: FitRecord, budget: int) -> Line:
    size = ", ".join(f"{name} {value:g}" for name, value in fit.options.items())
    count = round(statistics.fmean(trial.parameters for trial in trials))
    return Line(
        method=fit.method,
        budget=trials[0].budget.value,
        size=size or "fixed",
        learning_rate=fit.learning_rate,
        parameters=count,
        deviation=count / budget - 1,
        loss=estimate([trial.after.loss for trial in trials if trial.after]),
        accuracy=estimate([trial.after.accuracy for trial in trials if trial.after]),
        forgetting=estimate([trial.forgetting for trial in trials if trial.forgetting is not None]),
        steps=statistics.fmean(trial.steps for trial in trials),
        seconds=statistics.fmean(trial.plan_seconds + trial.train_seconds for trial in trials),
        peak_bytes=max(trial.peak_bytes for trial in trials),
        bytes_on_disk=round(statistics.fmean(trial.bytes_on_disk for trial in trials)),
    )


def _ringed(lines: Sequence[Line]) -> list[Line]:
    def beaten(line: Line) -> bool:
        own = line.loss.mean, line.forgetting.mean
        return any(
            other.budget == line.budget
            and (found := (other.loss.mean, other.forgetting.mean)) != own
            and all(a <= b for a, b in zip(found, own, strict=True))
            for other in lines
        )

    return [replace(line, pareto=not beaten(line)) for line in lines]
