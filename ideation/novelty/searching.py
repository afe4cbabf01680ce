"""Where an idea is looked for: in what it grew from, by three forms of query, and one hop from their hits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from core.errors import AtlasError
from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.idea import IdeaText
from ideation.muse import Source
from ideation.muses.phrases import phrases
from ideation.novelty.ledger import Aspect, Search, SearchKind

FORMS = (Aspect.PROBLEM, Aspect.MECHANISM, Aspect.BOTH)
MOST_WORDS = 60
"""Longer queries find nothing at some engines."""
_PHRASES = 4
"""Of a query that found nothing, those that tell most are asked for once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far is looked: papers a query, papers to hop from, papers a hop, and papers in all."""

    per_query: int = 10
    hop_from: int = 3
    per_hop: int = 8
    most_papers: int = 40


@dataclass(slots=True, kw_only=True)
class Trail:
    """What was looked for and what was found, in the order in which it was found."""

    searches: list[Search] = field(default_factory=list)
    papers: dict[PaperId, Source] = field(default_factory=dict)

    @property
    def failures(self) -> tuple[str, ...]:
        return tuple(
            f"{each.kind} {each.form or each.asked}: {each.failure}" for each in self.searches if each.failure
        )

    def look(
        self, search: Search, ask: Callable[[], tuple[Source, ...]], limit: int
    ) -> tuple[Source, ...] | None:
        """What `ask` gives, kept with its search; None where it failed, which is kept too."""
        try:
            found = ask()[:limit]
        except (AtlasError, OSError) as error:
            self.searches.append(replace(search, failure=f"{type(error).__name__}: {error}"))
            return None
        self.searches.append(replace(search, found=tuple(source.paper for source in found)))
        for source in found:
            self.papers.setdefault(source.paper, source)
        return found


def search_for(
    text: IdeaText, library: Library, reach: Reach | None = None, origin: Sequence[PaperId] = ()
) -> Trail:
    """Look for an idea by its problem, its mechanism and both, then at what the best hits cite, what cites
    them, and what is like them; the papers of its `origin` are looked at whether or not a query finds them,
    as many as a query gives. Never raises for a failed search: it stands in the trail.
    """
    reach = reach or Reach()
    trail = Trail()
    for paper in origin[: reach.per_query]:
        trail.look(Search(kind=SearchKind.ORIGIN, asked=paper), partial(_fetched, library, paper), 1)
    grown = [*trail.papers]
    ranks: dict[PaperId, float] = {}
    for form in FORMS:
        for rank, source in enumerate(_ask(form, form.of(text), library, trail, reach.per_query)):
            ranks[source.paper] = ranks.get(source.paper, 0.0) + 1.0 / (rank + 60)
    best = sorted(ranks, key=lambda paper: (-ranks[paper], paper))
    for paper in best[: reach.hop_from]:
        _hop(paper, library, trail, reach.per_hop)
    kept = list(dict.fromkeys((*grown, *best, *trail.papers)))[: reach.most_papers]
    trail.papers = {paper: trail.papers[paper] for paper in kept}
    return trail


def _fetched(library: Library, paper: PaperId) -> tuple[Source, ...]:
    source = library.get(paper)
    return () if source is None else (source,)


def _ask(form: Aspect, words: str, library: Library, trail: Trail, limit: int) -> tuple[Source, ...]:
    query = " ".join(words.split()[:MOST_WORDS])
    if not query:
        return ()
    search = Search(kind=SearchKind.QUERY, form=form, asked=query)
    found = trail.look(search, lambda: library.search(query, limit), limit)
    shorter = " ".join(phrases(query)[:_PHRASES])
    if found == () and shorter and shorter != query:
        again = replace(search, asked=shorter)
        found = trail.look(again, lambda: library.search(shorter, limit), limit)
    return found or ()


def _hop(paper: PaperId, library: Library, trail: Trail, limit: int) -> None:
    asks: tuple[tuple[SearchKind, Callable[[], tuple[Source, ...]]], ...] = (
        (SearchKind.REFERENCES, lambda: library.references(paper)),
        (SearchKind.CITATIONS, lambda: library.citations(paper)),
        (SearchKind.SIMILAR, lambda: library.similar(paper, limit)),
    )
    for kind, ask in asks:
        trail.look(Search(kind=kind, asked=paper), ask, limit)
