"""Reads a question: what type of answer it asks for, which entities it names, what it is about.

This is knowledge of English and of security words, not of any database: no table and no column stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class AnswerType(StrEnum):
    """What kind of value is asked for. `OTHER` is anything that the patterns do not know."""

    IP = "ip"
    ACCOUNT = "account"
    SID = "sid"
    USER_ID = "user_id"
    EMAIL = "email"
    URL = "url"
    FILE = "file"
    PROCESS = "process"
    HOST = "host"
    DEVICE_ID = "device_id"
    APP_ID = "app_id"
    RESOURCE = "resource"
    OTHER = "other"


class EntityType(StrEnum):
    """What an entity that stands in the question is."""

    IP = "ip"
    SID = "sid"
    GUID = "guid"
    EMAIL = "email"
    URL = "url"
    FILE = "file"
    HOST = "host"
    PERSON = "person"
    COMMAND = "command"
    NUMBER = "number"
    TERM = "term"


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
        """Every entity value of the prompt, lower-cased: an answer among them is only an echo."""
        return frozenset(entity.value.lower() for entity in self.entities)


_TRIGGER = re.compile(
    r"\b(?:what|which|who|whose|identify|provide|find(?: out)?|determine|retrieve|obtain|specify|tell|give|name|list)\b",
    re.I,
)

# Tried at every position after the trigger; the earliest match wins, and at one position the first row.
_TYPE_WORDS: tuple[tuple[AnswerType, str], ...] = (
    (AnswerType.SID, r"sids?\b|security identif\w+(?: \(sid\))?|security identification"),
    (
        AnswerType.USER_ID,
        r"aad ?user ?ids?|aad ids?\b|(?:azure active directory|azure ad|aad|entra(?: id)?) user(?:'s)? (?:id|identifier|object)\w*"
        r"|(?:azure active directory|azure ad|entra)(?: \(aad\))? (?:id|object id)|user ?ids?\b|object ids?\b",
    ),
    (
        AnswerType.DEVICE_ID,
        r"aad ?device ?ids?|(?:azure active directory|azure ad|aad|entra)? ?(?:\(aad\) )?device (?:id|identifier)\w*",
    ),
    (
        AnswerType.EMAIL,
        r"(?:primary |sender |recipient |user )?e-?mail(?: address)?(?: of| associated| address| used| for| linked| belonging)|e-?mail\b(?! messages?| containing| with| that)|"
        r"mailbox(?:es)?(?: address)?|user principal name|upn\b|recipients?\b|sender\b(?! ?'?s? ?ip)|primary address",
    ),
    (AnswerType.IP, r"(?:sender ?|source |remote |external )?ip(?:v[46])?(?: address(?:es)?|s)?\b|senderip"),
    (AnswerType.URL, r"urls?\b|web ?site|domain(?: name)?\b|malicious link"),
    (
        AnswerType.APP_ID,
        r"(?:cloud |oauth )?app(?:lication)?(?:'s)? ?ids?\b|cloud application\b|id of the (?:cloud )?app\w*",
    ),
    (AnswerType.RESOURCE, r"(?:azure )?resource ?(?:id|identifier)?\b(?! manage)|subscription(?: id)?"),
    (
        AnswerType.PROCESS,
        r"(?:full |exact |specific |complete )?command[- ]?lines?|process ids?\b|(?:process )?details of the process|process (?:and its )?details|commands?\b",
    ),
    (
        AnswerType.FILE,
        r"(?:file ?name|name) of the (?:\w+ ){0,3}?(?:file|process|executable|tool|malware|script|program|binary|service)|file ?names?\b|(?:process|executable|malware|tool|script|service) name\b",
    ),
    (
        AnswerType.HOST,
        r"host ?names?\b|(?:device|machine|computer|endpoint)(?:'s)? name\b|name of the (?:\w+ ){0,3}?(?:host|device|machine|endpoint|computer|server)",
    ),
    (
        AnswerType.ACCOUNT,
        r"name of the (?:\w+ ){0,4}?(?:account|user|individual|person|owner)|(?:user )?account(?: name)?\b|user ?names?\b|users?\b|who\b|individuals?\b|owner\b|person\b",
    ),
    (AnswerType.HOST, r"hosts?\b|devices?\b|machines?\b|endpoints?\b|computers?\b|servers?\b"),
    (
        AnswerType.FILE,
        r"files?\b|executables?\b|tools?\b|malware\b|scripts?\b|process(?:es)?\b|programs?\b|services?\b|ransomware",
    ),
)
_TYPES = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _TYPE_WORDS)

_ENTITY_PATTERNS: tuple[tuple[EntityType, re.Pattern[str]], ...] = (
    (EntityType.URL, re.compile(r"https?://[^\s`'\"<>)]+", re.I)),
    (EntityType.EMAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.I)),
    (EntityType.SID, re.compile(r"\bS-\d+(?:-\d+)+\b", re.I)),
    (EntityType.GUID, re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)),
    (EntityType.IP, re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    (
        EntityType.FILE,
        re.compile(
            r"\b[\w.-]+\.(?:exe|ps1|dll|sys|bat|cmd|vbs|js|docx?|docm|xlsx?|xlsm|pdf|zip|7z|rar|iso|lnk|png|txt|html?|tmp|lockbit)(?:\.\w+)?\b",
            re.I,
        ),
    ),
)
_QUOTED = re.compile(r"`([^`\n]{2,300})`|'([^'\n]{2,80})'(?!\w)|\"([^\"\n]{2,80})\"")
_HOST_WORD = re.compile(
    r"\b(?:host|hosts|device|machine|endpoint|computer|server|on)\s+(?:named\s+)?`?([a-z0-9]+(?:-[a-z0-9]+)+(?:\.[a-z0-9-]+)*)`?",
    re.I,
)
_PROCESS_ID = re.compile(r"\b(?:process id|pid|process identifier|id)\D{0,12}(\d{2,6})\b", re.I)
_PERSON = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")
_NOT_PERSON = frozenset(
    [
        "azure",
        "active",
        "directory",
        "microsoft",
        "defender",
        "security",
        "identifier",
        "cloud",
        "application",
        "primary",
        "refresh",
        "token",
        "user",
        "account",
        "command",
        "control",
        "windows",
        "resource",
        "manager",
        "business",
        "email",
        "compromise",
        "password",
        "spray",
        "known",
        "russia",
        "object",
        "entra",
        "threat",
        "analytics",
        "task",
        "scheduler",
        "device",
        "process",
        "july",
        "june",
        "august",
        "on",
        "can",
        "the",
    ]
)
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?z?(?:\+00:00)?)?\b", re.I)

_STOPWORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "and",
        "or",
        "is",
        "was",
        "were",
        "be",
        "been",
        "being",
        "by",
        "that",
        "this",
        "these",
        "those",
        "which",
        "what",
        "who",
        "whom",
        "whose",
        "can",
        "could",
        "would",
        "should",
        "you",
        "we",
        "our",
        "us",
        "it",
        "its",
        "as",
        "at",
        "from",
        "into",
        "during",
        "associated",
        "involved",
        "related",
        "please",
        "identify",
        "provide",
        "find",
        "determine",
        "tell",
        "name",
        "names",
        "used",
        "using",
        "use",
        "may",
        "might",
        "also",
        "later",
        "subsequent",
        "subsequently",
        "another",
        "other",
        "there",
        "part",
        "same",
        "following",
        "follow",
        "indicated",
        "responsible",
        "after",
        "before",
        "while",
        "where",
        "when",
        "how",
        "did",
        "does",
        "do",
        "has",
        "have",
        "had",
        "any",
        "all",
        "some",
        "more",
        "most",
        "be",
        "linked",
        "connected",
        "corresponding",
        "observed",
        "reported",
        "within",
        "between",
        "their",
        "they",
        "them",
        "his",
        "her",
        "he",
        "she",
        "not",
        "no",
        "yes",
        "one",
        "two",
        "first",
        "second",
        "final",
        "latest",
        "recent",
        "further",
        "specific",
        "new",
        "given",
        "based",
        "i",
        "if",
        "than",
        "then",
        "such",
        "through",
        "under",
        "over",
        "about",
        "per",
        "involving",
        "including",
        "indicate",
        "indicating",
        "possibly",
        "potentially",
        "investigation",
        "investigate",
        "analysis",
        "context",
        "details",
        "detail",
        "information",
    ]
)


def stem(word: str) -> str:
    """A rough stem, enough to match `detected` with `detection`."""
    for suffix in ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "ly", "e", "s"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


def words(text: str) -> tuple[str, ...]:
    """Stemmed content words in order, with repeats. CamelCase is split."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return tuple(stem(w) for w in re.findall(r"[a-z0-9]+", spaced.lower()) if w not in _STOPWORDS)


