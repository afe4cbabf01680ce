"""What the lines of a list answer say of papers: which ones they name, and the grades they give.

A line that names none of the papers that were shown says nothing; no line is ever taken to mean more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ideation.corpus.identity import PaperId, normal_title
from ideation.muse import Source

_TOKEN = re.compile(r"[^\s\[\](),;\"'`]+")
_GRADE = re.compile(r"(?<![\d.])(10|[1-9])(?:\.0)?(?:\s*/\s*10)?(?![\d.]*\d)")
_LOOKUP = re.compile(r"\s*(search|similar|references)\b[^:]{0,20}:\s*(.*)", re.IGNORECASE | re.DOTALL)
_SHORT_TITLE = 15
"""Letters below which a title may stand in a line by accident."""


class Look(StrEnum):
    """The three ways to look for papers (AI-Researcher: KeywordQuery, PaperQuery, GetReferences)."""

    SEARCH = "search"
    SIMILAR = "similar"
    REFERENCES = "references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """`subject` is words for a search and else a paper's id. `by_model`: the muse named it, not a rule."""

    look: Look
    subject: str
    by_model: bool = True


def named(line: str, sources: Sequence[Source]) -> Source | None:
    """The paper that a line names: by its id, else by its whole title."""
    tokens = {token.rstrip(".:") for token in _TOKEN.findall(line)}
    found = next((each for each in sources if each.paper in tokens), None)
    if found is not None:
        return found
    plain = f" {normal_title(line)} "
    titles = ((normal_title(each.title), each) for each in sources)
    return next(
        (each for title, each in titles if len(title) >= _SHORT_TITLE and f" {title} " in plain), None
    )


def all_named(lines: Iterable[str], sources: Sequence[Source]) -> tuple[Source, ...]:
    """The papers that the lines name, in the order of the lines, none twice."""
    found = (named(line, sources) for line in lines)
    return tuple({each.paper: each for each in found if each is not None}.values())


def grades(lines: Iterable[str], sources: Sequence[Source]) -> dict[PaperId, int]:
    """Whole numbers from 1 to 10 by paper, from lines such as `[id]: 7`; the first said of a paper counts."""
    found: dict[PaperId, int] = {}
    for line in lines:
        source = named(line, sources)
        if source is None or source.paper in found:
            continue
        rest = line.replace(source.paper, " ").replace(source.title, " ")
        numbers = _GRADE.findall(rest)
        if numbers:
            found[source.paper] = int(numbers[-1] if rest.rstrip().endswith(numbers[-1]) else numbers[0])
    return found


def lookup(line: str, known: Sequence[Source]) -> Lookup | None:
    """What a line says to look up: `search: words`, `similar: [id]`, `references: [id]`, or bare words.

    None where it names a paper that was not shown, or nothing.
    """
    match = _LOOKUP.fullmatch(line)
    look = Look(match[1].casefold()) if match else Look.SEARCH
    subject = " ".join((match[2] if match else line).split())
    if look is Look.SEARCH:
        return Lookup(look=look, subject=subject) if subject else None
    source = named(subject, known)
    return None if source is None else Lookup(look=look, subject=source.paper)
