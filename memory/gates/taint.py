"""The gate of taint: a lesson is not copied from what was observed.

Whoever writes a row of a log writes what an agent reads. A distiller that copies rows into items hands the
pen of memory to an attacker (MINJA, 2025; OWASP ASI06), and breaks abstraction besides. Shared runs of words
are looked for, as in the check of a plagiary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from memory.gates.letters import plain

MAX_RUN = 8
"""Consecutive words that a draft may not share with one observation."""
SHINGLE = 5
MAX_SHARE = 0.6
"""Share of a draft's runs of five words that may not all stand in the observations."""
MIN_WORDS = 8
"""Words from which on the share is looked at."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_NAME = re.compile(r"[^\W\d_]+_\w+|[A-Za-z]?[a-z0-9]+[A-Z]\w*|[A-Z]+[a-z0-9]+[A-Z]\w*|\w*\d\w*")
"""A name of a schema: two words in one, an underscore or a digit in it."""
_MAX_NAMES = 0.5

Run = tuple[int, ...]


def is_copied(texts: Iterable[str], observed: Sequence[str]) -> bool:
    """Whether the texts share a run of eight words with an observation, or 60 % of their runs of five.

    Case, marks and punctuation count for nothing; runs of names of a schema are passed over, for a lesson
    has to name tables and columns. `observed` are raw rows or log texts, not the tool's own messages. Time
    grows linearly with the observations, about 10 ms for 200,000 characters.
    """
    if not observed:
        return False
    numbers: dict[str, int] = {}
    drafts = [_numbered(text, numbers) for text in texts]
    runs = {run for words in drafts for run in _runs(words, MAX_RUN)}
    shingles = {run for words in drafts for run in _runs(words, SHINGLE)}
    enough = sum(len(words) for words in drafts) >= MIN_WORDS
    if not runs and not (shingles and enough):
        return False
    seen: set[Run] = set()
    for text in observed:
        if _meets(text, numbers, runs, shingles, seen):
            return True
    return enough and len(seen) >= MAX_SHARE * len(shingles) > 0


def _numbered(text: str, numbers: dict[str, int]) -> list[int]:
    """The words as numbers: positive, negative for names of a schema."""
    found = []
    for word in _WORD.findall(plain(text)):
        key = word.casefold()
        if key not in numbers:
            number = len(numbers) + 1
            numbers[key] = -number if _NAME.fullmatch(word) else number
        found.append(numbers[key])
    return found


def _runs(words: Sequence[int], length: int) -> Iterable[Run]:
    """Runs of so many words, without those that are names for the most part."""
    for at in range(len(words) - length + 1):
        run = tuple(words[at : at + length])
        if sum(number < 0 for number in run) <= _MAX_NAMES * length:
            yield run


def _meets(text: str, numbers: dict[str, int], runs: set[Run], shingles: set[Run], seen: set[Run]) -> bool:
    """Whether one of the runs stands in the text; shingles that stand there are put into `seen`."""
    known = [numbers.get(word, 0) for word in _WORD.findall(plain(text).casefold())]
    stretch = 0
    for at, number in enumerate(known, 1):
        if number == 0:
            stretch = 0
            continue
        stretch += 1
        if stretch >= SHINGLE and (shingle := tuple(known[at - SHINGLE : at])) in shingles:
            seen.add(shingle)
        if stretch >= MAX_RUN and tuple(known[at - MAX_RUN : at]) in runs:
            return True
    return False
