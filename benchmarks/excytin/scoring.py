"""The official reward: the answer, or part of it for steps of the golden path that the submission names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.answer_rule import count_candidates, matches, normalise
from benchmarks.task import Question, Score, Scorer

STEP_DISCOUNT = 0.4
"""Credit of the last step but one; each earlier step is worth this share of the next."""

_BACKTICKED = re.compile(r"`([^`]+)`")


class OfficialScorer(Scorer):
    """Reward 1 for the answer; else the sum of 0.4, 0.4^2, ... over named steps, from the last but one back.

    The answer is checked by `benchmarks.answer_rule` in place of a model. Success is a reward of 1 for the
    answer itself. As in the official evaluator, only the submitted text counts, not what was seen.
    """

    async def score(self, question: Question, answer: str | None) -> Score:
        if answer is None or not answer.strip():
            return Score(value=0.0, success=False, candidates=0, reason="nothing submitted")
        gold = question.gold.reveal_to(self)
        candidates = count_candidates(answer)
        if matches(gold.answer, answer):
            return Score(value=1.0, success=True, candidates=candidates, reason="answer")
        credit = step_credit(gold.solution, answer)
        return Score(
            value=credit, success=False, candidates=candidates, reason="steps" if credit else "wrong"
        )


def step_credit(solution: Sequence[str], submission: str) -> float:
    """Partial reward in [0, 1] for the steps before the last; a step counts when all its values are named."""
    said = normalise(submission)
    credit = 0.0
    for distance, step in enumerate(reversed(solution[:-1]), start=1):
        values = [normalise(value) for value in _BACKTICKED.findall(step)]
        if values and all(value and value in said for value in values):
            credit += STEP_DISCOUNT**distance
    return min(credit, 1.0)
