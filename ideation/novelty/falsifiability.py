"""Can it fail: an idea without a prediction that can turn out wrong, or without anything to compare with, is
sent back once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import AtlasError, LimitReached
from ideation.costs import CostLedger
from ideation.idea import IdeaText, text_diff
from ideation.muse import Muse, ReviewRequest, ReviseRequest, Source
from ideation.muses.offline import NAME as OFFLINE
from ideation.wordings import criterion, wording

STAGE = "falsifiability"
OPERATOR = "repair: falsifiability"
"""What stands in the chain of operators of an idea that was repaired."""


class Lack(StrEnum):
    """What an idea is sent back for."""

    PREDICTION = "prediction"
    BASELINE = "baseline"


_PARTS = {Lack.PREDICTION: "prediction", Lack.BASELINE: "evaluation"}
_OUTCOME = re.compile(
    r"\b(?:if|unless|when|more|less|fewer|higher|lower|faster|slower|better|worse|increase[sd]?|decrease[sd]?"
    r"|rises?|falls?|drops?|grows?|changes?|recovers?|exceeds?|at (?:least|most)|not|no|above|below|within"
    r"|twice|halve[sd]?)\b|\d",
    re.I,
)
_COMPARED = re.compile(
    r"\b(?:against|baselines?|compar\w+|controls?|versus|vs|without|relative to|state of the art|than"
    r"|ablat\w+|placebo|reference|unmodified|conventional|existing)\b",
    re.I,
)
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What became of an idea: what it lacked, its text after, and what it lacks still.

    `asked` says whether it was sent back, `diff` what that changed; `failures` holds why nothing came back.
    """

    before: tuple[Lack, ...]
    text: IdeaText
    after: tuple[Lack, ...]
    asked: bool
    diff: str = ""
    failures: tuple[str, ...] = ()


def lacks(text: IdeaText) -> tuple[Lack, ...]:
    """What a rule misses in the text."""
    found = []
    if len(text.prediction.split()) < _FEWEST_WORDS or not _OUTCOME.search(text.prediction):
        found.append(Lack.PREDICTION)
    if len(text.evaluation.split()) < _FEWEST_WORDS or not _COMPARED.search(text.evaluation):
        found.append(Lack.BASELINE)
    return tuple(found)


async def repair_once(
    text: IdeaText,
    topic: str,
    muse: Muse,
    *,
    judge: Muse | None = None,
    sources: tuple[Source, ...] = (),
    ledger: CostLedger | None = None,
    seed: int = 0,
) -> Repair:
    """Send an idea back for what it lacks, one time and no more; only the parts that lack change.

    A judge that can read says what lacks, rules where it cannot or fails. A repair that fails leaves the
    text as it is.
    """
    failures: list[str] = []
    before = await _lacking(text, topic, judge, failures, seed)
    if not before:
        return _told(Repair(before=(), text=text, after=(), asked=False, failures=tuple(failures)), ledger)
    mended = {_PARTS[lack] for lack in before}
    keep = tuple(name for name in IdeaText.__dataclass_fields__ if name not in mended)
    request = ReviseRequest(
        topic=topic,
        idea=text,
        weaknesses=tuple(wording(f"weaknesses/{lack}") for lack in before),
        keep=keep,
        sources=sources,
        seed=seed,
    )
    after = text
    try:
        revised = await muse.revise(request)
        after = replace(text, **{name: part for name, part in revised if name in mended})
    except (AtlasError, LimitReached) as error:
        failures.append(f"repair: {type(error).__name__}: {error}")
    still = before if after == text else await _lacking(after, topic, judge, failures, seed)
    diff = text_diff(text, after)
    found = Repair(before=before, text=after, after=still, asked=True, diff=diff, failures=tuple(failures))
    return _told(found, ledger)


async def _lacking(
    text: IdeaText, topic: str, judge: Muse | None, failures: list[str], seed: int
) -> tuple[Lack, ...]:
    by_rule = lacks(text)
    if judge is None or judge.name == OFFLINE:
        return by_rule
    found = []
    for lack in Lack:
        asked = criterion(f"check: {lack}", f"can fail: {lack}")
        missing = lack in by_rule
        if getattr(text, _PARTS[lack]).strip():
            try:
                grade = await judge.grade(ReviewRequest(topic=topic, idea=text, criterion=asked, seed=seed))
                missing = missing if grade.score is None else grade.score <= 2
            except (AtlasError, LimitReached) as error:
                failures.append(f"{lack}: {type(error).__name__}: {error}")
        if missing:
            found.append(lack)
    return tuple(found)


def _told(repair: Repair, ledger: CostLedger | None) -> Repair:
    for failure in repair.failures:
        if ledger is not None:
            ledger.failed(STAGE, failure)
    return repair
