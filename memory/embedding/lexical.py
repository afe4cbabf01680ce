"""The lexical fall-back embedder: hashed words and character n-grams, deterministic, nothing to download."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from memory.recall.ranking import words

WORD_WEIGHT = 1.0
GRAM_WEIGHT = 0.35
"""Character trigrams catch inflections and joined names; words carry most of the meaning."""


class LexicalEmbedder:
    """Feature hashing (Weinberger et al., ICML 2009) with signs, sublinear counts and unit length.

    It sees shared words and word parts, not meaning: it is chosen on purpose, or said to be a fall-back.
    """

    def __init__(self, dimensions: int = 512) -> None:
        self._dimensions = dimensions

    @property
    def id(self) -> str:
        return f"lexical-v1-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text):
                code = zlib.crc32(feature.encode())
                row[code % self._dimensions] += weight if code & 0x8000_0000 else -weight
            length = float(np.linalg.norm(row))
            if length > 0:
                row /= length
        return rows


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word, count in Counter(words(text)).items():
        boost = 1.0 + math.log(count)
        yield f"w:{word}", WORD_WEIGHT * boost
        if len(word) > 4:
            marked = f"^{word}$"
            share = GRAM_WEIGHT * boost / math.sqrt(len(marked) - 2)
            for start in range(len(marked) - 2):
                yield f"g:{marked[start : start + 3]}", share
