"""Simulated items of known effect: how often harm is found, false alarms, coverage and bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.credit.markdown import markdown_table
from memory.credit.outcome import Metric
from memory.credit.sequential import EFFECTS, log_factors, log_mean, running_mean
from memory.credit.tallies import Comparison, Tally
from memory.credit.uplift import compare

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALPHA = 0.05
ALL_EFFECTS = (-0.3, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1)
PROPENSITIES = (0.9, 0.8)
EXPOSURES = (50, 200, 1000)
LEAST_DIFFERENCE = -0.01
"""A plain rule to compare with: retire when the mean with the item is lower by more than 0.01."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`effect` on a success chance of `baseline`, shown with chance `propensity`; rewards 0 or 1.

    With a `concentration` rewards are graded instead: Beta about the same mean (the higher, the closer).
    """

    effect: float
    propensity: float
    baseline: float = 0.5
    concentration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRow:
    """Shares and means over repetitions, after `exposures` tasks.

    `harmful` and `helpful`: tests passed at any time until then. `coverage` of the 95 % interval, `width`,
    and `bias` of the difference with its standard error are of the share `enough` that had the minimum of
    shown and withheld tasks. `difference_rule`: mean with - mean without < -0.01 after the last task.
    """

    setting: Setting
    exposures: int
    harmful: float
    helpful: float
    coverage: float
    width: float
    bias: float
    bias_error: float
    enough: float
    difference_rule: float


def draw(setting: Setting, shape: tuple[int, int], rng: np.random.Generator) -> tuple[Bools, Floats]:
    """Whether the item was shown, and the rewards; `shape` is (tasks, repetitions)."""
    shown = rng.random(shape) < setting.propensity
    means = np.where(shown, setting.baseline + setting.effect, setting.baseline)
    if setting.concentration is None:
        return shown, (rng.random(shape) < means).astype(np.float64)
    return shown, rng.beta(means * setting.concentration, (1.0 - means) * setting.concentration)


def log_e_paths(
    shown: Bools, rewards: Floats, propensity: float | Floats, recalled: Bools | None = None
) -> Floats:
    """Log e-values after each task, shape (tasks, repetitions), by the arithmetic of `HarmTest`.

    `propensity` is one number or has one per task, shape (tasks,). Where `recalled` is False the item was
    not a candidate and the test stands still.
    """
    tasks, repetitions = shown.shape
    chances = np.broadcast_to(np.asarray(propensity, dtype=np.float64), (tasks,))
    part = np.ones(shown.shape) if recalled is None else recalled.astype(np.float64)
    logs = np.zeros((repetitions, len(EFFECTS)))
    n, total = np.zeros(repetitions), np.zeros(repetitions)
    paths = np.empty((tasks, repetitions))
    for task in range(tasks):
        chance = np.full(repetitions, chances[task])
        factors = log_factors(shown[task], chance, rewards[task], running_mean(n, total))
        logs += factors * part[task][:, None]
        n, total = n + part[task], total + rewards[task] * part[task]
        paths[task] = log_mean(logs)
    return paths


def power_rows(
    setting: Setting, *, exposures: Sequence[int] = EXPOSURES, repetitions: int = 1000, seed: int = 0
) -> list[PowerRow]:
    """One row for each number of exposures, all read from the same repetitions."""
    rng = np.random.default_rng(seed)
    shown, rewards = draw(setting, (max(exposures), repetitions), rng)
    harm = np.maximum.accumulate(log_e_paths(shown, rewards, setting.propensity), axis=0)
    gain = np.maximum.accumulate(log_e_paths(shown, 1.0 - rewards, setting.propensity), axis=0)
    bound = -math.log(ALPHA)
    return [
        _row(
            setting,
            shown[:tasks],
            rewards[:tasks],
            harmful=float((harm[tasks - 1] >= bound).mean()),
            helpful=float((gain[tasks - 1] >= bound).mean()),
        )
        for tasks in exposures
    ]


def power_table(
    effects: Sequence[float] = ALL_EFFECTS,
    propensities: Sequence[float] = PROPENSITIES,
    exposures: Sequence[int] = EXPOSURES,
    repetitions: int = 1000,
    seed: int = 0,
) -> list[PowerRow]:
    settings = [Setting(effect=e, propensity=p) for p in propensities for e in effects]
    return [
        row
        for place, setting in enumerate(settings)
        for row in power_rows(
            setting, exposures=exposures, repetitions=repetitions, seed=seed * len(settings) + place
        )
    ]


def power_markdown(rows: Sequence[PowerRow]) -> str:
    header = (
        *("effect", "p", "tasks", "harmful", "helpful"),
        *("coverage", "width", "bias", "SE", "enough", "difference < -.01"),
    )
    cells = [
        (
            f"{row.setting.effect:+.2f}",
            f"{row.setting.propensity:.1f}",
            str(row.exposures),
            f"{row.harmful:.3f}",
            f"{row.helpful:.3f}",
            f"{row.coverage:.3f}",
            f"{row.width:.2f}",
            f"{row.bias:+.4f}",
            f"{row.bias_error:.4f}",
            f"{row.enough:.2f}",
            f"{row.difference_rule:.2f}",
        )
        for row in rows
    ]
    return markdown_table(header, cells)


def _row(setting: Setting, shown: Bools, rewards: Floats, *, harmful: float, helpful: float) -> PowerRow:
    tasks, repetitions = shown.shape
    found = [
        compare(_comparison(shown[:, i], rewards[:, i], setting.propensity), Metric.REWARD)
        for i in range(repetitions)
    ]
    known = [uplift for uplift in found if uplift is not None]
    enough = [uplift for uplift in known if uplift.enough]
    errors = np.array([uplift.difference - setting.effect for uplift in enough])
    covered = [uplift.low <= setting.effect <= uplift.high for uplift in enough]
    return PowerRow(
        setting=setting,
        exposures=tasks,
        harmful=harmful,
        helpful=helpful,
        coverage=float(np.mean(covered)),
        width=float(np.mean([uplift.high - uplift.low for uplift in enough])),
        bias=float(errors.mean()),
        bias_error=float(errors.std(ddof=1) / math.sqrt(errors.size)),
        enough=len(enough) / repetitions,
        difference_rule=sum(uplift.difference < LEAST_DIFFERENCE for uplift in known) / repetitions,
    )


def _comparison(shown: Bools, rewards: Floats, propensity: float) -> Comparison:
    return Comparison(
        shown=Tally.of(rewards[shown], propensity), withheld=Tally.of(rewards[~shown], 1.0 - propensity)
    )
