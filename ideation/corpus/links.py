"""Which visible papers cite which, resolved by every name a reference may bear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ideation.corpus.dates import Cutoff
from ideation.corpus.identity import PaperId, normal_title
from ideation.corpus.loading import visible
from ideation.corpus.tables import papers, records

_OPENALEX = "https://openalex.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Citations among visible papers; lists are sorted by id."""

    references: dict[PaperId, tuple[PaperId, ...]]
    cited_by: dict[PaperId, tuple[PaperId, ...]]


def read_links(connection: Connection, cutoff: Cutoff) -> Links:
    """References by DOI, arXiv id, a source's id or title; a title that two papers bear names neither."""
    columns = papers.c
    query = select(columns.id, columns.title, columns.doi, columns.arxiv, columns.reference_names)
    rows = connection.execute(visible(query, cutoff).order_by(columns.id)).all()
    known: dict[str, PaperId] = {}
    titles: dict[str, PaperId | None] = {}
    for name, title, doi, arxiv, _ in rows:
        plain = normal_title(title)
        titles[plain] = None if plain in titles else PaperId(name)
        known.update({key: PaperId(name) for key in (doi, f"arXiv:{arxiv}" if arxiv else None) if key})
    held = select(papers.c.id, records.c.record_id).join(records, records.c.number == papers.c.number)
    for name, record_id in connection.execute(
        visible(held, cutoff).order_by(records.c.record_id, papers.c.id)
    ):
        known.setdefault(str(record_id), PaperId(str(name)))
    references: dict[PaperId, tuple[PaperId, ...]] = {}
    back: dict[PaperId, set[PaperId]] = {}
    for name, _, _, _, packed in rows:
        cited = {
            found for each in _names(packed) if (found := known.get(each) or titles.get(normal_title(each)))
        }
        cited.discard(PaperId(name))
        if cited:
            references[PaperId(name)] = tuple(sorted(cited))
        for each in cited:
            back.setdefault(each, set()).add(PaperId(name))
    return Links(
        references=references, cited_by={name: tuple(sorted(citing)) for name, citing in back.items()}
    )


def _names(packed: str) -> Iterator[str]:
    for name in json.loads(packed):
        yield name.removeprefix(_OPENALEX)
