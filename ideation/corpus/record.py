"""The edge: what a file or a source says of one paper, checked before the corpus takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ideation.corpus.dates import Published
from ideation.corpus.identity import normal_arxiv, normal_doi
from ideation.corpus.paper import Candidate, SourceRecord, candidate

MOST_ABSTRACT_CHARS = 100_000
MOST_LIST_ENTRIES = 20_000
"""Collaborations sign with some 5,000 names; no paper cites 20,000."""

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff]")
_BLANKS = re.compile(r"\s+")
_MARKS = re.compile(r"</?(?:sub|sup|i|b|em|strong|scp|tt|u)>", re.IGNORECASE)
"""Publishers mark up titles; `MgCNi<sub>3</sub>` is one word."""
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One record as its format gives it: fields by the names of `PaperRecord`, values as they stood."""

    line: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that cannot be read: the line at which it begins (from 1) and why, in one line."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def _clean(value: object) -> object:
    """Blanks and control characters as one blank, without marks of print; refuses what no text holds."""
    if not isinstance(value, str):
        return value
    if "\0" in value:
        raise ValueError("holds a NUL character")
    if _SURROGATE.search(value):
        raise ValueError("is not UTF-8 text")
    return _BLANKS.sub(" ", _CONTROL.sub(" ", _MARKS.sub("", value))).strip()


def _clean_list(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    if len(value) > MOST_LIST_ENTRIES:
        raise ValueError(f"has more than {MOST_LIST_ENTRIES:,} entries")
    return tuple(cleaned for each in value if (cleaned := _clean(each)) != "")


def _published(value: object) -> object:
    if isinstance(value, bool) or value is None or value == "":
        return None
    return Published.parse(str(value)) if isinstance(value, str | int) else value


def _identifier(value: object) -> object:
    return None if value == "" else _clean(value)


Text = Annotated[str, BeforeValidator(_clean), Field(max_length=2_000)]
Name = Annotated[str, BeforeValidator(_clean), Field(max_length=200)]
Identifier = Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(_identifier)]
Texts = Annotated[tuple[Annotated[str, Field(max_length=4_000)], ...], BeforeValidator(_clean_list)]


class PaperRecord(BaseModel):
    """A record of one paper; unknown fields are refused, and so are values beyond all reason.

    `published` is `2024`, `2024-05` or `2024-05-17`. A DOI or arXiv id that cannot be read is left out: the
    record is still a paper.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    title: Annotated[Text, Field(min_length=1)]
    abstract: Annotated[str, BeforeValidator(_clean), Field(max_length=MOST_ABSTRACT_CHARS)] = ""
    authors: Texts = ()
    published: Annotated[Published | None, BeforeValidator(_published)] = None
    venue: Text = ""
    doi: Identifier = None
    arxiv: Identifier = None
    url: Text = ""
    references: Texts = ()
    citation_count: Annotated[int | None, Field(ge=0, le=2_000_000_000)] = None
    record_id: Name = ""

    @classmethod
    def read(cls, draft: Draft) -> Self | BadRecord:
        """The record of a draft, or one line about what is wrong with it."""
        try:
            return cls.model_validate(dict(draft.fields))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            return BadRecord(line=draft.line, reason=_complaint(first["loc"], first["type"], first["msg"]))

    def candidate(self, source: str) -> Candidate:
        """The paper that it describes, as told by the source of this name."""
        return candidate(
            title=self.title,
            abstract=self.abstract,
            authors=self.authors,
            published=self.published,
            venue=self.venue,
            doi=normal_doi(self.doi) if self.doi else None,
            arxiv=normal_arxiv(self.arxiv) if self.arxiv else None,
            url=self.url,
            references=tuple(_reference(each) for each in self.references),
            citation_count=self.citation_count,
            sources=(SourceRecord(source=source, record_id=self.record_id),),
        )


def _complaint(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(location[0]) if location else "the record"
    if kind == "missing" or (name == "title" and kind.endswith("too_short")):
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return f"{name[:40]!r} is not a field of a paper"
    short = message.removeprefix("Value error, ").replace("\n", " ")
    return f"{name}: {short[:120]}"


def _reference(text: str) -> str:
    if doi := normal_doi(text):
        return doi
    arxiv = normal_arxiv(text)
    return f"arXiv:{arxiv}" if arxiv else text
