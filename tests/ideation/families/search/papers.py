"""A small library in memory, muses with canned answers, and a desk over them, for two families' tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from core.budget import Budget, BudgetLimits
from core.embedder import Embedder
from core.errors import ModelOutputError, ProviderError
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
_PAPERS = {
    "Membranes that heal": "Hydrogel membranes tear under shear, a problem in desalination. We propose"
    " dynamic boronic bonds that reform after rupture. Salt rejection of 98 % was measured over 300 hours.",
    "Counting birds by sound": "Acoustic surveys of birds remain difficult in wind. We introduce"
    " a wavelet filter bank by combining two microphones. Detection accuracy outperforms human listeners.",
    "Cheaper catalysts": "Platinum demand is a bottleneck of fuel cells. We report iron clusters via"
    " pyrolysis. Current density was measured against platinum. However, the clusters leach.",
    "Solar stills": "Evaporation needs much heat, a challenge in arid regions. We present carbon foams"
    " that float and heat only the surface. Evaporation rate increased by 40 %.",
    "Roots that filter": "Mangroves live in salt water, and how is unknown. We describe suberin barriers in"
    " their roots by means of staining. Sodium flux was measured in seedlings.",
    "Letters delivered faster": "Delivery routes cannot adapt to traffic. We develop a schedule that is"
    " corrected by couriers. Delivery time was reduced, however only in dense cities.",
    "Paint against ice": "Ice on turbine blades remains a problem. We propose a porous coating via slippery"
    " oil. Ice adhesion was measured at 20 kPa. The oil is lost over time, a limitation.",
    "Memory of slime moulds": "How organisms without brains remember is an open question. We show tube"
    " diameters that store where food was. Experiments reveal a memory of hours.",
}
PAPERS = tuple(
    Source(paper=PaperId(f"p{number}"), title=title, abstract=abstract)
    for number, (title, abstract) in enumerate(_PAPERS.items())
)


class FakeLibrary:
    """Papers in memory, found by shared words."""

    def __init__(self, papers: tuple[Source, ...] = PAPERS) -> None:
        self._papers = papers

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        asked = set(text.casefold().split())
        shared = {each.paper: len(asked & set(each.abstract.casefold().split())) for each in self._papers}
        return tuple(sorted(self._papers, key=lambda each: -shared[each.paper])[:limit])

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        return tuple(each for each in self._papers if each.paper != paper)[:limit]

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        return ()

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        return ()

    def get(self, paper: PaperId) -> Source | None:
        return next((each for each in self._papers if each.paper == paper), None)

    def year(self, paper: PaperId) -> int | None:
        return 2020

    def papers(self) -> tuple[PaperId, ...]:
        return tuple(each.paper for each in self._papers)


NOUNS = ("boron", "wavelet", "iron", "foam", "suberin", "courier", "oil", "mould", "quartz", "kelp", "cobalt")


def idea_text(number: int) -> IdeaText:
    """Texts with hardly a word in common."""
    noun = NOUNS[number % len(NOUNS)]
    word = f"{noun}{number}"
    return IdeaText(
        title=f"{word} lattices",
        problem=f"{word} obstacle",
        mechanism=f"{word} coupling {noun}-{number} exchange",
        prediction=f"{word} rises",
        evaluation=f"{word} assay",
    )


@dataclass
class CannedMuse:
    """Answers as told and notes what it was asked. Unless told otherwise every idea is another one, every
    revision changes the mechanism, every grade is 3.
    """

    text: Callable[[int], IdeaText] = idea_text
    revision: Callable[[ReviseRequest, int], IdeaText] = lambda request, number: replace(
        request.idea, mechanism=f"{request.idea.mechanism} then step {number}"
    )
    score: Callable[[ReviewRequest], int | None] = lambda request: 3
    texts: Callable[[ListRequest], tuple[str, ...]] = lambda request: tuple(
        f"term {at}" for at in range(request.count)
    )
    name: str = "canned"
    proposed: list[ProposeRequest] = field(default_factory=list)
    revised: list[ReviseRequest] = field(default_factory=list)
    graded: list[ReviewRequest] = field(default_factory=list)
    listed: list[ListRequest] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def propose(self, request: ProposeRequest) -> Proposed:
        self.proposed.append(request)
        texts = [self.text(next(self._numbers)) for _ in range(request.count)]
        return Proposed(proposals=tuple(Proposal(text=text, probability=0.05) for text in texts))

    async def revise(self, request: ReviseRequest) -> IdeaText:
        self.revised.append(request)
        return self.revision(request, len(self.revised))

    async def grade(self, request: ReviewRequest) -> Grade:
        self.graded.append(request)
        return Grade(criterion=request.criterion.name, score=self.score(request), reason="as told")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        self.listed.append(request)
        return self.texts(request)

    async def facets(self, source: Source) -> PaperFacets:
        return read_facets(source.paper, source.title, source.abstract)


class RaisingMuse:
    """Every call fails, with one kind of error."""

    name = "raising"

    def __init__(self, error: type[Exception] = ModelOutputError) -> None:
        self._error = error

    async def propose(self, request: ProposeRequest) -> Proposed:
        raise self._error("nothing readable")

    async def revise(self, request: ReviseRequest) -> IdeaText:
        raise self._error("nothing readable")

    async def grade(self, request: ReviewRequest) -> Grade:
        raise self._error("nothing readable")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        raise self._error("nothing readable")

    async def facets(self, source: Source) -> PaperFacets:
        raise self._error("nothing readable")


class EmptyMuse:
    """Every answer can be read and says nothing."""

    name = "empty"

    async def propose(self, request: ProposeRequest) -> Proposed:
        blank = IdeaText(title="", problem="", mechanism="", prediction="", evaluation="")
        return Proposed(proposals=(Proposal(text=blank),) if request.seed % 2 else ())

    async def revise(self, request: ReviseRequest) -> IdeaText:
        return IdeaText(title=" ", problem="", mechanism="", prediction="", evaluation="")

    async def grade(self, request: ReviewRequest) -> Grade:
        return Grade(criterion=request.criterion.name, score=None, reason="")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        return ()

    async def facets(self, source: Source) -> PaperFacets:
        return PaperFacets(paper=source.paper, by=self.name, facets=())


def same_muse() -> CannedMuse:
    """Says one and the same whatever it is asked."""
    return CannedMuse(
        text=lambda number: idea_text(0),
        revision=lambda request, number: idea_text(0),
        score=lambda request: 1,
        texts=lambda request: ("same",),
        name="same",
    )


ADVERSARIES: dict[str, Callable[[], Muse]] = {
    "unreadable": RaisingMuse,
    "down": lambda: RaisingMuse(ProviderError),
    "empty": EmptyMuse,
    "same": same_muse,
    "mute judge": lambda: CannedMuse(score=lambda request: None),
    "restless": CannedMuse,
}


def desk(
    muse: Muse | None = None,
    judge: Muse | None = None,
    *,
    calls: int = 400,
    seed: int = 0,
    library: FakeLibrary | None = None,
    embedder: Embedder | None = None,
    limits: BudgetLimits | None = None,
) -> Desk:
    """A desk over the small library; offline, unless a muse is given, which then judges too."""
    budget = CallBudget(calls)
    writer: Muse = muse or OfflineMuse()
    return Desk(
        topic=TOPIC,
        muse=CountedMuse(writer, budget),
        judge=CountedMuse(judge or writer, budget),
        library=library or FakeLibrary(),
        embedder=embedder or LexicalEmbedder(),
        ledger=CostLedger(Budget(limits or BudgetLimits())),
        calls=budget,
        seed=seed,
    )
