"""The seam between methods and whatever writes for them: a model, a recording, or the offline recombiner.

Methods say what they want as values, never as prompts, so that each of them runs over every muse.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ideation.corpus.identity import PaperId
from ideation.facets import PaperFacets
from ideation.idea import IdeaText


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A paper as a muse is shown it. What it says is data: a prompt fences it."""

    paper: PaperId
    title: str
    abstract: str
    facets: PaperFacets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One card of a deck (`scamper`, `triz`, ...): `instruction` says what to do to the topic."""

    deck: str
    name: str
    instruction: str


class Shape(StrEnum):
    """How an idea is asked for."""

    PLAIN = "plain"
    VERBALIZED = "verbalized"
    """Several answers of one call, each with how likely it is (Verbalized Sampling, arXiv 2510.01171)."""
    TWO_PHASE = "two_phase"
    """List freely first, then choose and satisfy the constraints (CreativeDC)."""
    BIT_FLIP = "bit_flip"
    """Name the assumption, turn it over, say its core in six words (HypoGen, arXiv 2504.12976)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRequest:
    """Ideas wanted on a topic. `parents` are ideas to build on, `said` titles not to be repeated, `forbidden`
    words not to be used, `advice` what reviews of earlier ideas taught, `notes` what the user knows.

    With `VERBALIZED`, `tail` is the probability under which answers are wanted.
    """

    topic: str
    count: int = 1
    shape: Shape = Shape.PLAIN
    sources: tuple[Source, ...] = ()
    operator: Operator | None = None
    persona: str = ""
    parents: tuple[IdeaText, ...] = ()
    forbidden: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    notes: str = ""
    tail: float | None = None
    temperature: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`papers` are those of the sources that it says it uses."""

    text: IdeaText
    papers: tuple[PaperId, ...] = ()
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What came back; `faults` has a line for each idea that could not be read."""

    proposals: tuple[Proposal, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseRequest:
    """An idea to be written again: `weaknesses` are to be mended, every part in `keep` stays as it is, and it
    must come out clearly other than `unlike`.
    """

    topic: str
    idea: IdeaText
    direction: str = ""
    weaknesses: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    unlike: tuple[Source, ...] = ()
    sources: tuple[Source, ...] = ()
    temperature: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What a review grades from 1 to 5; `anchors` say in words what 1, 3 and 5 are."""

    name: str
    question: str
    anchors: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """Each criterion is judged by itself; `said` is what other reviewers of a panel hold, where they talk."""

    topic: str
    idea: IdeaText
    criterion: Criterion
    persona: str = ""
    said: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """`score` from 1 to 5; None is unknown, which is neither good nor bad."""

    criterion: str
    score: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Short texts wanted: search queries, mechanisms named, assumptions, trends. `question` says which."""

    question: str
    material: tuple[str, ...]
    count: int
    seed: int = 0


class Muse(Protocol):
    """Writes, rewrites and grades ideas.

    Every call raises `ModelOutputError` where nothing readable came back, `ProviderError` where the endpoint
    failed, and `LimitReached` where the budget is spent.
    """

    @property
    def name(self) -> str:
        """The SPEC of what writes."""
        ...

    async def propose(self, request: ProposeRequest) -> Proposed: ...

    async def revise(self, request: ReviseRequest) -> IdeaText: ...

    async def grade(self, request: ReviewRequest) -> Grade: ...

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        """At most `count` texts, none twice."""
        ...

    async def facets(self, source: Source) -> PaperFacets: ...
