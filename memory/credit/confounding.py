"""A simulated item that is recalled mostly on hard tasks: what comparing without chance says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memory.credit.markdown import markdown_table
from memory.credit.power import ALPHA, LEAST_DIFFERENCE, Bools, Floats, log_e_paths
from memory.credit.tallies import Tally

HARD, EASY = 0.2, 0.7
"""Success chances of a hard and an easy task; one is as frequent as the other."""
RECALLED_HARD, RECALLED_EASY = 0.9, 0.2
LEAST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfoundingRow:
    """Means over repetitions for an item of a known `effect`, and their standard errors.

    `randomised` shown less withheld, among tasks that recalled the item; `observational` tasks with the item
    less all others; `shown` the mean reward with the item (what a Beta of it comes to), `all_tasks` of every
    task. `*_retires`: share of repetitions in which the test, or a difference below -0.01 after at least
    five tasks with the item, retires it.
    """

    effect: float
    randomised: float
    randomised_error: float
    observational: float
    observational_error: float
    shown: float
    all_tasks: float
    test_retires: float
    observation_retires: float


def confounding_rows(
    effects: Sequence[float] = (-0.2, 0.0, 0.1),
    *,
    tasks: int = 400,
    propensity: float = 0.8,
    repetitions: int = 1000,
    seed: int = 0,
) -> list[ConfoundingRow]:
    return [
        _row(effect, tasks, propensity, repetitions, np.random.default_rng([seed, place]))
        for place, effect in enumerate(effects)
    ]


def confounding_markdown(rows: Sequence[ConfoundingRow]) -> str:
    header = (
        *("effect", "randomised", "SE", "observational", "SE"),
        *("with it", "all tasks", "test retires", "observation retires"),
    )
    cells = [
        (
            f"{row.effect:+.2f}",
            f"{row.randomised:+.4f}",
            f"{row.randomised_error:.4f}",
            f"{row.observational:+.4f}",
            f"{row.observational_error:.4f}",
            f"{row.shown:.3f}",
            f"{row.all_tasks:.3f}",
            f"{row.test_retires:.3f}",
            f"{row.observation_retires:.3f}",
        )
        for row in rows
    ]
    return markdown_table(header, cells)


def _row(
    effect: float, tasks: int, propensity: float, repetitions: int, rng: np.random.Generator
) -> ConfoundingRow:
    hard = rng.random((tasks, repetitions)) < 0.5
    recalled = rng.random(hard.shape) < np.where(hard, RECALLED_HARD, RECALLED_EASY)
    shown = recalled & (rng.random(hard.shape) < propensity)
    chance = np.where(hard, HARD, EASY) + np.where(shown, effect, 0.0)
    rewards = (rng.random(hard.shape) < chance).astype(np.float64)
    randomised = np.array(
        [_randomised(shown[:, i], recalled[:, i], rewards[:, i], propensity) for i in range(repetitions)]
    )
    with_it = (rewards * shown).sum(axis=0) / shown.sum(axis=0)
    without = (rewards * ~shown).sum(axis=0) / (~shown).sum(axis=0)
    observed = with_it - without
    paths = log_e_paths(shown, rewards, propensity, recalled)
    return ConfoundingRow(
        effect=effect,
        randomised=float(randomised.mean()),
        randomised_error=_error(randomised),
        observational=float(observed.mean()),
        observational_error=_error(observed),
        shown=float(with_it.mean()),
        all_tasks=float(rewards.mean()),
        test_retires=float((paths.max(axis=0) >= -math.log(ALPHA)).mean()),
        observation_retires=float(
            ((observed < LEAST_DIFFERENCE) & (shown.sum(axis=0) >= LEAST_SHOWN)).mean()
        ),
    )


def _randomised(shown: Bools, recalled: Bools, rewards: Floats, propensity: float) -> float:
    withheld = Tally.of(rewards[recalled & ~shown], 1.0 - propensity)
    return Tally.of(rewards[shown], propensity).mean - withheld.mean


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / math.sqrt(values.size))
