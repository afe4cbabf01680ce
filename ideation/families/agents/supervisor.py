"""The arm of the supervisor: batches of ideas, a panel on each, and what recurs goes into the next batch."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.families.agents.gate import Gate
from ideation.families.agents.keeping import compare
from ideation.families.agents.meta_review import MetaReviews, summarise
from ideation.families.agents.panel import CRITERIA, PanelReview, review_all
from ideation.idea import Family, Idea, IdeaText
from ideation.muse import Criterion, ProposeRequest, ReviseRequest, Source

UNKNOWN = 3.0
_PARTS_OF: dict[str, tuple[str, ...]] = {
    "clarity": (),
    "specificity": ("title", "problem", "mechanism"),
    "feasibility": ("title", "problem"),
    "novelty": ("problem",),
    "validity": ("title", "problem"),
    "significance": ("title",),
}
"""Which parts stay as they are when a criterion is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorArm:
    """Writes in batches of `batch`; every idea is reviewed by one reviewer a criterion, mended once where it
    is weak, and the version that the panel grades higher stays. What the panel finds fault with again and
    again is a meta-review, and stands as `advice` in the requests of the batches that follow.

    With `supervised` off there is no meta-review: the reviewer panel alone. Measures: `panel_unknown` (share
    of grades nobody could give), `mended`, `mended_kept`, `meta_reviews` (versions), `same_model` (1 where
    the judge is the writer).
    """

    supervised: bool = True
    batch: int = 4
    shown: int = 6
    found: int = 20
    beside: int = 3
    """Papers shown to a reviewer: the nearest to the idea."""
    criteria: tuple[Criterion, ...] = CRITERIA
    gate: Gate | None = None

    @property
    def family(self) -> Family:
        return Family.AGENTS

    @property
    def lever(self) -> str:
        return "supervisor" if self.supervised else "reviewer_panel"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """At most `wanted` ideas, the best by the panel's mean grade first."""
        work = _Work(
            arm=self, desk=desk, harvest=Harvest(arm=self, desk=desk), gate=self.gate or Gate(seed=desk.seed)
        )
        papers, stopped = desk.library.search(desk.topic, self.found), ""
        try:
            for number in range(wanted):
                missing = wanted - len(work.harvest.ideas)
                if missing <= 0:
                    break
                if not await work.one_batch(number, min(self.batch, missing), papers):
                    stopped = "a whole batch wrote nothing new"
                    break
        except LimitReached as limit:
            stopped = str(limit)
        work.harvest.ideas.sort(key=lambda idea: -work.mean(idea))
        for idea in work.harvest.ideas[wanted:]:
            work.harvest.reject(idea, "more than were wanted; the panel graded others higher", surplus=True)
        return work.harvest.produced(measures=work.measures(), stopped=stopped)


