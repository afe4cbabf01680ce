"""Which papers each generation call sees: some at random of the best, and none in a set share of the calls.

Better retrieval makes ideas more alike, for every call leans on the same passages; AI-Researcher therefore
shows 10 of the 20 best at random and nothing in half of its calls.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from ideation.muse import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """`shown` papers of the `top` best; `without` is the share of calls, in [0, 1], that see none."""

    top: int = 20
    shown: int = 10
    without: float = 0.5

    def plan(
        self, sources: tuple[Source, ...], calls: int, chance: random.Random
    ) -> tuple[tuple[Source, ...], ...]:
        """What each call sees, best papers first within a call. The number of calls without papers is the
        share, rounded down: one of every two where it is a half.
        """
        best = sources[: self.top]
        without = set(_spread(calls, int(self.without * calls + 1e-9), chance))
        return tuple(() if call in without else self._draw(best, chance) for call in range(calls))

    def _draw(self, best: tuple[Source, ...], chance: random.Random) -> tuple[Source, ...]:
        places = chance.sample(range(len(best)), min(self.shown, len(best)))
        return tuple(best[place] for place in sorted(places))


def _spread(calls: int, some: int, chance: random.Random) -> list[int]:
    """So many of the calls, one out of each stretch of equal length, so that any beginning has its share."""
    edges = [place * calls // some for place in range(some + 1)] if some else []
    return [chance.randrange(start, end) for start, end in pairwise(edges)]
