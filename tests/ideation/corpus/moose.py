"""The 51 MOOSE-Chem questions, read from their sheet with the standard library alone."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ideation.corpus.identity import normal_title

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COLUMN = re.compile(r"[A-Z]+")
_SURVEY, _QUESTION, _INSPIRATIONS = ("F", "E"), ("H", "G"), ("J", "L", "N")
"""Columns; of survey and question the strict wording comes first, as its authors use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MooseQuestion:
    """A research question, a survey of its background, titles of the papers that inspired the answer."""

    number: int
    question: str
    survey: str
    gold_titles: tuple[str, ...]


def read_questions(folder: Path) -> tuple[MooseQuestion, ...]:
    """Questions of `chem_research_2024.xlsx`, each with one to three gold inspirations."""
    with zipfile.ZipFile(folder / "chem_research_2024.xlsx") as book:
        strings = [
            "".join(part.text or "" for part in entry.iter(f"{_NS}t"))
            for entry in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    rows = [_cells(row, strings) for row in sheet.iter(f"{_NS}row")][1:]
    return tuple(
        MooseQuestion(
            number=number,
            question=_first(row, _QUESTION),
            survey=_first(row, _SURVEY),
            gold_titles=tuple(title for column in _INSPIRATIONS if (title := _first(row, (column,)))),
        )
        for number, row in enumerate(rows)
    )


def gold_places(question: MooseQuestion, titles: list[str]) -> tuple[int, ...]:
    """Places of the gold inspirations among the titles of a corpus."""
    places = {normal_title(title): place for place, title in enumerate(titles)}
    return tuple(places[normal_title(title)] for title in question.gold_titles)


def corpus_file(folder: Path) -> Path:
    return folder / "Inspiration_Corpus_300.json"


def corpus_titles(folder: Path) -> list[str]:
    return [title for title, _ in json.loads(corpus_file(folder).read_text("utf-8"))]


def _cells(row: ElementTree.Element, strings: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in row:
        value, column = cell.find(f"{_NS}v"), _COLUMN.match(cell.get("r", ""))
        if value is not None and value.text and column:
            found[column[0]] = strings[int(value.text)] if cell.get("t") == "s" else value.text
    return found


def _first(row: dict[str, str], columns: tuple[str, ...]) -> str:
    """The first column that says more than NA."""
    return next((text for each in columns if (text := row.get(each, "").strip()) not in ("", "NA")), "")
