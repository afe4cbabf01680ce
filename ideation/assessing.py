"""Everything that is said of an idea by itself, before ideas are compared: nothing here throws one away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from core.embedder import Embedder
from core.errors import AtlasError, LimitReached
from ideation.arm import Library
from ideation.costs import CostLedger
from ideation.frameworks.boden import LEVELS, Level, Tag, tag
from ideation.idea import Idea, IdeaId
from ideation.likeness.copying import CopyReport, copy_check
from ideation.muse import Muse, Source
from ideation.novelty.book import NoveltyBook, most_novel
from ideation.novelty.checking import NoveltyCheck
from ideation.novelty.claims import Flag, unresolved
from ideation.novelty.falsifiability import OPERATOR, repair_once
from ideation.novelty.feasibility import Feasibility, Lane, lanes
from ideation.novelty.feasibility import assess as check_feasibility
from ideation.novelty.ledger import NoveltyReport
from ideation.novelty.standard_answers import Commonness, ask_plainly, group_answers
from ideation.plan import RunPlan

ResultT = TypeVar("ResultT")

PLAIN_ANSWERS = 8
"""How often the plain question is asked, to know the answers that everyone gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One idea, perhaps repaired, and what is known of it."""

    idea: Idea
    novelty: NoveltyReport
    feasibility: Feasibility
    lane: Lane
    tag: Tag
    copied: CopyReport[str]
    unresolved: tuple[Flag, ...]
    commonness: Commonness


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """`muse` repairs; `judge` reads papers and checklists where it can read at all."""

    plan: RunPlan
    muse: Muse
    judge: Muse
    library: Library
    embedder: Embedder
    ledger: CostLedger

    async def assess(self, ideas: Sequence[Idea], *, repair: bool = True) -> tuple[Assessment, ...]:
        """In their order. What fails on the way is unknown, and counted."""
        mended = await self._each(ideas, self._mended) if repair else list(ideas)
        check = NoveltyCheck(
            topic=self.plan.topic,
            library=self.library,
            embedder=self.embedder,
            judge=self.judge,
            ledger=self.ledger,
            parallel=self.plan.parallel,
            seed=self.plan.seed,
        )
        reports = await NoveltyBook(check).refresh(mended)
        checklists = await self._each(mended, self._feasible)
        lane_of = lanes(
            mended,
            {each.idea: each for each in checklists},
            most_novel({each.idea: each for each in reports}),
        )
        known = {idea.id: idea for idea in (*ideas, *mended)}
        tags = [await self._tag(idea, known) for idea in mended]
        common = await self._commonness(mended)
        return tuple(
            Assessment(
                idea=idea,
                novelty=report,
                feasibility=checklist,
                lane=lane_of[idea.id],
                tag=tagged,
                copied=self._copied(idea, report),
                unresolved=unresolved(idea, self.library, topic=self.plan.topic),
                commonness=commonness,
            )
            for idea, report, checklist, tagged, commonness in zip(
                mended, reports, checklists, tags, common, strict=True
            )
        )

    async def _mended(self, idea: Idea) -> Idea:
        """Sent back once where nothing could speak against it. It stays the same idea: its id is kept."""
        repair = await repair_once(
            idea.text,
            self.plan.topic,
            self.muse,
            judge=self.judge,
            sources=self._sources(idea),
            ledger=self.ledger,
            seed=self.plan.seed,
        )
        if repair.text == idea.text:
            return idea
        operators = (*idea.origin.operators, OPERATOR)
        return replace(idea, text=repair.text, origin=replace(idea.origin, operators=operators))

    async def _feasible(self, idea: Idea) -> Feasibility:
        return await check_feasibility(
            idea, self.plan.topic, judge=self.judge, ledger=self.ledger, seed=self.plan.seed
        )

    async def _tag(self, idea: Idea, known: Mapping[IdeaId, Idea]) -> Tag:
        try:
            return await tag(
                idea, self.library, topic=self.plan.topic, known=known, judge=self.judge, seed=self.plan.seed
            )
        except (AtlasError, LimitReached) as error:
            self.ledger.failed("levels", f"{type(error).__name__}: {error}")
            return Tag(level=Level.NONE, evidence=(), missing={level: str(error) for level in LEVELS})

    async def _commonness(self, ideas: Sequence[Idea]) -> tuple[Commonness, ...]:
        """Unknown for all where the plain answers could not be compared."""
        asked = await ask_plainly(
            [self.muse], self.plan.topic, PLAIN_ANSWERS, seed=self.plan.seed, ledger=self.ledger
        )
        try:
            answers = await group_answers(asked.answers, self.embedder, topic=self.plan.topic)
            return answers.compare([idea.text for idea in ideas], self.embedder)
        except (AtlasError, LimitReached) as error:
            self.ledger.failed("standard answers", f"{type(error).__name__}: {error}")
            return tuple(Commonness(similarity=None, answer=None, group=None) for _ in ideas)

    def _copied(self, idea: Idea, report: NoveltyReport) -> CopyReport[str]:
        near = {paper.paper for finding in report.findings for paper in finding.papers}
        sources = [*self._sources(idea), *(self.library.get(paper) for paper in sorted(near))]
        texts = {source.paper: f"{source.title}. {source.abstract}" for source in sources if source}
        allowed = [self.plan.topic, *(source.title for source in sources if source)]
        return copy_check(idea.text.whole, {str(key): text for key, text in texts.items()}, allowed=allowed)

    def _sources(self, idea: Idea) -> tuple[Source, ...]:
        found = (self.library.get(paper) for paper in idea.origin.papers)
        return tuple(source for source in found if source)

    async def _each(self, ideas: Sequence[Idea], work: Callable[[Idea], Awaitable[ResultT]]) -> list[ResultT]:
        gate = asyncio.Semaphore(self.plan.parallel)

        async def one(idea: Idea) -> ResultT:
            async with gate:
                return await work(idea)

        return list(await asyncio.gather(*(one(idea) for idea in ideas)))


def with_lanes(found: Sequence[Assessment]) -> dict[IdeaId, Assessment]:
    """By idea, each in its lane among these: which are the most novel depends on the others."""
    lane_of = lanes(
        [each.idea for each in found],
        {each.idea.id: each.feasibility for each in found},
        most_novel({each.idea.id: each.novelty for each in found}),
    )
    return {each.idea.id: replace(each, lane=lane_of[each.idea.id]) for each in found}