def answer_type(asked: str) -> AnswerType:
    """The type asked for: the earliest type word after the asking verb."""
    trigger = _TRIGGER.search(asked)
    start = trigger.start() if trigger else 0
    best: tuple[int, int] | None = None
    found = AnswerType.OTHER
    for rank, (kind, pattern) in enumerate(_TYPES):
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
        if len(value) > 1 and value.lower() not in found and not _DATE.fullmatch(value):
            found[value.lower()] = Entity(type=kind, value=value, at=at)

    for kind, pattern in _ENTITY_PATTERNS:
        for match in pattern.finditer(text):
            add(kind, match.group(), match.start())
    for match in _HOST_WORD.finditer(text):
        add(EntityType.HOST, match.group(1), match.start(1))
    for match in _QUOTED.finditer(text):
        value = next(g for g in match.groups() if g)
        add(_quoted_type(value), value, match.start())
    for match in _PROCESS_ID.finditer(text):
        add(EntityType.NUMBER, match.group(1), match.start(1))
    for match in _PERSON.finditer(text):
        if not set(match.group().lower().split()) & _NOT_PERSON:
            add(EntityType.PERSON, match.group(), match.start())
    return tuple(sorted(found.values(), key=lambda e: e.at))


def _quoted_type(value: str) -> EntityType:
    if re.fullmatch(r"[\w-]+-[\w-]+(?:\.[\w-]+)*", value) and not value.isdigit():
        return EntityType.HOST
    if re.search(r"\s[-/\w\"]", value) and re.search(r"\.exe|^\w+ ", value):
        return EntityType.COMMAND
    return EntityType.TERM


def read_question(text: str) -> Question:
    """Read a prompt: context and question in one text."""
    asked = _asking_sentence(text)
    kind = answer_type(asked)
    plural = re.search(
        r"\b(?:which|what)(?: are)?(?: the)? (?:\w+ ){0,2}?(?:ips|addresses|accounts|users|hosts|devices|files|urls|sids|processes|commands)\b|\ball (?:the )?\w+s\b",
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
