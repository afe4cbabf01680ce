"""What the corpus holds already, asked before anything is fetched."""

from __future__ import annotations

from sqlalchemy import select

from core.database import Database
from ideation.corpus.identity import PaperId, id_key, identity_keys, normal_arxiv, normal_doi
from ideation.corpus.paper import Paper
from ideation.corpus.rows import paper_of
from ideation.corpus.tables import keys, papers, records


class Lookup:
    """Finds a held paper by any name it has borne; None where it is not held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, paper_id: PaperId) -> Paper | None:
        """Also by the id of a paper that was merged into it since."""
        return self._by_key(id_key(paper_id))

    def by_doi(self, doi: str) -> Paper | None:
        plain = normal_doi(doi)
        return (
            self._by_key(identity_keys(doi=plain, arxiv=None, title="", year=None, first_author="")[0])
            if plain
            else None
        )

    def by_arxiv(self, arxiv: str) -> Paper | None:
        plain = normal_arxiv(arxiv)
        return (
            self._by_key(identity_keys(doi=None, arxiv=plain, title="", year=None, first_author="")[0])
            if plain
            else None
        )

    def by_record(self, source: str, record_id: str) -> Paper | None:
        """By the id under which a source told of it (`openalex`, `W2741809807`)."""
        found = select(records.c.number).where(records.c.source == source, records.c.record_id == record_id)
        with self._database.reading() as session:
            query = select(papers).where(papers.c.number.in_(found)).order_by(papers.c.id).limit(1)
            row = session.execute(query).mappings().first()
        return paper_of(row) if row is not None else None

    def _by_key(self, key: str) -> Paper | None:
        with self._database.reading() as session:
            query = select(papers).join(keys, keys.c.number == papers.c.number).where(keys.c.key == key)
            row = session.execute(query).mappings().first()
        return paper_of(row) if row is not None else None
