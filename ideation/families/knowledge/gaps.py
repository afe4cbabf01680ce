"""Gaps: concepts that many papers speak of and no paper speaks of together, with their counts.

After the atypical combinations of Uzzi et al. (Science 342, 2013), with an exact chance: what is never seen
together although both are frequent is either nonsense or not yet done, and a person can tell which.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ideation.families.knowledge.concepts import ConceptStore

_MOST_CONCEPTS = 600
"""Concepts that are paired, the most frequent: their pairs are counted in one matrix product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Two concepts, the papers of each, and those of both, which are at most `together` asked for.

    `expected` is the number of papers of both if they were independent, `chance` that of as few as there are
    (hypergeometric).
    """

    first: str
    second: str
    first_papers: int
    second_papers: int
    together: int
    expected: float
    chance: float


def find_gaps(
    store: ConceptStore, *, least: int = 5, limit: int = 50, about: frozenset[str] | None = None
) -> tuple[Gap, ...]:
    """Pairs of concepts of at least `least` papers each and none of both, the most surprising first.

    With `about`, one of the two is among these. Pairs that share a word are one concept in two wordings, and
    are left out.
    """
    frequent = [concept for concept, papers in store.concepts.items() if len(papers) >= least]
    frequent = sorted(frequent, key=lambda concept: (-store.count(concept), concept))[:_MOST_CONCEPTS]
    if len(frequent) < 2:
        return ()
    column = {paper: at for at, paper in enumerate(sorted({p for c in frequent for p in store.holders(c)}))}
    held = np.zeros((len(frequent), len(column)), dtype=np.float32)
    for row, concept in enumerate(frequent):
        held[row, [column[paper] for paper in store.holders(concept)]] = 1.0
    apart = np.argwhere(np.triu((held @ held.T) < 0.5, k=1))
    found = [
        _gap(store, frequent[row], frequent[other])
        for row, other in apart.tolist()
        if (about is None or frequent[row] in about or frequent[other] in about)
        and not _words(frequent[row]) & _words(frequent[other])
    ]
    return tuple(sorted(found, key=lambda gap: (gap.chance, gap.first, gap.second))[:limit])


def _gap(store: ConceptStore, one: str, other: str) -> Gap:
    first, second = sorted((one, other))
    n, a, b = store.papers, store.count(first), store.count(second)
    return Gap(
        first=first,
        second=second,
        first_papers=a,
        second_papers=b,
        together=0,
        expected=round(a * b / n, 6),
        chance=round(chance_apart(n, a, b), 9),
    )


def chance_apart(papers: int, first: int, second: int) -> float:
    """The chance that of so many papers, `first` and `second` drawn at random have none in common."""
    if first + second > papers:
        return 0.0
    return math.exp(_log_choose(papers - first, second) - _log_choose(papers, second))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _words(concept: str) -> set[str]:
    return set(concept.replace("-", " ").split())
