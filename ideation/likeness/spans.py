"""The longest run of words that two texts share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`length` words from position `start` of the first text, and from `other_start` of the second."""

    start: int
    other_start: int
    length: int


def longest_shared_span(one: Sequence[str], other: Sequence[str]) -> Span:
    """The longest common run; of several the first in `one`. Length 0 where no word is shared.

    Works through pairs of equal words only: a word in every place of both texts makes it quadratic.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, word in enumerate(other):
        places[word].append(at)
    best = Span(start=0, other_start=0, length=0)
    before: dict[int, int] = {}
    for at, word in enumerate(one):
        here: dict[int, int] = {}
        for place in places.get(word, ()):
            length = here[place] = before.get(place - 1, 0) + 1
            if length > best.length:
                best = Span(start=at - length + 1, other_start=place - length + 1, length=length)
        before = here
    return best
