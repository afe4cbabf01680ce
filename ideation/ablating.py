"""The five families at equal cost: each alone, and all together, on the same topics with the same calls.

What a run is worth is its yield: the most ideas that are unlike each other and good enough, so that neither
one idea said ten times nor ten bad ones count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.embedder import Embedder
from core.errors import ModelOutputError, ProviderError
from ideation.arm import CallBudget
from ideation.evaluation.ablation import ArmDifference, ArmResult, compare_arms
from ideation.evaluation.good_and_different import yield_of
from ideation.evaluation.spread import cosine_similarity, vendi
from ideation.families.agents.panel import CRITERIA
from ideation.generating import Generator
from ideation.idea import Family, Idea
from ideation.likeness.duplicates import find_duplicates
from ideation.muse import Muse, ReviewRequest
from ideation.plan import RunPlan

ROUNDS, ASKED = 40, 5
"""Rounds at most, and ideas wanted in each."""
ALIKE, BAR = 0.8, 3.0
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One variant on one topic. `spread` is the Vendi score, the effective number of different ideas."""

    variant: str
    topic: str
    made: int
    kept: int
    good_and_different: int
    spread: float
    mean_grade: float | None
    calls: int
    ungraded: int = 0
    """Grades that the judge could not give, of those asked for; an idea without any is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """`differences` of yields between variants, over topics."""

    trials: tuple[Trial, ...]
    differences: tuple[ArmDifference, ...]


def variants(families: Sequence[Family] = tuple(Family)) -> dict[str, tuple[Family, ...]]:
    return {**{family.value: (family,) for family in families}, ALL: tuple(families)}


async def ablate(
    plan: RunPlan,
    topics: Sequence[str],
    generator: Callable[[RunPlan, CallBudget], Generator],
    judge: Muse,
    embedder: Embedder,
    *,
    calls: int,
    tell: Callable[[Trial], None] | None = None,
) -> Ablation:
    """Every variant on every topic with `calls` calls for generation; the judge's grades come on top, for
    they measure and do not help.

    Raises:
        LimitReached: the run's budget is spent.
    """
    trials: list[Trial] = []
    for topic in topics:
        for name, families in variants(plan.families).items():
            asked = replace(plan, topic=topic, families=families)
            budget = CallBudget(calls)
            ideas = await _spend(generator(asked, budget), budget)
            trial = await _measured(name, asked, ideas, judge, embedder, budget.made)
            trials.append(trial)
            if tell is not None:
                tell(trial)
    results = tuple(
        ArmResult(
            name=name,
            outcome={each.topic: float(each.good_and_different) for each in trials if each.variant == name},
            spent={each.topic: float(each.calls) for each in trials if each.variant == name},
        )
        for name in variants(plan.families)
    )
    return Ablation(trials=tuple(trials), differences=compare_arms(results, seed=plan.seed))


async def _spend(generator: Generator, budget: CallBudget) -> list[Idea]:
    """Round after round until the calls are spent, or a round brings nothing."""
    ideas: list[Idea] = []
    for _ in range(ROUNDS):
        if budget.left <= 0:
            break
        played = await generator.play(ASKED, ideas)
        made = [idea for turn in played for idea in turn.produced.ideas]
        ideas += made
        if not made:
            break
    return ideas


async def _measured(
    name: str, plan: RunPlan, ideas: list[Idea], judge: Muse, embedder: Embedder, calls: int
) -> Trial:
    texts = {idea.id: idea.text.whole for idea in ideas}
    kept = set((await find_duplicates(texts, embedder=embedder, context=plan.topic)).kept)
    left = [idea for idea in ideas if idea.id in kept]
    given = [await _grades(idea, plan, judge) for idea in left]
    grades = np.array([np.mean(each) if each else np.nan for each in given], dtype=np.float64)
    known = grades[np.isfinite(grades)]
    spread = good = 0.0
    if left:
        vectors = embedder.embed([idea.text.whole for idea in left]).astype(np.float64)
        similarity = cosine_similarity(vectors)
        spread = vendi(similarity)
        good = yield_of(similarity, grades, bar=BAR, alike=ALIKE).size
    return Trial(
        variant=name,
        topic=plan.topic,
        made=len(ideas),
        kept=len(left),
        good_and_different=int(good),
        spread=round(spread, 6),
        mean_grade=round(float(known.mean()), 6) if len(known) else None,
        calls=calls,
        ungraded=len(left) * len(CRITERIA) - sum(map(len, given)),
    )


async def _grades(idea: Idea, plan: RunPlan, judge: Muse) -> list[int]:
    """On the criteria that the judge could tell.

    Raises:
        LimitReached: the budget is spent; half a comparison would favour what was judged first.
    """
    found: list[int] = []
    for criterion in CRITERIA:
        try:
            grade = await judge.grade(
                ReviewRequest(topic=plan.topic, idea=idea.text, criterion=criterion, seed=plan.seed)
            )
        except (ModelOutputError, ProviderError):
            continue
        if grade.score is not None:
            found.append(grade.score)
    return found
