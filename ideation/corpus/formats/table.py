"""CSV and TSV with a header line."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ideation.corpus.formats.fields import paper_fields, plain_name
from ideation.corpus.record import BadRecord, Draft

MOST_LINES = 200
"""Lines that one quoted record may span; more, and its opening quote is taken for a mistake."""


def read_csv(text: str) -> Iterator[Draft | BadRecord]:
    """Commas, or semicolons where the header has more of them."""
    header = text.partition("\n")[0]
    yield from _read(text, ";" if header.count(";") > header.count(",") else ",")


def read_tsv(text: str) -> Iterator[Draft | BadRecord]:
    yield from _read(text, "\t")


def _read(text: str, delimiter: str) -> Iterator[Draft | BadRecord]:
    lines = text.split("\n")
    at = next((place for place, line in enumerate(lines) if line.strip()), None)
    if at is None:
        return
    header = _cells(lines[at], delimiter)
    names = [plain_name(name) for name in header or []]
    if "title" not in paper_fields(dict.fromkeys(names, "x")):
        yield BadRecord(line=at + 1, reason="the header has no column for the title; name it title")
        return
    at += 1
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        outcome, used = _record(lines, at, names, delimiter)
        yield outcome
        at += used


def _record(lines: list[str], at: int, names: list[str], delimiter: str) -> tuple[Draft | BadRecord, int]:
    """The record that begins at a line, and how many lines it took; a broken one costs one line."""
    line = at + 1
    end, quotes = at + 1, lines[at].count('"')
    while quotes % 2 and end < len(lines) and end - at < MOST_LINES:
        quotes += lines[end].count('"')
        end += 1
    if quotes % 2:
        return BadRecord(line=line, reason="a quote is not closed"), 1
    cells = _cells("\n".join(lines[at:end]), delimiter)
    if cells is None:
        return BadRecord(line=line, reason="its quotes do not match"), 1
    if len(cells) != len(names):
        return BadRecord(line=line, reason=f"has {len(cells)} columns, the header {len(names)}"), 1
    try:
        fields = paper_fields(dict(zip(names, cells, strict=True)))
    except ValueError as error:
        return BadRecord(line=line, reason=str(error)), end - at
    return Draft(line=line, fields=fields), end - at


def _cells(record: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader([record], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
