"""BM25 of candidates over the sections that they come from (Robertson and Zaragoza, 2009)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from memory.recall.section import Entry, Section

Floats = NDArray[np.float64]

K1, B = 1.2, 0.75


def keyword_scores(query: Sequence[str], entries: Sequence[Entry], sections: Sequence[Section]) -> Floats:
    """BM25 of each entry, shape (len(entries),); a word of the query counts once."""
    size = sum(len(section) for section in sections)
    mean = sum(section.length for section in sections) / size if size else 1.0
    rarity = {
        word: math.log(1 + (size - spread + 0.5) / (spread + 0.5))
        for word in dict.fromkeys(query)
        if (spread := sum(section.spread(word) for section in sections))
    }
    scores = np.zeros(len(entries))
    for position, entry in enumerate(entries):
        norm = K1 * (1 - B + B * entry.length / (mean or 1.0))
        scores[position] = sum(
            weight * count * (K1 + 1) / (count + norm)
            for word, weight in rarity.items()
            if (count := entry.counts.get(word))
        )
    return scores
