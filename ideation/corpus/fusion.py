"""How channels become one order: reciprocal ranks, and diversity among the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.int64]

_TWICE_ROUNDING = 2e-6
RRF = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""


class Channel(StrEnum):
    """What ranks papers for a query."""

    BM25 = "bm25"
    TFIDF = "tfidf"
    DENSE = "dense"
    FACETS = "facets"
    FACET_WORDS = "facet_words"
    PHRASE = "phrase"


WEIGHTS: Mapping[Channel, float] = {
    Channel.BM25: 0.25,
    Channel.TFIDF: 1.0,
    Channel.DENSE: 1.0,
    Channel.FACETS: 1.0,
    Channel.FACET_WORDS: 1.0,
    Channel.PHRASE: 2.0,
}
"""Words and meaning, of the whole query and of the facet that fits best, count the same. BM25 sees what
TF-IDF sees, mostly: it counts a quarter. An exact phrase is asked for on purpose."""


def best(scores: Floats, most: int, *, above: float | None = None) -> Places:
    """Places of the highest scores, best first; equal scores in order of place.

    Scores are compared to six digits: two builds of BLAS differ in the last ones.
    """
    places = np.arange(len(scores)) if above is None else np.flatnonzero(scores > above)
    if len(places) > most:  # a wider cut first: rounding may make the edge's neighbours its equals
        edge = np.partition(scores[places], len(places) - most)[len(places) - most]
        places = places[scores[places] >= edge - _TWICE_ROUNDING]
    rounded = np.round(scores[places].astype(np.float64), 6)
    if above is not None:
        places, rounded = places[rounded > above], rounded[rounded > above]
    return places[np.argsort(-rounded, kind="stable")[:most]]


def fused(ranked: Mapping[Channel, Places], weights: Mapping[Channel, float], size: int) -> Floats:
    """Weighted sums of reciprocal ranks, shape (size,); a paper that a channel does not rank gets nothing
    from it.
    """
    total = np.zeros(size, dtype=np.float64)
    for channel in Channel:
        if channel in ranked and (weight := weights.get(channel, 0.0)) > 0:
            places = ranked[channel]
            total[places] += weight / (RRF + 1.0 + np.arange(len(places)))
    return total.astype(np.float32)


def mmr(relevance: Sequence[float], likeness: Floats, lam: float, limit: int) -> list[int]:
    """Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): `lam` times relevance, less
    `1 - lam` times the likeness to what has been chosen. Relevance is scaled to [0, 1].

    `likeness` has shape (candidates, candidates); ties go to the earlier candidate.
    """
    worth = np.array(relevance, dtype=np.float64)
    span = float(worth.max() - worth.min()) if len(worth) else 0.0
    worth = (worth - worth.min()) / span if span > 0 else np.ones(len(worth))
    chosen: list[int] = []
    nearest = np.zeros(len(worth))
    open_places = np.ones(len(worth), dtype=bool)
    while len(chosen) < min(limit, len(worth)):
        value = np.where(open_places, np.round(lam * worth - (1.0 - lam) * nearest, 9), -np.inf)
        at = int(np.argmax(value))
        chosen.append(at)
        open_places[at] = False
        nearest = np.maximum(nearest, likeness[at])
    return chosen
