"""How novel, diverse, surprising and good each idea of a group is: the terms that preferences are weighed by.

The four terms are those of CrPO (arXiv 2505.14442). There surprise is the base model's own log-likelihood;
here, where no model need be at hand, it is that of the reference papers' words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from ideation.corpus.identity import normal_title
from ideation.families.adapters.candidates import Candidate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Each in [0, 1] by rank within the group, higher is more; as weights, each 0 or more."""

    novelty: float = 1.0
    diversity: float = 1.0
    surprise: float = 1.0
    quality: float = 1.0

    @property
    def values(self) -> Floats:
        return np.array([self.novelty, self.diversity, self.surprise, self.quality])

    def weighed(self, weights: Terms) -> float:
        """The weighted mean.

        Raises:
            ValueError: weights below 0, or all 0.
        """
        if weights.values.min() < 0 or weights.values.sum() <= 0:
            raise ValueError("weights are 0 or more, and not all 0")
        return float(self.values @ weights.values / weights.values.sum())


def measure(group: Sequence[Candidate], embedder: Embedder, reference: Sequence[str]) -> tuple[Terms, ...]:
    """The terms of each idea of one group. `reference` are texts that were there before: papers."""
    if not group:
        return ()
    texts = [each.idea.text.whole for each in group]
    vectors = np.asarray(embedder.embed([*texts, *reference]), dtype=np.float64)
    own, known = vectors[: len(texts)], vectors[len(texts) :]
    nearest = (own @ known.T).max(axis=1) if len(known) else np.zeros(len(texts))
    columns = (
        ranked(1.0 - nearest),
        ranked(rarity(own)),
        ranked(surprisal(texts, reference)),
        ranked(np.array([math.nan if each.quality is None else each.quality for each in group])),
    )
    return tuple(
        Terms(novelty=novelty, diversity=diversity, surprise=surprise, quality=quality)
        for novelty, diversity, surprise, quality in np.column_stack(columns).tolist()
    )


def rarity(vectors: Floats) -> Floats:
    """Mean cosine distance of each unit row (n, d) to the others, shape (n,): 0 for a single one."""
    count = len(vectors)
    if count < 2:
        return np.zeros(count)
    shared = vectors @ vectors.T
    np.fill_diagonal(shared, 0.0)
    found: Floats = 1.0 - shared.sum(axis=1) / (count - 1)
    return found


def surprisal(texts: Sequence[str], reference: Sequence[str]) -> Floats:
    """Bits a word of each text by the words of the reference, each count one more than it is."""
    counts = Counter(word for text in reference for word in normal_title(text).split())
    total, kinds = counts.total(), len(counts) + 1
    return np.array(
        [
            float(np.mean([math.log2((total + kinds) / (counts[word] + 1)) for word in words]))
            if (words := normal_title(text).split())
            else 0.0
            for text in texts
        ]
    )


def ranked(values: Floats) -> Floats:
    """Ranks in [0, 1], equal values sharing theirs; unknown (NaN) and single ones stand in the middle."""
    found = np.full(len(values), 0.5)
    known = np.flatnonzero(np.isfinite(values))
    if len(known) > 1:
        # Distances that differ by a rounding error are one value.
        _, place, count = np.unique(np.round(values[known], 9), return_inverse=True, return_counts=True)
        rank = (np.cumsum(count) - (count + 1) / 2.0)[place]
        found[known] = rank / (len(known) - 1)
    return found
