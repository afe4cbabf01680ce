"""The forty principles of TRIZ and a reduced matrix of contradictions, looked up in code and by no model.

Altshuller's matrix says for 39 properties which principles helped when improving one made another worse. Here
are 12 of the 39, those that mean something in any field; `triz.json` says what it is and what it is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from core.errors import UserError
from ideation.muse import Operator
from ideation.wordings import data

DECK = "triz"


class _Parameter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    name: str
    signs: tuple[str, ...]


class _Cell(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    improves: int
    worsens: int
    principles: tuple[int, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    note: str
    principles: tuple[tuple[str, str], ...]
    parameters: tuple[_Parameter, ...]
    matrix: tuple[_Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Improving one property makes another worse; both by the names of the matrix."""

    improves: str
    worsens: str


@cache
def _file() -> _File:
    raw = data("triz.json")
    return _File.model_validate_json(raw)


@cache
def _matrix() -> dict[tuple[int, int], tuple[int, ...]]:
    return {(cell.improves, cell.worsens): cell.principles for cell in _file().matrix}


def principles() -> tuple[Operator, ...]:
    """All forty, in Altshuller's order."""
    return tuple(Operator(deck=DECK, name=name, instruction=text) for name, text in _file().principles)


def properties() -> tuple[str, ...]:
    """Names of the properties that the reduced matrix knows."""
    return tuple(parameter.name for parameter in _file().parameters)


def helpful(contradiction: Contradiction) -> tuple[Operator, ...]:
    """The principles of the cell, the most used first; none where the cell is empty.

    Raises:
        UserError: the matrix does not know one of the properties.
    """
    numbers = {parameter.name: parameter.number for parameter in _file().parameters}
    for name in (contradiction.improves, contradiction.worsens):
        if name not in numbers:
            raise UserError(f"the matrix knows no {name!r}; it knows {', '.join(numbers)}")
    cell = _matrix().get((numbers[contradiction.improves], numbers[contradiction.worsens]), ())
    deck = principles()
    return tuple(deck[number - 1] for number in cell)


def contradictions_in(wished: Iterable[str], lamented: Iterable[str], most: int = 3) -> list[Contradiction]:
    """Contradictions that words point to: what `wished` texts are about against what `lamented` ones are.

    The pairs with the most words behind them come first, and only those whose cell has principles. Words are
    a weak sign; what they do is put some principles before others.
    """
    wish, pain = _told(wished), _told(lamented)
    pairs = [
        (wish[one] * pain[other], Contradiction(improves=one, worsens=other))
        for one in properties()
        for other in properties()
        if one != other and wish[one] and pain[other]
    ]
    pairs.sort(key=lambda pair: -pair[0])
    return [each for _, each in pairs if helpful(each)][:most]


def _told(texts: Iterable[str]) -> Counter[str]:
    words = Counter(word for text in texts for word in re.findall(r"[^\W\d_]+", text.casefold()))
    return Counter(
        {
            each.name: found
            for each in _file().parameters
            if (found := sum(words[sign] for sign in each.signs))
        }
    )
