"""Reads a question: what type of answer it asks for, which entities it names, what it is about.

This is knowledge of English and of security words, not of any database: no table and no column stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from atlas.offline.vocabulary import (
    DATE,
    ENTITY_PATTERNS,
    HOST_WORD,
    NOT_PERSON,
    PERSON,
    PROCESS_ID,
    QUOTED,
    STOPWORDS,
    TRIGGER,
    TYPES,
    AnswerType,
    EntityType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A value in the prompt, at its character offset."""

    type: EntityType
    value: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A prompt as the investigator reads it. `asked` is the sentence that asks, `several` tells a plural."""

    text: str
    asked: str
    answer_type: AnswerType
    several: bool
    entities: tuple[Entity, ...]
    salience: Mapping[str, float]
    """Stemmed word -> weight: 1 in the last sentence, halved with every sentence before it."""
    opening: Mapping[str, float]
    """The same from the first sentence on: the words of the event that the context starts from."""

    @property
    def values(self) -> frozenset[str]:
        """Entity values of the prompt, lower-cased. Quoted words that are no such value may name an event."""
        return frozenset(e.value.lower() for e in self.entities if e.type is not EntityType.TERM)


def stem(word: str) -> str:
    """A rough stem, enough to match `detected` with `detection`."""
    for suffix in ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "ly", "e", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


def words(text: str) -> tuple[str, ...]:
    """Stemmed content words in order, with repeats. CamelCase is split."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return tuple(stem(w) for w in re.findall(r"[a-z0-9]+", spaced.lower()) if w not in STOPWORDS)


def answer_type(asked: str) -> AnswerType:
    """The type asked for: the earliest type word after the asking verb."""
    trigger = TRIGGER.search(asked)
    start = trigger.start() if trigger else 0
    best: tuple[int, int] | None = None
    found = AnswerType.OTHER
    for rank, (kind, pattern) in enumerate(TYPES):
        match = pattern.search(asked, start)
        if match and (best is None or (match.start(), rank) < best):
            best, found = (match.start(), rank), kind
    return found


def sentences_of(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`\"'])", text.strip())


def _salience(sentences: Iterable[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for age, sentence in enumerate(sentences):
        for word in words(sentence):
            weights.setdefault(word, 0.5**age)
    return weights


def _asking_sentence(text: str) -> str:
    sentences = sentences_of(text)
    asking = [s for s in sentences if s.rstrip().endswith("?")]
    return asking[-1] if asking else sentences[-1]


def find_entities(text: str) -> tuple[Entity, ...]:
    """Entities of a text, each value once, in order of appearance."""
    found: dict[str, Entity] = {}

    def add(kind: EntityType, value: str, at: int) -> None:
        value = value.strip(" .,;:")
        if len(value) > 1 and value.lower() not in found and not DATE.fullmatch(value):
            found[value.lower()] = Entity(type=kind, value=value, at=at)

    for kind, pattern in ENTITY_PATTERNS:
        for match in pattern.finditer(text):
            part = match.lastindex or 0
            add(kind, match.group(part), match.start(part))
    for match in HOST_WORD.finditer(text):
        add(EntityType.HOST, match.group(1), match.start(1))
    for match in QUOTED.finditer(text):
        value = next(g for g in match.groups() if g)
        add(_quoted_type(value), value, match.start())
    for match in PROCESS_ID.finditer(text):
        add(EntityType.NUMBER, match.group(1), match.start(1))
    for match in PERSON.finditer(text):
        if not set(match.group().lower().split()) & NOT_PERSON:
            add(EntityType.PERSON, match.group(), match.start())
    return tuple(sorted(found.values(), key=lambda e: e.at))


def _quoted_type(value: str) -> EntityType:
    if re.fullmatch(r"[\w-]+-[\w-]+(?:\.[\w-]+)*", value) and not value.isdigit():
        return EntityType.HOST
    if re.search(r"\.(?:exe|ps1|bat|cmd)\b|\s[-/]\w|\\|://", value) and " " in value:
        return EntityType.COMMAND
    return EntityType.TERM


def read_question(text: str) -> Question:
    """Read a prompt: context and question in one text."""
    asked = _asking_sentence(text)
    kind = answer_type(asked)
    plural = re.search(
        r"\b(?:which|what)(?: are)?(?: the)? (?:\w+ ){0,2}?(?:ips|addresses|accounts|users|hosts"
        r"|devices|files|urls|sids|processes|commands)\b|\ball (?:the )?\w+s\b",
        asked,
        re.I,
    )
    return Question(
        text=text,
        asked=asked,
        answer_type=kind,
        several=plural is not None,
        entities=find_entities(text),
        salience=_salience(reversed(sentences_of(text))),
        opening=_salience(sentences_of(text)),
    )
