"""What a pattern cannot match without: words of which one stands in every text that it is found in.

Nearly no rule of a gate has anything to find in a given lesson, and to look for a word is a fiftieth of the
work of a search. A pattern of which no word is certain is always searched for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

# How `re` reads a pattern is its own affair: where a version reads it otherwise, nothing is certain.
_parse: Any = getattr(getattr(re, "_parser", None), "parse", None)

SHORTEST = 2
"""Characters of the shortest word that is worth looking for."""
_MOST = 40
"""Words of one pattern: to look for more costs as much as the search."""

Words = frozenset[str]


def needles(pattern: str) -> Words | None:
    """Words of which at least one stands in every match of the pattern (read with case); None if unknown."""
    if _parse is None:
        return None
    return _best(_certain(_parse(pattern)))


def _best(found: Iterator[Words]) -> Words | None:
    """The words that tell most: the longest at the least, then the fewest."""
    usable = (words for words in found if words and min(map(len, words)) >= SHORTEST and len(words) <= _MOST)
    return max(usable, key=lambda words: (min(map(len, words)), -len(words)), default=None)


def _certain(parsed: Sequence[tuple[Any, Any]]) -> Iterator[Words]:
    """From each part of a sequence that must be met, what it cannot be met without."""
    run = ""
    for name, argument in parsed:
        kind = str(name)
        if kind == "LITERAL":
            run += chr(argument)
            continue
        yield frozenset({run})
        run = ""
        yield from _certain_part(kind, argument)
    yield frozenset({run})


def _certain_part(kind: str, argument: Any) -> Iterator[Words]:
    if kind == "SUBPATTERN":
        yield from _certain(argument[-1])
    elif kind == "BRANCH":
        branches = [_best(_certain(branch)) for branch in argument[1]]
        if None not in branches:
            yield frozenset(word for words in branches if words for word in words)
    elif kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and argument[0] > 0:
        yield from _certain(argument[2])
    elif kind == "ATOMIC_GROUP":
        yield from _certain(argument)
