"""Simulated choice among relevant items of known effect: what each way of using credit loses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from memory.credit.markdown import markdown_table
from memory.credit.selection import GAIN, STRENGTH, Policy, worth_factors

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EFFECTS = (0.15, 0.10, 0.08, 0.05, 0.05, 0.02, 0.0, 0.0, -0.02, -0.05, -0.10, -0.15)
PLACES = 6
RRF = 60
"""The constant of reciprocal rank fusion, as in recall."""
PROPENSITY = 0.9
BASELINE, HARD, EASY = 0.4, 0.2, 0.6
SIGNAL = 0.3
"""Correlation of an item's lasting similarity with its effect."""
WITHOUT_CUE = 0.3
"""The share of its effect that an item keeps at a task whose cue it does not match, in scenario `fitting`."""


class Scenario(StrEnum):
    """`plain`: an item does the same at every task. `fitting`: it does more where its cue matches.
    `hard`: half of the items match the cues of hard tasks, the others those of easy ones. `late`: items come
    one by one, at random tasks of the first four fifths."""

    PLAIN = "plain"
    FITTING = "fitting"
    HARD = "hard"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegretRow:
    """Success chance lost against the best six items of each task, summed, as the mean of repetitions.

    `policy` None ranks by relevance alone. `last` is what the last fifth of tasks still loses, per task.
    """

    scenario: Scenario
    policy: Policy | None
    regret: float
    error: float
    last: float


@dataclass(slots=True)
class _Pamphlets:
    """One pamphlet of twelve items in each repetition; arrays of shape (repetitions, items)."""

    effects: Floats
    similarity: Floats
    for_hard: Bools
    arrivals: Floats
    alphas: Floats
    betas: Floats


def regret_rows(
    scenarios: Sequence[Scenario] = tuple(Scenario),
    policies: Sequence[Policy | None] = (None, *Policy),
    *,
    tasks: int = 500,
    repetitions: int = 200,
    seed: int = 0,
    strength: float = STRENGTH,
    gain: float = GAIN,
) -> list[RegretRow]:
    """A row for each scenario and policy; the policies of a scenario see the same items."""
    rows = []
    for scenario in scenarios:
        for policy in policies:
            rng = np.random.default_rng([seed, 7])
            lost = np.empty((tasks, repetitions))
            pamphlets = _pamphlets(repetitions, rng)
            for task in range(tasks):
                there = pamphlets.arrivals <= (task / tasks if scenario is Scenario.LATE else 1.0)
                lost[task] = _task(pamphlets, there, scenario, policy, rng, strength=strength, gain=gain)
            total = lost.sum(axis=0)
            rows.append(
                RegretRow(
                    scenario=scenario,
                    policy=policy,
                    regret=float(total.mean()),
                    error=float(total.std(ddof=1) / math.sqrt(repetitions)),
                    last=float(lost[-max(tasks // 5, 1) :].mean()),
                )
            )
    return rows


def regret_markdown(rows: Sequence[RegretRow]) -> str:
    cells = [
        (
            row.scenario.value,
            row.policy.value if row.policy is not None else "no credit",
            f"{row.regret:.1f}",
            f"{row.error:.1f}",
            f"{row.last:.3f}",
        )
        for row in rows
    ]
    return markdown_table(("scenario", "ranked by", "regret", "SE", "per task at the end"), cells)


def _pamphlets(repetitions: int, rng: np.random.Generator) -> _Pamphlets:
    effects = rng.permuted(np.tile(np.array(EFFECTS), (repetitions, 1)), axis=1)
    noise = rng.normal(size=effects.shape)
    return _Pamphlets(
        effects=effects,
        similarity=SIGNAL * effects / effects.std() + math.sqrt(1.0 - SIGNAL**2) * noise,
        for_hard=rng.random(effects.shape) < 0.5,
        arrivals=rng.random(effects.shape) * 0.8,
        alphas=np.ones(effects.shape),
        betas=np.ones(effects.shape),
    )


def _task(
    pamphlets: _Pamphlets,
    there: Bools,
    scenario: Scenario,
    policy: Policy | None,
    rng: np.random.Generator,
    *,
    strength: float,
    gain: float,
) -> Floats:
    """One task in every repetition: recall, outcome, credit. The success chance lost: (repetitions,)."""
    effects, cue, baseline = _situation(pamphlets, scenario, rng)
    scores = _relevance(pamphlets.similarity, cue, rng)
    if policy is not None:
        scores *= worth_factors(
            pamphlets.alphas, pamphlets.betas, policy, rng=rng, strength=strength, gain=gain
        )
    chosen = there & (_ranks(np.where(there, scores, -1.0)) <= PLACES)
    shown = chosen & (rng.random(chosen.shape) < PROPENSITY)
    chance = np.clip(baseline + (effects * shown).sum(axis=1, keepdims=True), 0.02, 0.98)
    rewards = (rng.random(chance.shape) < chance).astype(np.float64)
    pamphlets.alphas += shown * rewards
    pamphlets.betas += shown * (1.0 - rewards)
    ideal = there & (_ranks(np.where(there, effects, -1.0)) <= PLACES)
    lost: Floats = (effects * ideal).sum(axis=1) - (effects * chosen).sum(axis=1)
    return lost


def _situation(
    pamphlets: _Pamphlets, scenario: Scenario, rng: np.random.Generator
) -> tuple[Floats, Bools, Floats]:
    """Effects and matching cues, shape (repetitions, items), and the success chance, (repetitions, 1)."""
    shape = pamphlets.effects.shape
    hard: Bools = rng.random((shape[0], 1)) < 0.5
    by_kind = scenario is Scenario.HARD
    cue = rng.random(shape) < (np.where(pamphlets.for_hard == hard, 0.8, 0.2) if by_kind else 0.5)
    keep = np.where(cue, 1.0, WITHOUT_CUE) if scenario is Scenario.FITTING else 1.0
    baseline = np.where(hard, HARD, EASY) if by_kind else np.full(hard.shape, BASELINE)
    return pamphlets.effects * keep, cue, baseline


def _relevance(similarity: Floats, cue: Bools, rng: np.random.Generator) -> Floats:
    """Reciprocal ranks of two noisy similarities and the cue, fused as recall does it."""
    total = np.where(cue, 1.0 / (RRF + 1), 0.0)
    for _ in range(2):
        total = total + 1.0 / (RRF + _ranks(similarity + rng.normal(size=similarity.shape)))
    fused: Floats = total * ((RRF + 1) / 3)
    return fused


def _ranks(values: Floats) -> Floats:
    """1 for the largest of the last axis."""
    ranks: Floats = (np.argsort(np.argsort(-values, axis=-1), axis=-1) + 1).astype(np.float64)
    return ranks
