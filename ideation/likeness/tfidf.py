"""TF-IDF over the texts at hand, with sublinear counts and smoothed document frequencies.

Source: Salton and Buckley, Information Processing & Management 24 (1988) 513.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

Weights = Mapping[str, float]
"""A sparse vector of unit length, or empty for a text without a term."""


def tfidf(counts: Sequence[Counter[str]]) -> list[Weights]:
    """One unit vector a text; a term's weight is (1 + ln count) (1 + ln((1 + n) / (1 + texts with it)))."""
    spread = Counter(term for count in counts for term in count)
    total = 1 + len(counts)
    rarity = {term: 1.0 + math.log(total / (1 + among)) for term, among in spread.items()}
    return [_unit({term: (1.0 + math.log(n)) * rarity[term] for term, n in each.items()}) for each in counts]


def cosine(one: Weights, other: Weights) -> float:
    """In [0, 1]; 0 where either is empty."""
    short, long = sorted((one, other), key=len)
    return min(1.0, math.fsum(weight * long[term] for term, weight in short.items() if term in long))


def _unit(weights: dict[str, float]) -> Weights:
    length = math.sqrt(math.fsum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()} if length else {}
