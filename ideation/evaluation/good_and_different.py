"""Diversity that counts only good ideas: Yield and effective diversity.

A set can be diverse by being bad in many ways. Yield is the size of the largest set of ideas above a bar of
quality of which no two are alike (a maximum independent set). Sources: IDEAgent (arXiv 2607.22375) for
Yield; Shypula et al. (2025) for effective semantic diversity.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.evaluation.spread import checked

Floats = NDArray[np.float64]

EXACT_UP_TO = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """`chosen` are positions; no set has more than `bound` members. Exact where the two agree."""

    chosen: tuple[int, ...]
    bound: int

    @property
    def size(self) -> int:
        return len(self.chosen)

    @property
    def exact(self) -> bool:
        return self.size == self.bound


def yield_of(
    similarity: Floats, quality: Floats, *, bar: float, alike: float, exact_up_to: int = EXACT_UP_TO
) -> Yield:
    """The largest set of ideas of quality >= `bar` in which all similarities lie below `alike`.

    `similarity` has shape (n, n), `quality` (n,) with NaN for an idea that was not scored: it never counts.
    Up to `exact_up_to` good ideas the set is the largest there is; above, it is grown greedily (fewest
    conflicts first), with a clique cover as its upper bound.

    Raises:
        UserError: shapes that do not fit.
    """
    matrix = checked(similarity)
    if quality.shape != (len(matrix),):
        raise UserError(f"{len(matrix)} ideas need as many qualities, not {quality.shape}")
    good = np.flatnonzero(np.nan_to_num(quality, nan=-np.inf) >= bar)
    clash = matrix[np.ix_(good, good)] >= alike
    np.fill_diagonal(clash, False)
    if len(good) <= exact_up_to:
        best = _largest(clash)
        bound = len(best)
    else:
        best, bound = _greedy(clash), _clique_cover(clash)
    return Yield(chosen=tuple(int(good[at]) for at in sorted(best)), bound=bound)


def _largest(clash: NDArray[np.bool_]) -> list[int]:
    """The largest set without a clash is the largest clique of those that may stand together."""
    apart = nx.Graph()
    apart.add_nodes_from(range(len(clash)))
    apart.add_edges_from((int(i), int(j)) for i, j in np.argwhere(np.triu(~clash, 1)))
    clique, _ = nx.max_weight_clique(apart, weight=None)
    return list(clique)


def _greedy(clash: NDArray[np.bool_]) -> list[int]:
    """Take the idea with the fewest clashes among those left, drop what it clashes with (Halldorsson and
    Radhakrishnan, 1997); ties go to the lower position.
    """
    left = np.ones(len(clash), dtype=bool)
    chosen: list[int] = []
    while left.any():
        degree = np.where(left, clash[:, left].sum(axis=1), len(clash) + 1)
        pick = int(np.argmin(degree))
        chosen.append(pick)
        left &= ~clash[pick]
        left[pick] = False
    return chosen


def _clique_cover(clash: NDArray[np.bool_]) -> int:
    """Cliques of ideas that all clash, covering all: a set without a clash has one member of each at most."""
    cliques: list[list[int]] = []
    for at in np.argsort(-clash.sum(axis=1), kind="stable").tolist():
        home = next((clique for clique in cliques if clash[at, clique].all()), None)
        if home is None:
            cliques.append([at])
        else:
            home.append(at)
    return len(cliques)


def effective_diversity(similarity: Floats, quality: Floats, *, bar: float) -> float | None:
    """Mean distance over ALL pairs of the set, where a pair counts 0 unless both are of quality >= `bar`.

    In [0, 1] for similarities in [0, 1]; None below two ideas.
    """
    matrix = checked(similarity)
    if quality.shape != (len(matrix),):
        raise UserError(f"{len(matrix)} ideas need as many qualities, not {quality.shape}")
    if len(matrix) < 2:
        return None
    good = np.nan_to_num(quality, nan=-np.inf) >= bar
    rows, columns = np.triu_indices(len(matrix), 1)
    return float(((1.0 - matrix[rows, columns]) * (good[rows] & good[columns])).mean())
