"""Which reader a file needs, by its name and, where that does not tell, by how it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import UserError
from ideation.corpus.formats.bibtex import read_bibtex
from ideation.corpus.formats.json_papers import read_json, read_jsonl
from ideation.corpus.formats.pdf import read_pdf
from ideation.corpus.formats.ris import read_ris
from ideation.corpus.formats.table import read_csv, read_tsv
from ideation.corpus.record import BadRecord, Draft

MOST_BYTES = 2_000_000_000


class Format(StrEnum):
    """The formats of paper files; the name is also the source under which their records are kept."""

    BIBTEX = "bibtex"
    RIS = "ris"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    PDF = "pdf"


Reader = Callable[[str], Iterator[Draft | BadRecord]]

_READERS: Mapping[Format, Reader] = {
    Format.BIBTEX: read_bibtex,
    Format.RIS: read_ris,
    Format.JSONL: read_jsonl,
    Format.JSON: read_json,
    Format.CSV: read_csv,
    Format.TSV: read_tsv,
}
_ENDINGS = {
    ".bib": Format.BIBTEX,
    ".bibtex": Format.BIBTEX,
    ".ris": Format.RIS,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSON,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFile:
    """A file's format and its drafts, read as they are asked for."""

    form: Format
    drafts: Iterator[Draft | BadRecord]


def read_file(path: Path, form: Format | None = None) -> PaperFile:
    """Open a file of papers. Bytes that are not UTF-8 spoil the record they stand in, not the file.

    Raises:
        UserError: the file cannot be read or its format is not known.
    """
    if path.suffix.lower() == ".pdf" and form in (None, Format.PDF):
        return PaperFile(form=Format.PDF, drafts=read_pdf(path))
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is over 2 GB; split it, or import it as several files")
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    if form is Format.PDF:
        raise UserError(f"{path} is no PDF by its name; call it *.pdf")
    chosen = form or _ENDINGS.get(path.suffix.lower()) or _guessed(text)
    if chosen is None:
        known = ", ".join(each.value for each in _READERS)
        raise UserError(f"cannot tell the format of {path}; name one of {known}")
    return PaperFile(form=chosen, drafts=read_text(text, chosen))


def read_text(text: str, form: Format) -> Iterator[Draft | BadRecord]:
    return _READERS[form](text.replace("\r\n", "\n").replace("\r", "\n"))


def _guessed(text: str) -> Format | None:
    start = text[:4096].lstrip()
    if start.startswith("@"):
        return Format.BIBTEX
    if start.startswith("TY  -"):
        return Format.RIS
    if start.startswith("["):
        return Format.JSON
    if start.startswith("{"):
        return Format.JSONL
    return None
