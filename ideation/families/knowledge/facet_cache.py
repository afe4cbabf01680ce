"""Facets of papers, read once: by a muse that remembers what it read, in memory or in an SQLite file.

What is kept is known by the muse that read, by its instructions and by the paper's text: another model,
another prompt or a changed abstract is read anew.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Protocol

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import Column, MetaData, Table, Text, select

from core.database import Database
from ideation.arm import Desk
from ideation.facets import Facet, FacetKind, PaperFacets, read_facets
from ideation.idea import IdeaText
from ideation.muse import (
    Grade,
    ListRequest,
    Muse,
    Proposed,
    ProposeRequest,
    ReviewRequest,
    ReviseRequest,
    Source,
)
from ideation.muses.offline import NAME as OFFLINE
from ideation.prompts import FacetsPrompt

RULES = "rules"
_METADATA = MetaData()
_TABLE = Table(
    "facet_cache",
    _METADATA,
    Column("reader", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("facets", Text, nullable=False),
)


class _FacetRow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: FacetKind
    text: str
    start: int
    end: int


_ROWS = TypeAdapter(list[_FacetRow])


class FacetStore(Protocol):
    """Keeps what was read, by reader and by the digest of the paper's text."""

    def get(self, reader: str, source: Source) -> PaperFacets | None: ...

    def put(self, reader: str, source: Source, facets: PaperFacets) -> None: ...


class FacetsInMemory:
    """Lives as long as the object."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], PaperFacets] = {}

    def get(self, reader: str, source: Source) -> PaperFacets | None:
        return self._kept.get((reader, _digest(source)))

    def put(self, reader: str, source: Source, facets: PaperFacets) -> None:
        self._kept[reader, _digest(source)] = facets


class FacetsInDatabase:
    """A table of its own in a database, made where it is missing. A row that is no use is read anew.

    Raises (every method):
        StorageError, UserError: the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.session() as session:
            _METADATA.create_all(session.connection())

    def get(self, reader: str, source: Source) -> PaperFacets | None:
        query = select(_TABLE.c.facets).where(_TABLE.c.reader == reader, _TABLE.c.digest == _digest(source))
        with self._database.reading() as session:
            found = session.scalar(query)
        if found is None:
            return None
        try:
            rows = _ROWS.validate_json(found)
        except ValidationError:
            return None
        facets = tuple(Facet(kind=row.kind, text=row.text, start=row.start, end=row.end) for row in rows)
        if not all(_stands(facet, source) for facet in facets):
            return None
        return PaperFacets(paper=source.paper, by=reader.partition("|")[0], facets=facets)

    def put(self, reader: str, source: Source, facets: PaperFacets) -> None:
        rows = [_FacetRow(kind=f.kind, text=f.text, start=f.start, end=f.end) for f in facets.facets]
        values = {"reader": reader, "digest": _digest(source), "facets": _ROWS.dump_json(rows).decode()}
        key = (_TABLE.c.reader == reader) & (_TABLE.c.digest == values["digest"])
        with self._database.session() as session:
            session.execute(_TABLE.delete().where(key))
            session.execute(_TABLE.insert(), [values])


class CachingMuse:
    """A muse that reads no paper twice. Put it around a `CountedMuse`: what is known then costs no call."""

    def __init__(self, muse: Muse, store: FacetStore) -> None:
        self._muse, self._store = muse, store
        self._reader = f"{muse.name}|{FacetsPrompt.digest()[:16]}"

    @property
    def name(self) -> str:
        return self._muse.name

    async def propose(self, request: ProposeRequest) -> Proposed:
        return await self._muse.propose(request)

    async def revise(self, request: ReviseRequest) -> IdeaText:
        return await self._muse.revise(request)

    async def grade(self, request: ReviewRequest) -> Grade:
        return await self._muse.grade(request)

    async def list(self, request: ListRequest) -> tuple[str, ...]:
        return await self._muse.list(request)

    async def facets(self, source: Source) -> PaperFacets:
        known = self._store.get(self._reader, source)
        if known is None:
            known = await self._muse.facets(source)
            self._store.put(self._reader, source, known)
        return PaperFacets(paper=source.paper, by=known.by, facets=known.facets)


class FacetReader:
    """Reads papers for one run of an arm, none twice; by rules where the muse gives nothing readable."""

    def __init__(self, desk: Desk, stage: str) -> None:
        self._desk, self._stage = desk, stage
        self._read: dict[tuple[str, str], PaperFacets] = {}

    async def read(self, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        """The same papers with their facets.

        Raises:
            LimitReached: the budget is spent.
        """
        new = {(each.paper, _digest(each)): each for each in sources if self._is_new(each)}
        muse = self._desk.muse
        works = [partial(muse.facets, source) for source in new.values()]
        found = await self._desk.gather(self._stage, works) if works else []
        for (key, source), facets in zip(new.items(), found, strict=True):
            by_rules = source.facets or read_facets(source.paper, source.title, source.abstract)
            self._read[key] = facets or by_rules
        return tuple(self._with_facets(each) for each in sources)

    def _is_new(self, source: Source) -> bool:
        """Facets that rules read are read anew where there is a model to do it."""
        if source.facets is not None and (source.facets.by != RULES or self._desk.muse.name == OFFLINE):
            return False
        return (source.paper, _digest(source)) not in self._read

    def _with_facets(self, source: Source) -> Source:
        facets = self._read.get((source.paper, _digest(source)), source.facets)
        return Source(paper=source.paper, title=source.title, abstract=source.abstract, facets=facets)


def _digest(source: Source) -> str:
    text = f"{source.title}\x1f{source.abstract}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _stands(facet: Facet, source: Source) -> bool:
    return facet.start < 0 or source.abstract[facet.start : facet.end] == facet.text
