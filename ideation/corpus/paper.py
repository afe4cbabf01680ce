"""A paper as the corpus holds it, and how records of one paper become one.

Every field is merged by a rule that asks neither for order nor for repetition, so that the same files give
the same corpus however often and in whatever order they are imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ideation.corpus.dates import Published
from ideation.corpus.identity import Key, PaperId, arxiv_of_doi, identity_keys, paper_id_of


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SourceRecord:
    """Where a record of the paper came from: a source's name and the paper's id there."""

    source: str
    record_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper. Texts are empty and values None where nothing is known.

    `references` are DOIs, arXiv ids (`arXiv:2401.00001`) or titles, sorted; `arxiv` bears no version.
    """

    id: PaperId
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    published: Published | None = None
    venue: str = ""
    doi: str | None = None
    arxiv: str | None = None
    url: str = ""
    references: tuple[str, ...] = ()
    citation_count: int | None = None
    sources: tuple[SourceRecord, ...] = ()

    @property
    def year(self) -> int | None:
        return self.published.year if self.published else None

    @property
    def text(self) -> str:
        """What is searched."""
        return f"{self.title}\n{self.abstract}" if self.abstract else self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record on its way into the corpus, under the keys of its own fields."""

    paper: Paper
    keys: tuple[Key, ...] = field(repr=False)


def candidate(
    *,
    title: str,
    abstract: str = "",
    authors: tuple[str, ...] = (),
    published: Published | None = None,
    venue: str = "",
    doi: str | None = None,
    arxiv: str | None = None,
    url: str = "",
    references: tuple[str, ...] = (),
    citation_count: int | None = None,
    sources: tuple[SourceRecord, ...] = (),
) -> Candidate:
    """Identifiers come in normal form (`identity.py`), the title is not empty."""
    arxiv = arxiv or (arxiv_of_doi(doi) if doi else None)
    keys = identity_keys(
        doi=doi,
        arxiv=arxiv,
        title=title,
        year=published.year if published else None,
        first_author=authors[0] if authors else "",
    )
    paper = Paper(
        id=paper_id_of(keys[0]),
        title=title,
        abstract=abstract,
        authors=authors,
        published=published,
        venue=venue,
        doi=doi,
        arxiv=arxiv,
        url=url,
        references=tuple(sorted(set(references))),
        citation_count=citation_count,
        sources=tuple(sorted(set(sources))),
    )
    return Candidate(paper=paper, keys=keys)


def merged(papers: Sequence[Paper]) -> Paper:
    """One paper of several: the longer text, the more authors, the earliest date, all references.

    The id is the smallest, so that it does not depend on who came first. A preprint dates the paper.
    """
    dates = [paper.published for paper in papers if paper.published]
    return Paper(
        id=min(paper.id for paper in papers),
        title=_longest(paper.title for paper in papers),
        abstract=_longest(paper.abstract for paper in papers),
        authors=max((paper.authors for paper in papers), key=_richness),
        published=min(dates, key=_earliness, default=None),
        venue=_longest(paper.venue for paper in papers),
        doi=min((paper.doi for paper in papers if paper.doi), key=_doi_preference, default=None),
        arxiv=min((paper.arxiv for paper in papers if paper.arxiv), default=None),
        url=min((paper.url for paper in papers if paper.url), key=_url_preference, default=""),
        references=tuple(sorted({name for paper in papers for name in paper.references})),
        citation_count=max(
            (paper.citation_count for paper in papers if paper.citation_count is not None), default=None
        ),
        sources=tuple(sorted({source for paper in papers for source in paper.sources})),
    )


def _longest(texts: Iterable[str]) -> str:
    return max(texts, key=lambda text: (len(text), text))


def _richness(authors: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return len(authors), sum(map(len, authors)), authors


def _earliness(published: Published) -> tuple[int, int, str]:
    return published.year, -published.precision, published.text


def _doi_preference(doi: str) -> tuple[bool, str]:
    return arxiv_of_doi(doi) is not None, doi


def _url_preference(url: str) -> tuple[bool, int, str]:
    return not url.startswith("https://"), len(url), url
