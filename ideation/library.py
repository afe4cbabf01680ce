"""The library of a run: the papers of a corpus before the run's cutoff, as arms are shown them."""

from __future__ import annotations

from collections.abc import Sequence

from ideation.corpus.identity import PaperId
from ideation.corpus.paper import Paper
from ideation.corpus.query import Query, split_facets
from ideation.corpus.view import CorpusView
from ideation.facets import read_facets
from ideation.muse import Source


class CorpusLibrary:
    """Implements `ideation.arm.Library` over a view, which hides what came later."""

    def __init__(self, view: CorpusView) -> None:
        self._view = view
        self._shown: dict[PaperId, Source] = {}

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        """Sentences of a long query are searched for one by one too: each may have its own papers."""
        facets = split_facets(text)
        hits = self._view.search(Query(text=text, limit=limit, facets=facets if len(facets) > 1 else ()))
        return self._sources([hit.id for hit in hits])

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        if self._view.get(paper) is None:
            return ()
        return self._sources([hit.id for hit in self._view.similar(paper, limit)])

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        return self._sources(self._view.references(paper))

    def citations(self, paper: PaperId) -> tuple[Source, ...]:
        return self._sources(self._view.cited_by(paper))

    def get(self, paper: PaperId) -> Source | None:
        return next(iter(self._sources([paper])), None)

    def year(self, paper: PaperId) -> int | None:
        found = self._view.get(paper)
        return found.year if found else None

    def cited(self, paper: PaperId) -> int | None:
        found = self._view.get(paper)
        return found.citation_count if found else None

    def papers(self) -> tuple[PaperId, ...]:
        return self._view.ids

    def _sources(self, ids: Sequence[PaperId]) -> tuple[Source, ...]:
        unknown = [each for each in ids if each not in self._shown]
        for paper in self._view.papers(unknown) if unknown else ():
            self._shown[paper.id] = source_of(paper)
        return tuple(self._shown[each] for each in ids if each in self._shown)


def source_of(paper: Paper) -> Source:
    """The paper as a muse is shown it, its facets read by rules."""
    return Source(
        paper=paper.id,
        title=paper.title,
        abstract=paper.abstract,
        facets=read_facets(paper.id, paper.title, paper.abstract),
    )
