"""What a method is (an arm), what it may use (its desk), and what it gives back.

Arms of all five families have this one interface and one ledger, so that they can be compared at equal cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from core.embedder import Embedder
from core.errors import Limit, LimitReached, ModelOutputError, ProviderError
from ideation.corpus.identity import PaperId
from ideation.costs import CostLedger
from ideation.facets import PaperFacets
from ideation.idea import Family, Idea, IdeaText, Origin, new_idea
from ideation.muse import (
    Grade,
    ListRequest,
    Muse,
    Proposal,
    Proposed,
    ProposeRequest,
    ReviewRequest,
    ReviseRequest,
    Source,
)

ResultT = TypeVar("ResultT")


class Library(Protocol):
    """The papers that a run may see: those before its cutoff, and no others."""

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        """Papers that fit, best first."""
        ...

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        """Papers like that one, without it, best first."""
        ...

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        """What the paper cites, as far as it is held here."""
        ...

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        """Who cites the paper, as far as they are held here."""
        ...

    def get(self, paper: PaperId) -> Source | None: ...

    def year(self, paper: PaperId) -> int | None: ...

    def papers(self) -> tuple[PaperId, ...]:
        """All of them, in order of id."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Ideas of earlier runs: `rejected` repel, `successful` are shown as examples."""

    rejected: tuple[str, ...] = ()
    successful: tuple[IdeaText, ...] = ()


class CallBudget:
    """Counts the calls of one arm and ends it at `most`: no loop outlives it, whatever a model says."""

    def __init__(self, most: int) -> None:
        self.most, self.made = most, 0

    def take(self) -> None:
        """Raises:
        LimitReached: the arm has made all its calls.
        """
        if self.made >= self.most:
            raise LimitReached(Limit.STEPS, f"{self.made} calls made of {self.most}")
        self.made += 1

    @property
    def left(self) -> int:
        return self.most - self.made


