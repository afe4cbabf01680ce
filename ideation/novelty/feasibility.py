"""Can it be done: a checklist with reasons, and lanes that lose no idea.

A checklist that deletes selects against what is new, because what is new is hard to judge: an idea that is
judged infeasible moves to another lane, and the most novel of those to one that is shown on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import AtlasError, LimitReached
from ideation.costs import CostLedger
from ideation.idea import Idea, IdeaId
from ideation.muse import ListRequest, Muse, ReviewRequest
from ideation.muses.offline import NAME as OFFLINE
from ideation.novelty.feasibility_rules import Answer, Means, Need, see
from ideation.novelty.ledger import By, TextDigest, digest_of
from ideation.wordings import criterion, wording

STAGE = "feasibility"
_CAN, _CANNOT = 4, 2
"""Grades from which, and up to which, an item is answered."""
_MOST_NEEDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of the checklist; `needed` is what the idea needs of it, as far as known."""

    need: Need
    answer: Answer
    reason: str
    by: By
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """The checklist of an idea, of the text with this digest."""

    idea: IdeaId
    digest: TextDigest
    items: tuple[Item, ...]
    failures: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """No where one item says no, yes where all say yes."""
        answers = {item.answer for item in self.items}
        if Answer.NO in answers:
            return Answer.NO
        return Answer.YES if answers == {Answer.YES} else Answer.UNKNOWN

    def of(self, need: Need) -> Item:
        return next(item for item in self.items if item.need is need)


async def assess(
    idea: Idea,
    topic: str,
    *,
    judge: Muse | None = None,
    means: Means | None = None,
    ledger: CostLedger | None = None,
    seed: int = 0,
) -> Feasibility:
    """Go through the checklist: by the judge, one call an item and one for what is needed, or by rules where
    there is none or it is the offline muse. A failed call leaves its item unknown; a spent budget, the rest.
    """
    means = means or Means()
    reader = None if judge is None or judge.name == OFFLINE else judge
    failures: list[str] = []
    items: list[Item] = []
    needs = await _needs(reader, idea, failures, seed) if reader else {}
    for need in Need:
        seen = see(need, idea.text, means)
        if reader is None:
            by = By.NOBODY if seen.answer is Answer.UNKNOWN else By.RULE
            items.append(Item(need=need, answer=seen.answer, reason=seen.reason, by=by, needed=seen.needed))
            continue
        needed = tuple(dict.fromkeys((*needs.get(need, ()), *seen.needed)))
        items.append(await _judged(reader, need, idea, topic, means, needed, failures, seed))
    for failure in failures:
        if ledger is not None:
            ledger.failed(STAGE, failure)
    return Feasibility(
        idea=idea.id, digest=digest_of(idea.text), items=tuple(items), failures=tuple(failures)
    )


async def _judged(
    judge: Muse,
    need: Need,
    idea: Idea,
    topic: str,
    means: Means,
    needed: tuple[str, ...],
    failures: list[str],
    seed: int,
) -> Item:
    hours, months = f"{means.accelerator_hours:g}", f"{means.months:g}"
    values = {Need.COMPUTE: {"hours": hours}, Need.TIME: {"months": months}}.get(need, {})
    asked = criterion(f"check: {need}", f"feasibility: {need}", **values)
    request = ReviewRequest(
        topic=topic,
        idea=idea.text,
        criterion=asked,
        seed=seed,
    )
    try:
        grade = await judge.grade(request)
    except (AtlasError, LimitReached) as error:
        failures.append(f"{need}: {type(error).__name__}: {error}")
        return Item(need=need, answer=Answer.UNKNOWN, reason=failures[-1], by=By.NOBODY, needed=needed)
    if grade.score is None or _CANNOT < grade.score < _CAN:
        answer = Answer.UNKNOWN
    else:
        answer = Answer.YES if grade.score >= _CAN else Answer.NO
    return Item(need=need, answer=answer, reason=grade.reason, by=By.JUDGE, needed=needed)


async def _needs(judge: Muse, idea: Idea, failures: list[str], seed: int) -> Mapping[Need, tuple[str, ...]]:
    """What the judge says is needed; lines that begin with no need's name are left out."""
    names = ", ".join(need.value for need in Need)
    request = ListRequest(
        question=wording("questions/what it needs", needs=names),
        material=(idea.text.whole,),
        count=_MOST_NEEDS,
        seed=seed,
    )
    try:
        lines = await judge.list(request)
    except (AtlasError, LimitReached) as error:
        failures.append(f"needs: {type(error).__name__}: {error}")
        return {}
    found: dict[Need, tuple[str, ...]] = {}
    for line in lines:
        name, colon, what = line.partition(":")
        if colon and name.strip().casefold() in set(Need) and what.strip():
            need = Need(name.strip().casefold())
            found[need] = (*found.get(need, ()), what.strip())
    return found


class Lane(StrEnum):
    """Where an idea goes on. None of them is the bin."""

    MAIN = "main"
    WILDCARD = "wildcard"
    """Judged infeasible and among the most novel: shown beside the ranked ideas."""
    DOUBTFUL = "doubtful"
    """Judged infeasible, and no more novel than others."""


def lanes(
    ideas: Sequence[Idea], checklists: Mapping[IdeaId, Feasibility], novel: Collection[IdeaId]
) -> Mapping[IdeaId, Lane]:
    """A lane for every idea, in their order; an idea without a checklist of its present text stays in the
    main lane. `novel` are the most novel ones, see `book.most_novel`.
    """
    return {idea.id: _lane(idea, checklists.get(idea.id), novel) for idea in ideas}


def _lane(idea: Idea, checklist: Feasibility | None, novel: Collection[IdeaId]) -> Lane:
    if checklist is None or checklist.digest != digest_of(idea.text) or checklist.answer is not Answer.NO:
        return Lane.MAIN
    return Lane.WILDCARD if idea.id in novel else Lane.DOUBTFUL
