"""How recall ranks: exact cosine, BM25, cues, and their fusion. Pure functions over small arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.credit.selection import RANKED_BY, worth_factors
from memory.items import Item, Status

Floats = NDArray[np.float64]

COMMON_SHARE, COMMON_FROM, MOST_FOUND = 0.2, 64, 1500
RRF = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
KEYWORD_WEIGHT, KEYWORD_HALF = 0.3, 12.0
"""What rare shared words add to the cosine where the floor is tested: at most 0.3, half of that at 12."""
CANDIDATE_TRUST = 0.9
"""A candidate stands behind an equal item that a second task confirmed."""

_WORD = re.compile(r"[A-Za-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from has have how in into is it its of on or that the their there this"
        " to was were what when where which who with you your",
    )
)


def words(text: str) -> list[str]:
    """Words for BM25: lower case, CamelCase and snake_case names whole and in parts, plain plurals cut."""
    found: list[str] = []
    for token in re.findall(r"\w+", text):
        parts = [part.lower() for piece in _CAMEL.split(token) for part in _WORD.findall(piece)]
        if len(parts) > 1:
            found.append(token.lower())
        found += [singular(part) for part in parts if part not in STOP_WORDS]
    return found


def singular(word: str) -> str:
    """The word without the `s` of a plain plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def telling_words(query: Iterable[str], spread: Callable[[str], int], size: int) -> list[str]:
    """Words of a query worth a search among `size` entries: those that are known, the rarest first.

    A word that more than a fifth of the entries hold tells little, and words that find more than `MOST_FOUND`
    entries together cost more than they tell; they are searched for only where there is nothing rarer.
    """
    known = sorted((count, word) for word in dict.fromkeys(query) if (count := spread(word)))
    found = 0
    chosen: list[str] = []
    for count, word in known:
        found += count
        if chosen and (count > max(COMMON_FROM, COMMON_SHARE * size) or found > MOST_FOUND):
            break
        chosen.append(word)
    return chosen


def worth_of(items: Sequence[Item]) -> Floats:
    """The factor of credit and status for each item, in [0.45, 1.5]."""
    alphas = np.array([item.credit.alpha for item in items])
    betas = np.array([item.credit.beta for item in items])
    trust = np.array([CANDIDATE_TRUST if item.status is Status.CANDIDATE else 1.0 for item in items])
    factors: Floats = worth_factors(alphas, betas, RANKED_BY) * trust
    return factors


def relevance(similarity: Floats, keyword: Floats) -> Floats:
    """What the floor is tested against, in [-1, 1.3]: cosine plus a bounded part for shared rare words."""
    return similarity + KEYWORD_WEIGHT * keyword / (keyword + KEYWORD_HALF)


def fused(similarity: Floats, keyword: Floats, cue: Floats, nearest: NDArray[np.bool_]) -> Floats:
    """Reciprocal ranks of three channels, summed and scaled to [0, 1].

    `nearest` marks those that the vector search returned; only they have a rank by similarity.
    """
    total = _reciprocal(similarity, nearest) + _reciprocal(keyword, keyword > 0)
    total += np.where(cue > 0, 1.0 / (RRF + 1), 0.0)
    return total * ((RRF + 1) / 3)


def _reciprocal(values: Floats, ranked: NDArray[np.bool_]) -> Floats:
    # Rounding keeps the order the same where two builds of BLAS differ in the last bits.
    keys = np.where(ranked, -np.round(values, 6), np.inf)
    order = np.argsort(keys, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = np.arange(1, len(values) + 1)
    return np.where(ranked, 1.0 / (RRF + ranks), 0.0)