class CountedMuse:
    """A muse whose calls come out of a budget."""

    def __init__(self, muse: Muse, calls: CallBudget) -> None:
        self._muse, self._calls = muse, calls

    @property
    def name(self) -> str:
        return self._muse.name

    async def propose(self, request: ProposeRequest) -> Proposed:
        self._calls.take()
        return await self._muse.propose(request)

    async def revise(self, request: ReviseRequest) -> IdeaText:
        self._calls.take()
        return await self._muse.revise(request)

    async def grade(self, request: ReviewRequest) -> Grade:
        self._calls.take()
        return await self._muse.grade(request)

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        self._calls.take()
        return await self._muse.list(request)

    async def facets(self, source: Source) -> PaperFacets:
        self._calls.take()
        return await self._muse.facets(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an arm works with. `judge` grades and should be another model than `muse`; `seed` is the arm's.

    `embedder` compares texts; `known` are ideas of the run so far, which every arm may read and none change.
    """

    topic: str
    muse: Muse
    judge: Muse
    library: Library
    embedder: Embedder
    ledger: CostLedger
    calls: CallBudget
    seed: int = 0
    notes: str = ""
    known: tuple[Idea, ...] = ()
    remembered: Remembered = field(default_factory=Remembered)
    advice: tuple[str, ...] = ()
    parallel: int = 4

    async def attempt(self, stage: str, work: Callable[[], Awaitable[ResultT]]) -> ResultT | None:
        """What `work` gives; None, and a failure in the ledger, where nothing readable came back.

        Raises:
            LimitReached: the budget of the run or the arm is spent.
        """
        try:
            return await work()
        except (ModelOutputError, ProviderError) as error:
            self.ledger.failed(stage, f"{type(error).__name__}: {error}")
            return None

    async def gather(
        self, stage: str, works: Iterable[Callable[[], Awaitable[ResultT]]]
    ) -> list[ResultT | None]:
        """All of them, at most `parallel` at once, in their order.

        Where the budget ends among them, what came back before is kept: it was paid for.

        Raises:
            LimitReached: nothing came back, because the budget is spent.
        """
        gate = asyncio.Semaphore(self.parallel)

        async def one(work: Callable[[], Awaitable[ResultT]]) -> ResultT | LimitReached | None:
            async with gate:
                try:
                    return await self.attempt(stage, work)
                except LimitReached as limit:
                    return limit

        found = await asyncio.gather(*(one(work) for work in works))
        limits = [each for each in found if isinstance(each, LimitReached)]
        if limits and len(limits) == len(found):
            raise limits[0]
        return [None if isinstance(each, LimitReached) else each for each in found]

    def count_faults(self, stage: str, proposed: Proposed) -> tuple[Proposal, ...]:
        """The proposals; what could not be read is counted."""
        for fault in proposed.faults:
            self.ledger.failed(stage, fault)
        return proposed.proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An idea that an arm gave up, and why; `idea` is all of it, where it is of this run. `surplus` ideas had
    no fault: others were held to be better, or said the same before.
    """

    text: IdeaText
    lever: str
    reason: str
    idea: Idea | None = None
    surplus: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced:
    """`measures` are numbers of the method's own, e.g. its conformity rate; `stopped` says what ended it
    early; `empty` names the cells of its box or map that hold nothing, a value for each axis.
    """

    ideas: tuple[Idea, ...]
    rejected: tuple[Rejected, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    stopped: str = ""
    empty: tuple[tuple[str, ...], ...] = ()


class Arm(Protocol):
    """One method. It ends at the latest when its calls are spent, and then gives what it has."""

    @property
    def family(self) -> Family: ...

    @property
    def lever(self) -> str:
        """Its name, unique among all arms."""
        ...

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """At most `wanted` ideas."""
        ...


@dataclass(slots=True, kw_only=True)
class Harvest:
    """Collects the ideas of an arm and numbers them: their ids follow from the seed."""

    arm: Arm
    desk: Desk
    ideas: list[Idea] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    _number: int = 0

    def add(
        self,
        proposal: Proposal,
        *,
        shown: Sequence[Source] = (),
        parents: Sequence[Idea] = (),
        operators: Sequence[str] = (),
        persona: str = "",
        constraints: Sequence[str] = (),
        feedback: Sequence[str] = (),
        round: int = 0,
        temperature: float | None = None,
    ) -> Idea:
        """A new idea of the arm. What was shown and not used is press, what was used its papers."""
        origin = Origin(
            family=self.arm.family,
            lever=self.arm.lever,
            model=self.desk.muse.name,
            temperature=temperature,
            operators=tuple(operators),
            papers=proposal.papers or tuple(source.paper for source in shown),
            persona=persona,
            constraints=tuple(constraints),
            feedback=tuple(feedback),
            without_papers=not shown,
            probability=proposal.probability,
        )
        idea = new_idea(
            proposal.text, origin, seed=self.desk.seed, number=self._number, parents=parents, round=round
        )
        self._number += 1
        self.ideas.append(idea)
        return idea

    def reject(self, idea: Idea, reason: str, *, surplus: bool = False) -> None:
        self.ideas.remove(idea)
        self.rejected.append(
            Rejected(text=idea.text, lever=self.arm.lever, reason=reason, idea=idea, surplus=surplus)
        )

    def rewritten(self, idea: Idea, text: IdeaText, *, operator: str, feedback: Sequence[str] = ()) -> Idea:
        """The idea in new words, as a child: it inherits no grade of its parent."""
        child = new_idea(
            text,
            replace(
                idea.origin,
                operators=(*idea.origin.operators, operator),
                feedback=(*idea.origin.feedback, *feedback),
            ),
            seed=self.desk.seed,
            number=self._number,
            parents=(idea,),
            round=idea.round + 1,
        )
        self._number += 1
        self.ideas.append(child)
        return child

    def produced(self, *, measures: Mapping[str, float] | None = None, stopped: str = "") -> Produced:
        return Produced(
            ideas=tuple(self.ideas),
            rejected=tuple(self.rejected),
            measures=dict(measures or {}),
            stopped=stopped,
        )
