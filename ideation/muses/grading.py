"""Grades by rules, for a muse without a model: of what a rule can see, and unknown of everything else."""

from __future__ import annotations

import re

from ideation.idea import IdeaText
from ideation.muse import Grade, ReviewRequest
from ideation.muses.phrases import phrases

_BASELINE = re.compile(r"\b(?:against|baseline|compared|control|versus|without)\b", re.I)
_OUTCOME = re.compile(r"\b(?:if|unless|more|less|higher|lower|increase|decrease|change|at least)\b", re.I)
_WORDY = 45
"""Words a sentence above which it is hard to read."""


def grade(request: ReviewRequest) -> Grade:
    """One grade; every criterion that is none of those below is unknown."""
    name = request.criterion.name.casefold()
    rule = next((rule for word, rule in _RULES.items() if word in name), None)
    score, reason = rule(request) if rule else (None, "no rule can tell: it needs a reader")
    return Grade(criterion=request.criterion.name, score=score, reason=reason)


def _novelty(request: ReviewRequest) -> tuple[int | None, str]:
    if not request.sources:
        return None, "no papers to compare it with"
    own = {word for phrase in phrases(request.idea.whole) for word in phrase.casefold().split()}
    shares = {source.paper: _shared(own, f"{source.title}. {source.abstract}") for source in request.sources}
    nearest = max(shares, key=lambda paper: (shares[paper], paper))
    score = 5 - min(4, int(shares[nearest] * 8))
    return score, f"shares {shares[nearest]:.0%} of its words with [{nearest}], the nearest"


def _shared(own: set[str], text: str) -> float:
    theirs = {word for phrase in phrases(text) for word in phrase.casefold().split()}
    return len(own & theirs) / max(1, len(own))


def _clarity(request: ReviewRequest) -> tuple[int | None, str]:
    longest = max(len(sentence.split()) for sentence in re.split(r"[.!?]\s", request.idea.whole))
    score = 5 if longest <= _WORDY // 2 else 4 if longest <= _WORDY else 2
    return score, f"its longest sentence has {longest} words"


def _specificity(request: ReviewRequest) -> tuple[int | None, str]:
    idea: IdeaText = request.idea
    has = {
        "a prediction that can fail": _OUTCOME.search(idea.prediction),
        "a comparison": _BASELINE.search(idea.evaluation),
        "a mechanism": len(idea.mechanism.split()) >= 12,
        "a measure": len(phrases(idea.evaluation)) >= 2,
    }
    there = [what for what, found in has.items() if found]
    return 1 + len(there), f"has {', '.join(there) or 'neither prediction nor comparison'}"


_RULES = {
    "novel": _novelty,
    "origin": _novelty,
    "clar": _clarity,
    "specif": _specificity,
    "valid": _specificity,
    "test": _specificity,
}
