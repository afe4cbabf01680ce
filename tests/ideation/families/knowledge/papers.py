"""Twelve invented papers of three fields with years and citations, in memory; and canned muses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from core.budget import Budget, BudgetLimits
from core.errors import Limit, LimitReached, ModelOutputError
from ideation.arm import CallBudget, CountedMuse, Desk, Remembered
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
from memory.recall.ranking import words

TOPIC = "salt removal from water with membranes"

TEXTS: dict[str, tuple[int, str, str]] = {
    "m1": (
        2010,
        "Ceramic membranes for salt removal",
        "Salt removal from water remains costly. We present ceramic membranes that hold back salt by charged"
        " pores. Rejection of 90 % was measured. However, the ceramic membranes crack under load.",
    ),
    "m2": (
        2014,
        "Polymer membranes that bend",
        "Ceramic membranes crack, a problem of salt removal. We introduce polymer membranes via interfacial"
        " polymerisation. Water flux was measured against ceramic membranes. Fouling remains to be solved.",
    ),
    "m3": (
        2018,
        "Membranes with living biofilm",
        "Fouling of polymer membranes is a bottleneck of water treatment. We report a living biofilm that"
        " eats foulants. Water flux outperforms clean membranes over 300 hours.",
    ),
    "m4": (
        2022,
        "Membranes healed by dynamic bonds",
        "Membranes tear under load, a challenge for salt removal. We propose dynamic bonds that reform after"
        " rupture. Salt rejection was measured after a cut. Future work is a membrane for brine.",
    ),
    "b1": (
        2012,
        "Counting birds by sound",
        "Acoustic surveys of birds are difficult in wind. We introduce a wavelet filter by combining two"
        " microphones. Detection accuracy outperforms human listeners.",
    ),
    "b2": (
        2016,
        "Wavelet filters for whale calls",
        "Whale calls drown in ship noise, a problem for acoustic surveys. We use a wavelet filter learned"
        " from noise. Detection accuracy was measured on hydrophones.",
    ),
    "b3": (
        2019,
        "Flocks that share a map",
        "It is unknown how birds find routes. We show how flocks share a map by following elders. Routes were"
        " measured by tags.",
    ),
    "b4": (
        2021,
        "Microphones grown from silk",
        "Microphones fail in rain, a problem for acoustic surveys. We present silk that swells and closes its"
        " pores. Signals were measured in rain.",
    ),
    "c1": (
        2009,
        "Iron clusters as cheap catalysts",
        "Platinum is a bottleneck of fuel cells. We report iron clusters via pyrolysis. Current density was"
        " measured against platinum. However, iron clusters leach.",
    ),
    "c2": (
        2013,
        "Catalysts caged in zeolite",
        "Iron clusters leach in fuel cells, a problem. We present zeolite cages that hold iron clusters."
        " Current density was measured over 500 hours.",
    ),
    "c3": (
        2017,
        "Catalysts that renew themselves",
        "Catalysts age in fuel cells. We propose a current pulse that renews the surface by oxidation."
        " Current density was measured after 1000 pulses.",
    ),
    "c4": (
        2023,
        "Zeolite pores for charged water",
        "Charged pores foul, a challenge of water treatment. We use zeolite cages that swell in brine. Water"
        " flux was measured in brine.",
    ),
}
CITES: dict[str, tuple[str, ...]] = {
    "m2": ("m1",),
    "m3": ("m2",),
    "m4": ("m3", "m1", "c1"),
    "b2": ("b1",),
    "c2": ("c1",),
    "c4": ("c2", "m1"),
}
SOURCES: dict[PaperId, Source] = {
    PaperId(name): Source(paper=PaperId(name), title=title, abstract=abstract)
    for name, (_, title, abstract) in TEXTS.items()
}


class ShelfLibrary:
    """Implements `ideation.arm.Library` by words in common."""

    def __init__(
        self,
        sources: Mapping[PaperId, Source] = SOURCES,
        cites: Mapping[str, tuple[str, ...]] = CITES,
        years: Mapping[str, int] | None = None,
    ) -> None:
        self._sources, self._cites = dict(sources), dict(cites)
        self._years = {name: each[0] for name, each in TEXTS.items()} if years is None else dict(years)
        self.searched: list[str] = []

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        self.searched.append(text)
        return self._nearest(text, limit, without="")

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        found = self._sources.get(paper)
        if found is None:
            return ()
        text = f"{found.title} {found.abstract}"
        every = self._nearest(text, limit, without=paper)
        rest = [self._sources[name] for name in self.papers() if name != paper]
        return tuple(dict.fromkeys([*every, *rest]))[:limit]

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        return self._all(self._cites.get(paper, ()))

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        return self._all(sorted(name for name, cited in self._cites.items() if paper in cited))

    def get(self, paper: PaperId) -> Source | None:
        return self._sources.get(paper)

    def year(self, paper: PaperId) -> int | None:
        return self._years.get(paper)

    def papers(self) -> tuple[PaperId, ...]:
        return tuple(sorted(self._sources))

    def _all(self, names: object) -> tuple[Source, ...]:
        assert isinstance(names, tuple | list)
        return tuple(self._sources[PaperId(name)] for name in names if name in self._sources)

    def _nearest(self, text: str, limit: int, *, without: str) -> tuple[Source, ...]:
        asked = set(words(text))
        shared = {
            name: len(asked & set(words(f"{each.title} {each.abstract}")))
            for name, each in self._sources.items()
            if name != without
        }
        order = sorted((name for name in shared if shared[name]), key=lambda name: (-shared[name], name))
        return tuple(self._sources[name] for name in order[:limit])


def text_of(title: str, **parts: str) -> IdeaText:
    given = {
        "problem": f"What hinders {title} is not known.",
        "mechanism": f"A means for {title} that acts on its cause.",
        "prediction": "The outcome changes if it holds.",
        "evaluation": "Measured with and without it.",
    }
    return IdeaText(title=title, **{**given, **parts})


class CannedMuse:
    """Answers lists by a function of the request, gives each idea its own title, keeps what was asked."""

    name = "canned"

    def __init__(
        self,
        lists: Callable[[ListRequest], tuple[str, ...]] = lambda request: (),
        propose: Callable[[ProposeRequest, int], Proposed] | None = None,
    ) -> None:
        self._lists, self._propose = lists, propose
        self.proposed: list[ProposeRequest] = []
        self.listed: list[ListRequest] = []
        self.read: list[PaperId] = []

    async def propose(self, request: ProposeRequest) -> Proposed:
        self.proposed.append(request)
        if self._propose is not None:
            return self._propose(request, len(self.proposed))
        return Proposed(proposals=(Proposal(text=text_of(f"Idea number {len(self.proposed)}")),))

    async def revise(self, request: ReviseRequest) -> IdeaText:
        return request.idea

    async def grade(self, request: ReviewRequest) -> Grade:
        return Grade(criterion=request.criterion.name, score=None, reason="canned")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        self.listed.append(request)
        return self._lists(request)[: request.count]

    async def facets(self, source: Source) -> PaperFacets:
        self.read.append(source.paper)
        return replace(read_facets(source.paper, source.title, source.abstract), by=self.name)


class RaisingMuse(CannedMuse):
    """Fails at every call."""

    async def propose(self, request: ProposeRequest) -> Proposed:
        raise ModelOutputError("no object in the reply")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        raise ModelOutputError("no list in the reply")

    async def facets(self, source: Source) -> PaperFacets:
        raise ModelOutputError("no facets in the reply")


class SpentMuse(CannedMuse):
    """The run's budget is spent from the first call on."""

    async def propose(self, request: ProposeRequest) -> Proposed:
        raise LimitReached(Limit.MONEY, "1.0 USD spent of 1.0")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        raise LimitReached(Limit.MONEY, "1.0 USD spent of 1.0")

    async def facets(self, source: Source) -> PaperFacets:
        raise LimitReached(Limit.MONEY, "1.0 USD spent of 1.0")


def desk(
    muse: Muse | None = None,
    *,
    library: ShelfLibrary | None = None,
    calls: int = 400,
    seed: int = 5,
    topic: str = TOPIC,
    notes: str = "",
    remembered: Remembered | None = None,
) -> Desk:
    budget = CallBudget(calls)
    counted = CountedMuse(muse or OfflineMuse(), budget)
    return Desk(
        topic=topic,
        muse=counted,
        judge=counted,
        library=library or ShelfLibrary(),
        embedder=LexicalEmbedder(),
        ledger=CostLedger(Budget(BudgetLimits())),
        calls=budget,
        seed=seed,
        notes=notes,
        remembered=remembered or Remembered(),
    )
