from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ideation.caching import CachingEmbedder
from memory.embedding.lexical import LexicalEmbedder

if TYPE_CHECKING:
    from core.embedder import Vectors


class Counting(LexicalEmbedder):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def test_a_text_is_embedded_once_and_comes_out_as_it_would_have() -> None:
    inner = Counting()
    cached = CachingEmbedder(inner)
    texts = ["one idea", "another", "one idea"]
    assert np.array_equal(cached.embed(texts), LexicalEmbedder().embed(texts))
    assert np.array_equal(cached.embed(["another", "third"]), LexicalEmbedder().embed(["another", "third"]))
    assert inner.asked == ["one idea", "another", "third"]
    assert (cached.id, cached.dimensions) == (inner.id, inner.dimensions)
    assert cached.embed([]).shape == (0, inner.dimensions)


def test_it_forgets_the_oldest() -> None:
    inner = Counting()
    cached = CachingEmbedder(inner, most_kept=2)
    for text in ("a", "b", "c", "c", "a"):
        cached.embed([text])
    assert inner.asked == ["a", "b", "c", "a"]
