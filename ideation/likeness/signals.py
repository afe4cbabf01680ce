"""Signals of likeness: each in [0, 1] (cosines in [-1, 1]), 1 for two equal texts, higher is more alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from ideation.likeness.reading import Reading, gram_counts, read
from ideation.likeness.spans import longest_shared_span
from ideation.likeness.tfidf import cosine, tfidf

Floats = NDArray[np.float64]
Pair = tuple[int, int]
Term = TypeVar("Term", str, tuple[str, str])


class Signal(StrEnum):
    """What one number about a pair of texts measures."""

    MEANING = "meaning"
    """Cosine of the embedded texts."""
    MEANING_APART = "meaning_apart"
    """The same with the context's direction taken out of both: what they say beyond the topic."""
    MEANING_OPENING = "meaning_opening"
    """Cosine of the embedded first sentences."""
    WORDS = "words"
    """Share of telling words in common (Jaccard)."""
    WORDS_CONTAINED = "words_contained"
    """Telling words in common over those of the shorter."""
    WORDS_OPENING = "words_opening"
    WORD_TFIDF = "word_tfidf"
    GRAM_TFIDF = "gram_tfidf"
    """Character n-grams of 3 to 5."""
    WORD_PAIRS = "word_pairs"
    """Share of neighbouring words in common."""
    SPAN = "span"
    """Longest shared run over the shorter text's length, in words."""
    LENGTH = "length"
    """Shorter over longer length, in words."""
    NAMES = "names"
    """Share of capitalised words and numbers in common."""
    STRESSED = "stressed"
    """Share of words in bold or quotes in common."""


EMBEDDED = frozenset({Signal.MEANING, Signal.MEANING_APART, Signal.MEANING_OPENING})
"""Signals that ask for an embedder."""


class Pool:
    """Texts to be compared with each other. Rarity of terms is counted among them; texts are embedded once,
    when a signal first asks for it.
    """

    def __init__(self, texts: Sequence[str], *, embedder: Embedder | None = None, context: str = "") -> None:
        """`context` is what all the texts are about, a topic or a question; it may be empty."""
        self.texts = tuple(texts)
        self.context = context
        self.readings: tuple[Reading, ...] = tuple(read(text, context) for text in texts)
        self._embedder = embedder
        self._vectors: dict[Signal, Floats] = {}
        self._tfidf: dict[Signal, list[Mapping[str, float]]] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def signals(self, pairs: Sequence[Pair], wanted: Sequence[Signal]) -> Floats:
        """Shape (len(pairs), len(wanted)).

        Raises:
            ProviderError: the embedder failed.
            ValueError: a signal asks for an embedder and there is none.
        """
        found = np.empty((len(pairs), len(wanted)))
        for column, signal in enumerate(wanted):
            found[:, column] = self._column(pairs, signal)
        # Two texts without a word have nothing to differ in, but a sun is no dog.
        plain = [column for column, signal in enumerate(wanted) if signal not in EMBEDDED]
        apart = [at for at, pair in enumerate(pairs) if self._wordless_and_unlike(*pair)]
        found[np.ix_(apart, plain)] = 0.0
        return found

    def vectors(self, signal: Signal = Signal.MEANING) -> Floats:
        """Unit rows, shape (n, dimensions), of one of the embedded signals."""
        if signal not in self._vectors:
            self._vectors[signal] = self._embedded(signal)
        return self._vectors[signal]

    def _wordless_and_unlike(self, one: int, other: int) -> bool:
        wordless = not self.readings[one].tokens and not self.readings[other].tokens
        return wordless and self.texts[one].strip() != self.texts[other].strip()

    def _column(self, pairs: Sequence[Pair], signal: Signal) -> Floats:
        if signal in EMBEDDED:
            vectors = self.vectors(signal)
            dots = [float(vectors[one] @ vectors[other]) for one, other in pairs]
            same = [self.texts[one] == self.texts[other] for one, other in pairs]
            return np.where(same, 1.0, np.array(dots))
        if signal in (Signal.WORD_TFIDF, Signal.GRAM_TFIDF):
            rows = self._weighed(signal)
            return np.array(
                [
                    1.0 if not rows[one] and not rows[other] else cosine(rows[one], rows[other])
                    for one, other in pairs
                ]
            )
        measure = _MEASURES[signal]
        return np.array([measure(self.readings[one], self.readings[other]) for one, other in pairs])

    def _weighed(self, signal: Signal) -> list[Mapping[str, float]]:
        if signal not in self._tfidf:
            count = Counter if signal is Signal.WORD_TFIDF else gram_counts
            self._tfidf[signal] = tfidf([count(reading.tokens) for reading in self.readings])
        return self._tfidf[signal]

    def _embedded(self, signal: Signal) -> Floats:
        if self._embedder is None:
            raise ValueError(f"the signal {signal} needs an embedder")
        if signal is Signal.MEANING_OPENING:
            return _embed(self._embedder, [reading.opening for reading in self.readings])
        if signal is Signal.MEANING:
            return _embed(self._embedder, self.texts)
        vectors = self.vectors(Signal.MEANING)
        if not self.context.strip():
            return vectors
        topic = _embed(self._embedder, [self.context])[0]
        apart = vectors - np.outer(vectors @ topic, topic)
        unit: Floats = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9)
        return unit


def _embed(embedder: Embedder, texts: Sequence[str]) -> Floats:
    """Each distinct text once."""
    distinct = sorted(set(texts))
    rows = dict(zip(distinct, embedder.embed(distinct), strict=True))
    return np.array([rows[text] for text in texts], dtype=np.float64).reshape(len(texts), -1)


def _shared(one: frozenset[Term], other: frozenset[Term]) -> float:
    """Jaccard's index; two empty sets are equal."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _contained(one: Reading, other: Reading) -> float:
    least = min(len(one.telling), len(other.telling))
    if not least:
        return float(one.telling == other.telling)
    return len(one.telling & other.telling) / least


def _span(one: Reading, other: Reading) -> float:
    least = min(len(one.tokens), len(other.tokens))
    if not least:
        return float(one.tokens == other.tokens)
    return longest_shared_span(one.tokens, other.tokens).length / least


def _length(one: Reading, other: Reading) -> float:
    short, long = sorted((len(one.tokens), len(other.tokens)))
    return (1 + short) / (1 + long)


_MEASURES: Mapping[Signal, Callable[[Reading, Reading], float]] = {
    Signal.WORDS: lambda one, other: _shared(one.telling, other.telling),
    Signal.WORDS_CONTAINED: _contained,
    Signal.WORDS_OPENING: lambda one, other: _shared(one.telling_opening, other.telling_opening),
    Signal.WORD_PAIRS: lambda one, other: _shared(one.pairs, other.pairs),
    Signal.SPAN: _span,
    Signal.LENGTH: _length,
    Signal.NAMES: lambda one, other: _shared(one.names, other.names),
    Signal.STRESSED: lambda one, other: _shared(one.stressed, other.stressed),
}
