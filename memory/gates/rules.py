"""A rule of a gate: a pattern to find, and what before or after it makes it harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from memory.gates.needles import Words, needles

_NEGATED = re.compile(
    r"(?:\bnever|\bnot|n['’]t|\bavoid|\bwithout|\bno|\brather than|\binstead of|\bnie|\bnicht|\bjamais)"
    r"\s(?:[\w'-]+\s)?$",
    re.I,
)
_LOOK_BACK = 40


START = 3
"""Characters by which words are looked up; the few shorter ones are looked for one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`negatable`: a negation right before the match makes it good advice (`never mark it as benign`).

    `unless`: found in the rest of the match's sentence, or in the match, it makes it harmless.
    """

    pattern: re.Pattern[str]
    negatable: bool = False
    unless: re.Pattern[str] | None = None
    needles: Words | None = None

    def meets(self, text: str) -> bool:
        return self.meets_lower(text, lower(text))

    def meets_lower(self, text: str, lower_text: str) -> bool:
        """The same, with the text in lower case beside it, as `lower` gives it."""
        return any(not self._spares(text, match) for match in self.pattern.finditer(lower_text))

    def _spares(self, text: str, match: re.Match[str]) -> bool:
        start = match.start()
        if self.negatable and _NEGATED.search(text[max(0, start - _LOOK_BACK) : start]):
            return True
        return self.unless is not None and self.unless.search(text, *_sentence(text, match)) is not None


def rule(pattern: str, *, negatable: bool = False, unless: str | None = None) -> Rule:
    """A rule of patterns that tell no case apart; `unless` may, within `(?-i:...)`."""
    spared = re.compile(unless, re.I) if unless is not None else None
    lowered = _CASED.sub(_lower_part, pattern)
    return Rule(pattern=re.compile(lowered), negatable=negatable, unless=spared, needles=needles(lowered))


class Rules:
    """Rules asked of one text at once: each is searched for only where a word that it needs is there."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules
        self._always = [at for at, each in enumerate(rules) if each.needles is None]
        found = [(needle, at) for at, each in enumerate(rules) for needle in each.needles or ()]
        self._short = [each for each in found if len(each[0]) < START]
        self._by_start: dict[str, list[tuple[str, int]]] = {}
        for needle, at in found:
            if len(needle) >= START:
                self._by_start.setdefault(needle[:START], []).append((needle, at))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def meet(self, text: str) -> bool:
        """Whether any of them meets the text."""
        lower_text = lower(text)
        asked = {at for needle, at in self._short if needle in lower_text}
        for start in self._by_start.keys() & _starts(lower_text):
            asked.update(at for needle, at in self._by_start[start] if needle in lower_text)
        return any(self._rules[at].meets_lower(text, lower_text) for at in (*self._always, *sorted(asked)))


@lru_cache(maxsize=16)
def _starts(text: str) -> frozenset[str]:
    """Every run of so many characters: one look finds the needles that may be there."""
    return frozenset(text[at : at + START] for at in range(len(text) - START + 1))


def lower(text: str) -> str:
    """The text in lower case, character for character: patterns without a flag are searched twice as fast."""
    found = text.lower()
    if len(found) == len(text):
        return found
    return "".join(small if len(small := each.lower()) == 1 else each for each in text)


_CASED = re.compile(r"\\.|[A-Z]+")


def _lower_part(part: re.Match[str]) -> str:
    """Letters in lower case, and `\\S` as it is."""
    return part.group() if part.group().startswith("\\") else part.group().lower()


_REACH = 120
_END = re.compile(r"[.!?](?=\s|$)|\n")


def _sentence(text: str, match: re.Match[str]) -> tuple[int, int]:
    """From the match's start to its sentence's end, at most `_REACH` characters behind the match."""
    end = _END.search(text, match.end(), match.end() + _REACH)
    return match.start(), end.start() if end else min(len(text), match.end() + _REACH)