@dataclass(slots=True, kw_only=True)
class _Work:
    arm: SupervisorArm
    desk: Desk
    harvest: Harvest
    gate: Gate
    meta: MetaReviews = field(default_factory=MetaReviews)
    reviews: dict[str, PanelReview] = field(default_factory=dict)
    mended: int = 0
    kept: int = 0
    unknown: int = 0
    graded: int = 0
    titles: set[str] = field(default_factory=set)

    def mean(self, idea: Idea) -> float:
        """The middle of the scale where the panel knows nothing: unknown is neither good nor bad."""
        review = self.reviews.get(idea.id)
        return (review.mean if review else None) or UNKNOWN

    async def one_batch(self, number: int, count: int, papers: tuple[Source, ...]) -> bool:
        """Write, review, mend, review again, learn; False where nothing new was written."""
        ideas = await self._write(number, count, papers)
        if not ideas:
            return False
        passed = await self._through_gate("proposed", ideas)
        if not passed:
            return True
        first = await self._review(passed, number)
        mended = await self._mend(passed, first, number, papers)
        better = await self._better_of(mended, number) if mended else {}
        await self._through_gate("reviewed", [better.get(idea.id, idea) for idea in passed])
        if self.arm.supervised:
            self.meta.add(await summarise(self.desk, first, seed=number), len(first))
        return True

    async def _better_of(self, mended: list[tuple[Idea, Idea]], number: int) -> dict[str, Idea]:
        """The version that stays, by the id of the earlier one."""
        try:
            later = await self._review([child for _, child in mended], number)
        except LimitReached:
            for _, child in mended:
                self.harvest.reject(
                    child, "its review was not paid for: the earlier version stays", surplus=True
                )
            raise
        return {
            parent.id: self._keep_better(parent, child, review)
            for (parent, child), review in zip(mended, later, strict=True)
        }

    async def _write(self, number: int, count: int, papers: tuple[Source, ...]) -> list[Idea]:
        chance = random.Random(f"{self.desk.seed}|{number}")
        drawn = tuple(chance.sample(papers, min(self.arm.shown, len(papers))))
        request = ProposeRequest(
            topic=self.desk.topic,
            count=count,
            sources=drawn,
            said=tuple(idea.text.title for idea in self.harvest.ideas),
            advice=tuple(dict.fromkeys((*self.desk.advice, *self.gate.steers, *self.meta.advice))),
            notes=self.desk.notes,
            seed=self.desk.seed + number,
        )
        proposed = await self.desk.attempt("propose", lambda: self.desk.muse.propose(request))
        if proposed is None:
            return []
        marks = self.meta.current.marked if self.meta.current else ()
        ideas = [
            self.harvest.add(
                proposal,
                shown=drawn,
                operators=("propose",),
                feedback=tuple(dict.fromkeys((*self.desk.advice, *self.gate.steers, *marks))),
                round=number,
            )
            for proposal in self.desk.count_faults("propose", proposed)[:count]
        ]
        return [idea for idea in ideas if self._is_new(idea)]

    def _is_new(self, idea: Idea) -> bool:
        title = idea.text.title.casefold()
        if title in self.titles:
            self.harvest.reject(idea, "an idea of this title was written before", surplus=True)
            return False
        self.titles.add(title)
        return True

    async def _review(self, ideas: Sequence[Idea], number: int) -> list[PanelReview]:
        beside = [self.desk.library.search(idea.text.whole, self.arm.beside) for idea in ideas]
        found = await review_all(
            self.desk,
            [idea.text for idea in ideas],
            criteria=self.arm.criteria,
            sources=beside,
            seed=number * len(self.arm.criteria),
        )
        for idea, review in zip(ideas, found, strict=True):
            self.reviews[idea.id] = review
            self.graded += len(review.grades)
            self.unknown += len(review.grades) - len(review.scores)
        return found

    async def _mend(
        self, ideas: Sequence[Idea], reviews: Sequence[PanelReview], number: int, papers: tuple[Source, ...]
    ) -> list[tuple[Idea, Idea]]:
        weak = [(idea, review) for idea, review in zip(ideas, reviews, strict=True) if review.weak()]
        works = [self._revision(idea, review, number, papers) for idea, review in weak]
        pairs = []
        for (idea, review), text in zip(weak, await self.desk.gather("mend", works), strict=True):
            if text is None or text == idea.text:
                continue
            child = self.harvest.rewritten(idea, text, operator="mend", feedback=_told(review))
            pairs.append((idea, child))
        self.mended += len(pairs)
        return pairs

    def _revision(
        self, idea: Idea, review: PanelReview, number: int, papers: tuple[Source, ...]
    ) -> Callable[[], Awaitable[IdeaText]]:
        kept = [set(_PARTS_OF.get(grade.criterion, ())) for grade in review.weak()]
        request = ReviseRequest(
            topic=self.desk.topic,
            idea=idea.text,
            weaknesses=_told(review),
            keep=tuple(sorted(set.intersection(*kept))),
            sources=papers[: self.arm.shown],
            seed=self.desk.seed + number,
        )
        return lambda: self.desk.muse.revise(request)

    def _keep_better(self, parent: Idea, child: Idea, review: PanelReview) -> Idea:
        compared = compare(self.reviews[parent.id], review)
        better = compared.later_is_better
        self.kept += better
        steps = ", ".join(f"{name} {gain:+d}" for name, gain in compared.differences.items() if gain)
        lost, other = (parent, child) if better else (child, parent)
        why = f"the panel prefers {other.id} ({steps or 'no criterion changed'})"
        self.harvest.reject(lost, why)
        return other

    async def _through_gate(self, stage: str, ideas: Sequence[Idea]) -> list[Idea]:
        passed: list[Idea] = []
        for idea in ideas:
            held = await self.gate.hold(stage, [idea])
            at = self.harvest.ideas.index(idea)
            self.harvest.ideas[at : at + 1] = held.ideas
            self.harvest.rejected.extend(held.vetoed)
            passed += held.ideas
        return passed

    def measures(self) -> dict[str, float]:
        return {
            "panel_unknown": self.unknown / self.graded if self.graded else 0.0,
            "mended": float(self.mended),
            "mended_kept": float(self.kept),
            "meta_reviews": float(len(self.meta.versions)),
            "same_model": float(self.desk.muse.name == self.desk.judge.name),
        }


def _told(review: PanelReview) -> tuple[str, ...]:
    return tuple(f"{grade.criterion}: {grade.reason}" for grade in review.weak() if grade.reason.strip())
