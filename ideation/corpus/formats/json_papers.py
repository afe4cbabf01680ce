"""JSON lines and JSON documents: plain records, OpenAlex, Semantic Scholar, Crossref and MOOSE-Chem.

A document is an array of papers, or an object that holds one under `results` (OpenAlex), `data` (Semantic
Scholar), `items` (Crossref) or `papers`. A paper is an object, or `[title, abstract]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from ideation.corpus.formats.fields import paper_fields
from ideation.corpus.record import BadRecord, Draft

_HOLDERS = ("results", "data", "items", "papers")
_BLANK = re.compile(r"[\s,]*")
_NEXT = re.compile(r"\n[ \t]*(?=[\[{])")
_ARRAY = re.compile(r"\s*(?:\{(?:[^\[\]]|\[\s*\])*?\"(?:results|data|items|papers)\"\s*:\s*)?\[")
_OPENALEX = re.compile(r"https?://openalex\.org/")


def read_jsonl(text: str) -> Iterator[Draft | BadRecord]:
    """One paper a line; blank lines are passed over."""
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError) as error:
            yield BadRecord(line=line, reason=f"is not JSON: {_short(error)}")
        else:
            yield draft_of(line, value)


def read_json(text: str) -> Iterator[Draft | BadRecord]:
    """An array of papers, one after another: a broken one costs itself, reading goes on at the next line
    that begins with a bracket.
    """
    found = _ARRAY.match(text)
    if not found:
        yield from _single(text)
        return
    decoder = json.JSONDecoder()
    at, line, counted = found.end(), 1, 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        line, counted = line + text.count("\n", counted, at), at
        if at >= len(text):
            yield BadRecord(line=line, reason="the array of papers has no end")
            return
        if text[at] == "]":
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield BadRecord(line=line, reason=f"is not JSON: {_short(error)}")
            following = _NEXT.search(text, at)
            if not following:
                return
            at = following.end()
        else:
            yield draft_of(line, value)
            at = end


def draft_of(line: int, value: object) -> Draft | BadRecord:
    """The draft of one paper as JSON gives it."""
    if isinstance(value, list):
        if len(value) != 2 or not all(isinstance(part, str) for part in value):
            return BadRecord(line=line, reason="an array must be [title, abstract]")
        return Draft(line=line, fields={"title": value[0], "abstract": value[1]})
    if not isinstance(value, Mapping):
        return BadRecord(line=line, reason="is neither an object nor [title, abstract]")
    try:
        return Draft(line=line, fields=paper_fields(_flattened(value)))
    except ValueError as error:
        return BadRecord(line=line, reason=str(error))


def _single(text: str) -> Iterator[Draft | BadRecord]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        yield BadRecord(line=1, reason=f"is not JSON: {_short(error)}")
        return
    if isinstance(value, Mapping) and isinstance(message := value.get("message"), Mapping):
        value = message  # Crossref wraps its answers
    held = (
        next((value[name] for name in _HOLDERS if isinstance(value.get(name), list)), None)
        if isinstance(value, Mapping)
        else None
    )
    for each in held if held is not None else [value]:
        yield draft_of(1, each)


def _flattened(value: Mapping[str, object]) -> dict[str, object]:
    """The nested parts of OpenAlex, Semantic Scholar and Crossref under plain names."""
    flat = dict(value)
    if isinstance(external := value.get("externalIds"), Mapping):
        flat.setdefault("doi", external.get("DOI"))
        flat.setdefault("arxiv", external.get("ArXiv"))
    location = value.get("primary_location")
    if isinstance(location, Mapping) and isinstance(source := location.get("source"), Mapping):
        flat.setdefault("venue", source.get("display_name"))
    for name in ("issued", "published-print", "published-online", "published"):
        if isinstance(part := value.get(name), Mapping):
            flat.pop(name)
            if date := _date_parts(part):
                flat["publication_date"] = date
    if isinstance(bare := value.get("id"), str):
        flat["id"] = _OPENALEX.sub("", bare)
    if isinstance(versions := value.get("versions"), list) and "update_date" in value:
        flat.update(_arxiv_dump(value, versions))
    return flat


def _arxiv_dump(value: Mapping[str, object], versions: list[object]) -> dict[str, object]:
    """A record of arXiv's metadata dump: its id is the arXiv id, its first version dates it."""
    found: dict[str, object] = {"arxiv": value.get("id"), "date": value.get("update_date")}
    first = versions[0] if versions else None
    created = str(first.get("created", "")) if isinstance(first, Mapping) else ""
    if part := re.search(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})", created):
        months = "JanFebMarAprMayJunJulAugSepOctNovDec"
        found["date"] = f"{part[3]}-{months.find(part[2]) // 3 + 1:02}-{int(part[1]):02}"
    return found


def _date_parts(value: Mapping[str, object]) -> str | None:
    parts = value.get("date-parts")
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], list) or not parts[0]:
        return None
    return "-".join(str(part) for part in parts[0] if part is not None) or None


def _short(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error).split(" (char")[0][:80]
