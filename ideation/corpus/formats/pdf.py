"""PDF: a file is one paper. What its first pages say of it: title, abstract, identifiers, year.

PDF holds no fields, only text at places, so that the title is the document's own where it has one, else its
first line, and the abstract what stands between its heading and the introduction's. An arXiv id tells
the month; else the file's own date is taken, which is the paper's or later, so that a cutoff may hide too
much and never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.errors import UserError
from ideation.corpus.record import BadRecord, Draft

PAGES = 2
"""An abstract stands on the first page, or goes on to the second."""
MOST_ABSTRACT = 4_000
"""Characters taken where no introduction ends the abstract."""

_ABSTRACT = re.compile(r"\babstract\b[\s.:\u2014-]*", re.IGNORECASE)
_AFTER = re.compile(
    r"^\s*(?:(?:\d+|I)\.?\s+)?(?:introduction|keywords?|index terms|ccs concepts)\b",
    re.IGNORECASE | re.MULTILINE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]]")
_ARXIV = re.compile(r"\barXiv\s*:\s*(\d{4}\.\d{4,5}(?:v\d+)?)", re.IGNORECASE)
_HYPHEN = re.compile(r"(\w)-\n(\w)")
_NO_TITLE = re.compile(r"^(?:untitled|microsoft word|arxiv:|\S+\.(?:dvi|pdf|docx?|tex)$)", re.IGNORECASE)


def read_pdf(path: Path) -> Iterator[Draft | BadRecord]:
    """The paper in the file, as a record at line 1; the file is read at once.

    Raises:
        UserError: the file cannot be opened, or the extra is not installed.
    """
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise UserError(f"reading {path.name} needs pypdf: pip install 'atlas-agents[pdf]'") from None
    try:
        reader = PdfReader(path)
        text = "\n".join(page.extract_text() for page in reader.pages[:PAGES])
        about = reader.metadata
        title, year = (about.title or "", _year(about.creation_date_raw)) if about else ("", None)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # A broken file fails anywhere in its parser.
        return iter([BadRecord(line=1, reason=f"is not a PDF that can be read ({type(error).__name__})")])
    if not text.strip():
        return iter([BadRecord(line=1, reason="holds no text; a scan must be recognised first")])
    return iter([Draft(line=1, fields=fields_of(text, title=title, year=year))])


def fields_of(text: str, *, title: str = "", year: int | None = None) -> dict[str, object]:
    """Fields of `PaperRecord` from the text of the first pages; `title` and `year` are the document's."""
    found = _ABSTRACT.search(text)
    head, rest = (text[: found.start()], text[found.end() :]) if found else (text, "")
    end = _AFTER.search(rest)
    abstract = (rest[: end.start()] if end else rest)[:MOST_ABSTRACT]
    fields: dict[str, object] = {
        "title": title.strip()
        if title.strip() and not _NO_TITLE.match(title.strip())
        else _first_block(head),
        "abstract": " ".join(_HYPHEN.sub(r"\1\2", abstract).split()),
    }
    if doi := _DOI.search(head):
        fields["doi"] = doi[0]
    if arxiv := _ARXIV.search(head):
        fields["arxiv"] = arxiv[1]
        fields["published"] = (
            f"20{arxiv[1][:2]}-{arxiv[1][2:4]}"  # the form of these ids is of 2007 and later
        )
    elif year is not None:
        fields["published"] = str(year)
    return fields


def _first_block(head: str) -> str:
    """The first line, and the next where the first cannot be the end of a title."""
    lines = [line.strip() for line in head.splitlines() if line.strip() and not _ARXIV.search(line)]
    taken = lines[:1]
    if len(lines) > 1 and taken and taken[0].endswith((":", "-", " for", " of", " and", " with", " in")):
        taken.append(lines[1])
    return " ".join(taken)


def _year(date: str | None) -> int | None:
    """Of a PDF's date, `D:20240131...`."""
    match = re.match(r"D:(\d{4})", date or "")
    return int(match[1]) if match else None
