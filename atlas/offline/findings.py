"""Candidates for the answer, gathered from rows, and how they are ranked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from atlas.offline.lexicon import name_fit
from atlas.offline.question import Question, words
from atlas.offline.routes import Place
from atlas.offline.values import Cell, fits, looks_like_json, records, same_key
from atlas.offline.vocabulary import AnswerType, EntityType

_ECHO = 0.15
"""What a value that stands in the question keeps of its weight: it may be the answer, but seldom is."""
_AT_START = 0.5
"""The same for a value that the records of the opening event show."""
_HEAD = 160
"""Characters of a command line that are compared with the question: long scripts would win by length."""
_NAMED_PROCESS = 3.0
_PRIVATE = 0.3
"""A private address only says which device: every device of a site has one, in every event."""
_PRIVATE_ADDRESS = re.compile(
    r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|127\.|169\.254\.|fe80:|f[cd][0-9a-f]{2}:", re.I
)
KEY_FIT = 0.7
"""How well a name must fit the answer type to be read for it."""


@dataclass(slots=True)
class Candidate:
    """A value that may be the answer. `tables` and `places` say where it was seen."""

    value: str
    weight: float = 0.0
    echo: bool = False
    tables: set[str] = field(default_factory=set)
    places: dict[tuple[str, Place], float] = field(default_factory=dict)


class Findings:
    """What one attempt has seen so far for one question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._seen: dict[str, Candidate] = {}
        self._start: set[str] = set()
        self._prompt = f" {_spaced(question.text)} "

    def known_at_start(self, value: str) -> None:
        """Note a value that the opening event shows already: it is seldom what is asked for."""
        self._start.add(same_key(self.question.answer_type, value))

    def add(self, value: str, weight: float, table: str, place: Place) -> None:
        if not fits(self.question.answer_type, value):
            return
        key = same_key(self.question.answer_type, value)
        if not key:
            return
        known = self._seen.get(key)
        if known is None:
            known = self._seen[key] = Candidate(value=value.strip(), echo=self.is_echo(key))
        elif self.question.answer_type is AnswerType.PROCESS and len(value) > len(known.value):
            known.value = value.strip()
        known.weight += weight * (_ECHO if known.echo else 1.0) * self._fitness(value)
        known.tables.add(table)
        source = (table, place)
        known.places[source] = known.places.get(source, 0.0) + weight

    def ranked(self) -> list[Candidate]:
        """Candidates, best first."""
        return [
            candidate for _, candidate in sorted(self._weighed(), key=lambda pair: (-pair[0], pair[1].value))
        ]

    def _weighed(self) -> list[tuple[float, Candidate]]:
        return [(c.weight * (_AT_START if key in self._start else 1.0), c) for key, c in self._seen.items()]

    def is_echo(self, key: str) -> bool:
        """Whether the value stands in the prompt, marks and case left out."""
        return f" {_spaced(key)} " in self._prompt

    def _fitness(self, value: str) -> float:
        """Files and processes are many in one event: those that share words with the question weigh more.

        A private address weighs less than a public one.
        """
        question = self.question
        if question.answer_type is AnswerType.IP:
            return _PRIVATE if _PRIVATE_ADDRESS.match(value.strip()) else 1.0
        if question.answer_type not in (AnswerType.FILE, AnswerType.PROCESS):
            return 1.0
        parts = set(words(value[:_HEAD]))
        shared = sum(question.salience.get(word, 0.0) for word in parts)
        numbers = {
            e.value for e in question.entities if e.type is EntityType.NUMBER and e.value in question.asked
        }
        return 1.0 + shared + (_NAMED_PROCESS if numbers & set(value.split("__")[:1]) else 0.0)


def _spaced(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def read_cell(kind: AnswerType, cell: Cell, key: str) -> Iterator[tuple[str, str]]:
    """Pairs (value, key) of a cell for an answer type: the whole cell, or fields of the objects within it.

    With an empty `key` in a JSON-like cell every field whose name fits the type is read.
    """
    if cell is None or cell == "":
        return
    text = str(cell)
    if not looks_like_json(text):
        yield text, ""
        return
    for fields in records(text):
        for name, value in fields.items():
            if (name == key) if key else name_fit(kind, name) >= KEY_FIT:
                yield (describe_process(fields, value) if kind is AnswerType.PROCESS else value), name


def describe_process(fields: Mapping[str, str], command: str) -> str:
    """A process by all that its record says: id, creation time and command line."""
    parts = {_process_part(name): value for name, value in fields.items() if value}
    if "id" in parts and "created" in parts:
        return f"{parts['id']}__{parts['created'].lower()}__{command}"
    return command


def _process_part(name: str) -> str:
    if re.fullmatch(r"process_?id", name, re.I):
        return "id"
    if re.fullmatch(r"crea\w*time\w*", name, re.I):
        return "created"
    return ""
