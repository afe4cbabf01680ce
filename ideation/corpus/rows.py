"""Papers as rows of the corpus file and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypedDict

from sqlalchemy import RowMapping

from ideation.corpus.dates import Published
from ideation.corpus.identity import PaperId
from ideation.corpus.paper import Paper, SourceRecord
from ideation.corpus.words import counts, packed


class PaperRow(TypedDict):
    """The columns of `tables.papers`."""

    number: int
    id: str
    title: str
    abstract: str
    authors: str
    published: str | None
    last_day: str | None
    venue: str
    doi: str | None
    arxiv: str | None
    url: str
    reference_names: str
    citation_count: int | None
    sources: str
    terms: bytes
    term_counts: bytes


def row_of(number: int, paper: Paper) -> PaperRow:
    terms, term_counts = packed(counts(paper.title, paper.abstract))
    return PaperRow(
        number=number,
        id=paper.id,
        title=paper.title,
        abstract=paper.abstract,
        authors=_packed_list(paper.authors),
        published=paper.published.text if paper.published else None,
        last_day=paper.published.last_day.isoformat() if paper.published else None,
        venue=paper.venue,
        doi=paper.doi,
        arxiv=paper.arxiv,
        url=paper.url,
        reference_names=_packed_list(paper.references),
        citation_count=paper.citation_count,
        sources=json.dumps([[each.source, each.record_id] for each in paper.sources], ensure_ascii=False),
        terms=terms,
        term_counts=term_counts,
    )


def paper_of(row: RowMapping | Mapping[str, object]) -> Paper:
    """The paper of a row that holds at least all columns but the number and the terms."""
    published, citations = row["published"], row["citation_count"]
    doi, arxiv = row["doi"], row["arxiv"]
    return Paper(
        id=PaperId(str(row["id"])),
        title=str(row["title"]),
        abstract=str(row["abstract"]),
        authors=tuple(json.loads(str(row["authors"]))),
        published=Published.parse(str(published)) if published is not None else None,
        venue=str(row["venue"]),
        doi=None if doi is None else str(doi),
        arxiv=None if arxiv is None else str(arxiv),
        url=str(row["url"]),
        references=tuple(json.loads(str(row["reference_names"]))),
        citation_count=int(str(citations)) if citations is not None else None,
        sources=tuple(
            SourceRecord(source=source, record_id=record_id)
            for source, record_id in json.loads(str(row["sources"]))
        ),
    )


def _packed_list(values: tuple[str, ...]) -> str:
    return json.dumps(values, ensure_ascii=False)
