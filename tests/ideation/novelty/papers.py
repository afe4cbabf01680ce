"""A small library held in memory, ideas to ask it about, and muses that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.errors import LimitReached, ProviderError
from ideation.corpus.identity import PaperId
from ideation.facets import PaperFacets
from ideation.idea import Family, Idea, IdeaText, Origin, new_idea
from ideation.muse import (
    Grade,
    ListRequest,
    Proposal,
    Proposed,
    ProposeRequest,
    ReviewRequest,
    ReviseRequest,
    Source,
)

TOPIC = "desalination with little energy"
ABSTRACTS = {
    "p1": (
        "Membranes that heal",
        "Hydrogel membranes tear under shear, a problem in desalination. We propose dynamic boronic bonds"
        " that reform after rupture. Salt rejection of 98 % was measured over 300 hours.",
    ),
    "p2": (
        "Counting birds by sound",
        "Acoustic surveys of birds remain difficult in wind. We introduce a wavelet filter bank by combining"
        " two microphones. Detection on the SongMeter data set outperforms human listeners.",
    ),
    "p3": (
        "Cheaper catalysts",
        "Platinum demand is a bottleneck of fuel cells. We report iron clusters via pyrolysis. Current"
        " density was measured against platinum. However, the clusters leach.",
    ),
    "p4": (
        "Solar stills in series",
        "Evaporation wastes heat. We stack solar stills so that each one is warmed by the last. Water output"
        " rises by 40 % against a single still.",
    ),
}
REFERENCES = {"p1": ("p4",), "p2": (), "p3": ("p1",), "p4": ()}


class SmallLibrary:
    """Finds papers by shared words. `broken` names the ways of asking that fail."""

    def __init__(
        self, *, broken: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()
    ) -> None:
        self._broken = broken
        self._papers = {
            PaperId(name): Source(paper=PaperId(name), title=title, abstract=abstract)
            for name, (title, abstract) in ABSTRACTS.items()
            if name not in without
        }
        self.queries: list[str] = []

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        self._maybe_break("search")
        self.queries.append(text)
        asked = set(text.casefold().split())
        shared = {
            paper: len(asked & set(f"{source.title} {source.abstract}".casefold().split()))
            for paper, source in self._papers.items()
        }
        best = sorted((paper for paper in shared if shared[paper]), key=lambda paper: (-shared[paper], paper))
        return tuple(self._papers[paper] for paper in best[:limit])

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        self._maybe_break("similar")
        source = self._papers[paper]
        return tuple(
            each
            for each in self.search(f"{source.title} {source.abstract}", limit + 1)
            if each.paper != paper
        )[:limit]

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        self._maybe_break("references")
        return tuple(self._papers[PaperId(each)] for each in REFERENCES[paper] if each in self._papers)

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        self._maybe_break("citations")
        return tuple(source for name, source in self._papers.items() if paper in REFERENCES[name])

    def get(self, paper: PaperId) -> Source | None:
        return self._papers.get(paper)

    def year(self, paper: PaperId) -> int | None:
        return 2020 if paper in self._papers else None

    def papers(self) -> tuple[PaperId, ...]:
        return tuple(sorted(self._papers))

    def _maybe_break(self, way: str) -> None:
        if way in self._broken:
            raise ProviderError(f"{way} answered 503")


KNOWN = IdeaText(
    title="Membranes that mend themselves",
    problem="Hydrogel membranes tear under shear, a problem in desalination.",
    mechanism="Dynamic boronic bonds reform after rupture.",
    prediction="Salt rejection recovers within a day if the bonds reform; if not, it stays low.",
    evaluation="Salt rejection of cut membranes is measured over 300 hours against uncut ones.",
)
FAR = IdeaText(
    title="Contracts for idle ferries",
    problem="Harbour towns pay for ships nobody sails.",
    mechanism="An auction lends berths by the hour, so owners reveal when each vessel lies unused.",
    prediction="Berth revenue grows by a fifth, or owners misreport.",
    evaluation="Compare towns with auctions and towns without.",
)


def idea(
    text: IdeaText = KNOWN,
    *,
    number: int = 0,
    family: Family = Family.KNOWLEDGE,
    lever: str = "facets",
    model: str = "offline",
    papers: Sequence[str] = (),
    persona: str = "",
    constraints: Sequence[str] = (),
    parents: Sequence[Idea] = (),
) -> Idea:
    origin = Origin(
        family=family,
        lever=lever,
        model=model,
        papers=tuple(PaperId(paper) for paper in papers),
        without_papers=not papers,
        persona=persona,
        constraints=tuple(constraints),
    )
    return new_idea(text, origin, seed=1, number=number, parents=parents)


Failure = ProviderError | LimitReached


class CannedMuse:
    """Answers as it is told to, and keeps what it was asked."""

    def __init__(
        self,
        *,
        score: Callable[[ReviewRequest], int | None] | int | None = None,
        failure: Failure | None = None,
        lines: Sequence[str] = (),
        revised: IdeaText | None = None,
        proposals: Sequence[IdeaText] = (),
        name: str = "canned/one",
    ) -> None:
        self._score, self._failure, self._lines, self._name = score, failure, tuple(lines), name
        self._revised, self._proposals = revised, tuple(proposals)
        self.reviews: list[ReviewRequest] = []
        self.revisions: list[ReviseRequest] = []
        self.asked: list[ProposeRequest] = []

    @property
    def name(self) -> str:
        return self._name

    async def propose(self, request: ProposeRequest) -> Proposed:
        self.asked.append(request)
        self._maybe_fail()
        if not self._proposals:
            return Proposed(proposals=(), faults=("1 of 1 ideas were not written",))
        text = self._proposals[(len(self.asked) - 1) % len(self._proposals)]
        return Proposed(proposals=(Proposal(text=text),))

    async def revise(self, request: ReviseRequest) -> IdeaText:
        self.revisions.append(request)
        self._maybe_fail()
        return self._revised or request.idea

    async def grade(self, request: ReviewRequest) -> Grade:
        self.reviews.append(request)
        self._maybe_fail()
        score = self._score(request) if callable(self._score) else self._score
        return Grade(criterion=request.criterion.name, score=score, reason="as it says")

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        self._maybe_fail()
        return self._lines[: request.count]

    async def facets(self, source: Source) -> PaperFacets:
        self._maybe_fail()
        return PaperFacets(paper=source.paper, by=self.name, facets=())

    def _maybe_fail(self) -> None:
        if self._failure is not None:
            raise self._failure


def by_paper(scores: Mapping[str, int | None]) -> Callable[[ReviewRequest], int | None]:
    """A judge's score by the paper that it is shown; 1 for all others."""
    return lambda request: scores.get(request.sources[0].paper, 1)
