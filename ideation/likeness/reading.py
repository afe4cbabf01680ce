"""What is compared of a text: its words, the words that tell, its opening, its names, what it stresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from memory.recall.lexicon import STOP

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[^\W_])+(?:'\w+)?")
"""Scripts that leave no space between words are read character by character."""
NAME = re.compile(r"\b[A-Z][\w'’]*\b|\d[\d.,]*")
STRESSED = re.compile(r"\*\*(.+?)\*\*|\"(.+?)\"|“(.+?)”")
_MARKUP = re.compile(r"[*#_`>]+")
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s|(?<=[。！？])|\n")

GRAM_LENGTHS = (3, 4, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One text. Sets leave out the words of the context, which all texts of one topic share."""

    text: str
    tokens: tuple[str, ...]
    opening: str
    telling: frozenset[str]
    telling_opening: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    names: frozenset[str]
    stressed: frozenset[str]


def read(text: str, context: str = "") -> Reading:
    """Read a text whose topic, if any, is `context`."""
    known = STOP | frozenset(tokens_of(context))
    tokens = tokens_of(text)
    opening = opening_of(text)
    stressed = {token for parts in STRESSED.findall(text) for part in parts for token in tokens_of(part)}
    names = {match.group().casefold().rstrip(".,") for match in NAME.finditer(text)}
    return Reading(
        text=text,
        tokens=tuple(tokens),
        opening=opening,
        telling=frozenset(tokens) - known,
        telling_opening=frozenset(tokens_of(opening)) - known,
        pairs=frozenset(pairwise(tokens)),
        names=frozenset(names) - known,
        stressed=frozenset(stressed) - known,
    )


def tokens_of(text: str) -> list[str]:
    """Words in lower case."""
    return WORD.findall(text.casefold())


def opening_of(text: str) -> str:
    """The first sentence or line without markup; the whole text where it does not end."""
    plain = _MARKUP.sub("", text).strip()
    end = _SENTENCE_END.search(plain)
    return plain[: end.start()].strip() if end and end.start() > 0 else plain


def gram_counts(tokens: tuple[str, ...]) -> Counter[str]:
    """Character n-grams of each word with its borders."""
    return Counter(gram for word in tokens for gram in _grams(f" {word} "))


def _grams(word: str) -> Iterator[str]:
    for length in GRAM_LENGTHS:
        yield from (word[start : start + length] for start in range(len(word) - length + 1))
