"""A small library written by hand, a desk over it, and muses that answer by a script or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from core.budget import Budget, BudgetLimits
from core.errors import ModelOutputError
from ideation.arm import CallBudget, CountedMuse, Desk
from ideation.corpus.identity import PaperId
from ideation.costs import CostLedger
from ideation.facets import PaperFacets, read_facets
from ideation.idea import IdeaText
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
from ideation.muses.offline import OfflineMuse
from memory.embedding.lexical import LexicalEmbedder

TOPIC = "desalination with little energy"
_SAID = (
    (
        "Membranes that heal",
        "Hydrogel membranes tear under shear, a problem in desalination. We propose dynamic boronic "
        "bonds that reform after rupture. Salt rejection of 98 % was measured over 300 hours.",
    ),
    (
        "Counting birds by sound",
        "Acoustic surveys of birds remain difficult in wind. We introduce a wavelet filter bank by "
        "combining two microphones. Detection accuracy outperforms human listeners.",
    ),
    (
        "Cheaper catalysts",
        "Platinum demand is a bottleneck of fuel cells. We report iron clusters via pyrolysis. "
        "Current density was measured against platinum. However, the clusters leach.",
    ),
    (
        "Salt by the sun",
        "Solar stills need large areas, which is a challenge on coasts. We design a wicking carbon "
        "fabric that lifts brine. Evaporation rates were measured against open basins.",
    ),
    (
        "Ants that share loads",
        "Colonies move objects that no single ant could. We use video tracking to show how pull "
        "directions align. Experiments reveal that informed ants steer briefly.",
    ),
    (
        "Ice that grows slowly",
        "Freezing rejects salt but traps brine in pockets. We present directional freezing by a "
        "moving cold front. Residual salinity was measured in thirty blocks.",
    ),
    (
        "Tuning bridges",
        "Footbridges sway under crowds, an important problem. We introduce pendulum dampers with "
        "variable length. Accelerations were measured on two bridges before and after.",
    ),
    (
        "Mangrove roots",
        "Mangroves exclude salt at their roots; the mechanism remains unclear. We describe a layered "
        "root membrane by microscopy. Filtration of 90 % was measured in living roots.",
    ),
)
SOURCES = tuple(
    Source(paper=PaperId(f"p{number}"), title=title, abstract=abstract)
    for number, (title, abstract) in enumerate(_SAID)
)


class Shelf:
    """A `Library` of the papers above, searched by shared words."""

    def __init__(self, sources: tuple[Source, ...] = SOURCES) -> None:
        self._sources = {source.paper: source for source in sources}

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        wanted = set(re.findall(r"\w+", text.casefold()))

        def shared(source: Source) -> int:
            return len(wanted & set(re.findall(r"\w+", f"{source.title} {source.abstract}".casefold())))

        return tuple(sorted(self._sources.values(), key=lambda each: (-shared(each), each.paper))[:limit])

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        found = self.search(self._sources[paper].abstract, limit + 1)
        return tuple(each for each in found if each.paper != paper)[:limit]

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        return ()

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        return ()

    def get(self, paper: PaperId) -> Source | None:
        return self._sources.get(paper)

    def year(self, paper: PaperId) -> int | None:
        return 2020 if paper in self._sources else None

    def papers(self) -> tuple[PaperId, ...]:
        return tuple(sorted(self._sources))


def desk(
    muse: Muse | None = None, judge: Muse | None = None, *, calls: int = 400, seed: int = 1, **more: object
) -> Desk:
    """A desk whose muse and judge are counted; both are the offline muse where none is given."""
    budget = CallBudget(calls)
    writer = muse or OfflineMuse()
    made = Desk(
        topic=TOPIC,
        muse=CountedMuse(writer, budget),
        judge=CountedMuse(judge or writer, budget),
        library=Shelf(),
        embedder=LexicalEmbedder(128),
        ledger=CostLedger(Budget(BudgetLimits())),
        calls=budget,
        seed=seed,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def text(number: int, mechanism: str = "") -> IdeaText:
    return IdeaText(
        title=f"Idea number {number} on fresh water",
        problem=f"Nobody knows how part {number} of the plant could use less power.",
        mechanism=mechanism or f"Let device {number} return what the pump before it has lost.",
        prediction=f"If it holds, meter {number} falls by a tenth at least.",
        evaluation=f"Compare meter {number} against the plant without the device.",
    )


class ScriptedMuse:
    """Writes numbered ideas and grades by functions; every request is kept."""

    name = "scripted"

    def __init__(
        self,
        *,
        propose: Callable[[ProposeRequest, int], Proposed] | None = None,
        revise: Callable[[ReviseRequest], IdeaText] | None = None,
        grade: Callable[[ReviewRequest], int | None] | None = None,
        listed: Callable[[ListRequest], tuple[str, ...]] | None = None,
    ) -> None:
        self.proposed: list[ProposeRequest] = []
        self.revised: list[ReviseRequest] = []
        self.graded: list[ReviewRequest] = []
        self.listed: list[ListRequest] = []
        self._propose, self._revise, self._grade, self._list = propose, revise, grade, listed
        self._written = 0

    async def propose(self, request: ProposeRequest) -> Proposed:
        self.proposed.append(request)
        if self._propose:
            return self._propose(request, len(self.proposed))
        found = []
        for _ in range(request.count):
            self._written += 1
            found.append(Proposal(text=text(self._written)))
        return Proposed(proposals=tuple(found))

    async def revise(self, request: ReviseRequest) -> IdeaText:
        self.revised.append(request)
        if self._revise:
            return self._revise(request)
        return replace(request.idea, mechanism=f"{request.idea.mechanism} It is mended.")

    async def grade(self, request: ReviewRequest) -> Grade:
        self.graded.append(request)
        score = self._grade(request) if self._grade else 3
        reason = f"the {request.criterion.name} of it is {score}"
        return Grade(criterion=request.criterion.name, score=score, reason=reason)

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        self.listed.append(request)
        return self._list(request) if self._list else ("say what it is compared with",)

    async def facets(self, source: Source) -> PaperFacets:
        return read_facets(source.paper, source.title, source.abstract)


class FailingMuse:
    """Nothing readable ever comes back."""

    name = "failing"

    async def propose(self, request: ProposeRequest) -> Proposed:
        raise ModelOutputError("nonsense")

    async def revise(self, request: ReviseRequest) -> IdeaText:
        raise ModelOutputError("nonsense")

    async def grade(self, request: ReviewRequest) -> Grade:
        raise ModelOutputError("nonsense")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        raise ModelOutputError("nonsense")

    async def facets(self, source: Source) -> PaperFacets:
        raise ModelOutputError("nonsense")


def same_muse() -> ScriptedMuse:
    """Always the same idea, always the worst grade, a revision that changes nothing."""
    return ScriptedMuse(
        propose=lambda request, _: Proposed(proposals=(Proposal(text=text(1)),) * request.count),
        revise=lambda request: request.idea,
        grade=lambda _: 1,
        listed=lambda request: ("the same",) * request.count,
    )


def empty_muse() -> ScriptedMuse:
    """Answers, and says nothing."""
    return ScriptedMuse(
        propose=lambda request, _: Proposed(proposals=(), faults=("nothing",) * request.count),
        grade=lambda _: None,
        listed=lambda _: (),
    )


ADVERSARIES: dict[str, Callable[[], Muse]] = {
    "fails": FailingMuse,
    "same": same_muse,
    "empty": empty_muse,
}
