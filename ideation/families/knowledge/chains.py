"""Chains of papers: one line of work, forward through who cites and backward through what is cited.

After Chain of Ideas (CoI, arXiv 2410.13185). What is judged at each step is the candidate, and every loop has
an end. Where no citations are known, papers alike take their place, and the link says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ideation.arm import Desk
from ideation.corpus.identity import PaperId
from ideation.facets import FacetKind
from ideation.families.knowledge.concepts import concepts
from ideation.families.knowledge.facet_cache import FacetReader
from ideation.families.knowledge.nearness import by_words, labelled, shown_text
from ideation.families.knowledge.replies import all_named
from ideation.muse import ListRequest, Source
from ideation.wordings import wording

_CANDIDATES = 15
_ENTITIES = 5


class Link(StrEnum):
    """How a paper came into the chain."""

    ANCHOR = "anchor"
    CITED = "cited"
    """A paper of the chain cites it: backward."""
    CITING = "citing"
    """It cites a paper of the chain: forward."""
    ALIKE = "alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One paper of the chain with its idea, in the paper's own words, and the concepts that it speaks of."""

    source: Source
    link: Link
    idea: str
    entities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Three to five papers, the earliest first; `trend` is how they moved, `steps` what would come next."""

    links: tuple[ChainLink, ...]
    trend: tuple[str, ...]
    steps: tuple[str, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(link.source for link in self.links)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaining:
    shortest: int = 3
    longest: int = 5
    trend: int = 4
    steps: int = 3


async def grow(desk: Desk, stage: str, anchor: Source, plan: Chaining) -> Chain | None:
    """The chain around a paper; None where not enough papers go with it.

    Raises:
        LimitReached: the budget is spent.
    """
    line: list[tuple[Source, Link]] = [(anchor, Link.ANCHOR)]
    back = ahead = True
    for _ in range(plan.longest):
        if len(line) < plan.longest and back:
            back = await _extend(desk, stage, line, Link.CITED)
        if len(line) < plan.longest and ahead:
            ahead = await _extend(desk, stage, line, Link.CITING)
    for _ in range(plan.shortest):
        if len(line) >= plan.shortest or not await _extend(desk, stage, line, Link.ALIKE):
            break
    if len(line) < plan.shortest:
        return None
    links = await _links(desk, stage, line)
    told = tuple(f"{at + 1}. {link.source.title}: {link.idea}" for at, link in enumerate(links))
    trend = await _list(desk, stage, wording("questions/trend", topic=desk.topic), told, plan.trend)
    ways = tuple(f"How it moved: {each}" for each in trend)
    steps = await _list(
        desk, stage, wording("questions/next steps", topic=desk.topic), (*told, *ways), plan.steps
    )
    return Chain(links=links, trend=trend, steps=steps)


async def _extend(desk: Desk, stage: str, line: list[tuple[Source, Link]], link: Link) -> bool:
    """Put one paper more at the end that the link leads to; False where none is there or none belongs."""
    held = {source.paper for source, _ in line}
    first, last = line[0][0], line[-1][0]
    if link is Link.CITED:
        found = desk.library.references(first.paper)
    elif link is Link.CITING:
        found = desk.library.citations(last.paper)
    else:
        found = desk.library.similar(line[len(line) // 2][0].paper, _CANDIDATES)
    candidates = [source for source in found if source.paper not in held]
    if link is not Link.ALIKE:
        candidates = [each for each in candidates if not _out_of_order(desk, each, first, last, link)]
    chosen = await _choose(desk, stage, [source for source, _ in line], candidates, link)
    if chosen is None:
        return False
    line.insert(_place(desk, chosen, line, link), (chosen, link))
    return True


def _place(desk: Desk, chosen: Source, line: Sequence[tuple[Source, Link]], link: Link) -> int:
    if link is Link.CITED:
        return 0
    later = (at for at, (source, _) in enumerate(line) if _earlier(desk, chosen.paper, source.paper))
    return next(later, len(line)) if link is Link.ALIKE else len(line)


def _out_of_order(desk: Desk, each: Source, first: Source, last: Source, link: Link) -> bool:
    """A reference that is later than what cites it is a mistake of the data."""
    if link is Link.CITED:
        return _earlier(desk, first.paper, each.paper)
    return _earlier(desk, each.paper, last.paper)


def _earlier(desk: Desk, one: PaperId, other: PaperId) -> bool:
    years = desk.library.year(one), desk.library.year(other)
    return years[0] is not None and years[1] is not None and years[0] < years[1]


async def _choose(
    desk: Desk, stage: str, line: Sequence[Source], candidates: Sequence[Source], link: Link
) -> Source | None:
    if not candidates:
        return None
    text = "\n".join(shown_text(source) for source in line)
    best = by_words(f"{desk.topic}\n{text}", candidates)[:_CANDIDATES]
    material = (" > ".join(source.title for source in line), *(labelled(each) for each in best))
    question = (
        wording("questions/built on before", topic=desk.topic)
        if link is Link.CITED
        else wording("questions/carried on later", topic=desk.topic)
    )
    request = ListRequest(question=question, material=material, count=1, seed=desk.seed)
    said = await desk.attempt(stage, lambda: desk.muse.list(request))
    if said == ():
        return None  # it was asked for none where none belongs
    named = all_named(said or (), best)
    return named[0] if named else best[0]


async def _links(desk: Desk, stage: str, line: Sequence[tuple[Source, Link]]) -> tuple[ChainLink, ...]:
    sources = await FacetReader(desk, stage).read(tuple(source for source, _ in line))
    return tuple(
        ChainLink(
            source=source,
            link=link,
            idea=_idea(source),
            entities=tuple(
                sorted(concepts(shown_text(source)), key=lambda each: (-len(each), each))[:_ENTITIES]
            ),
        )
        for source, (_, link) in zip(sources, line, strict=True)
    )


def _idea(source: Source) -> str:
    said = source.facets.of(FacetKind.MECHANISM) if source.facets else ()
    return " ".join(said) or source.title


async def _list(
    desk: Desk, stage: str, question: str, material: tuple[str, ...], count: int
) -> tuple[str, ...]:
    request = ListRequest(question=question, material=material, count=count, seed=desk.seed)
    said = await desk.attempt(stage, lambda: desk.muse.list(request))
    return said or ()
