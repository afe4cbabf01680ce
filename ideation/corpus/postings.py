"""Keyword channels over the papers of one view: TF-IDF cosine and BM25, from exactly these papers.

FTS5's own bm25() would count the papers that a cutoff hides; here the frequency of a word, the length of the
average paper and all weights come from the visible papers alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

K1, B = 1.2, 0.75
"""BM25 (Robertson and Zaragoza, 2009), as FTS5 sets it."""
MOST_TOUCHED = 400_000
"""Postings that one query may touch: the rarest words come first, common ones are left out beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordScores:
    """TF-IDF cosine in [0, 1] and BM25 of every paper, shape (papers,)."""

    tfidf: Floats
    bm25: Floats


class Postings:
    """Which paper holds which word how often, sorted by word.

    `lengths[i]` words belong to paper i; `terms` (uint32) and `counts` (uint8) hold them one paper after
    another.
    """

    def __init__(
        self, terms: NDArray[np.uint32], counts: NDArray[np.uint8], lengths: NDArray[np.int64]
    ) -> None:
        self.size = len(lengths)
        owners = np.repeat(np.arange(self.size, dtype=np.int32), lengths)
        order = np.argsort(terms, kind="stable")
        ordered = terms[order]
        starts = (
            np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, int)
        )
        self.vocabulary: NDArray[np.uint32] = ordered[starts]
        self._starts = np.r_[starts, len(ordered)].astype(np.int64)
        del ordered
        self._papers: NDArray[np.int32] = owners[order]
        frequency = np.diff(self._starts)
        self._idf = (np.log((1.0 + self.size) / (1.0 + frequency)) + 1.0).astype(np.float32)
        self._bm25_idf = np.log1p((self.size - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        sorted_counts = counts[order].astype(np.float32)
        del order, owners
        self._tfidf = self._tfidf_weights(sorted_counts, frequency)
        self._bm25 = self._bm25_weights(sorted_counts, frequency)

    @classmethod
    def of(cls, papers: Iterable[Counter[int]]) -> Postings:
        """From counted words, each paper's by itself."""
        held = [sorted(each.items()) for each in papers]
        flat = [pair for each in held for pair in each]
        return cls(
            np.array([term for term, _ in flat], dtype=np.uint32),
            np.array([min(count, 255) for _, count in flat], dtype=np.uint8),
            np.array([len(each) for each in held], dtype=np.int64),
        )

    def frequency(self, term: int) -> int:
        """In how many papers the hashed word stands."""
        at = self._place(term)
        return 0 if at is None else int(self._starts[at + 1] - self._starts[at])

    def scores(self, query: Counter[int]) -> KeywordScores:
        """Both scores of every paper for counted, hashed words; unknown words count for nothing."""
        spans, weights = self._spans(query)
        return KeywordScores(
            tfidf=self._summed_tfidf(spans, weights),
            bm25=self._summed(spans, [self._bm25[span] for span in spans]),
        )

    def tfidf(self, query: Counter[int]) -> Floats:
        """TF-IDF cosine of every paper with the counted, hashed words, shape (papers,)."""
        return self._summed_tfidf(*self._spans(query))

    def best_tfidf(self, queries: Sequence[Counter[int]], among: NDArray[np.int64]) -> Floats:
        """The highest TF-IDF cosine with any of the queries of each paper of `among`, shape (len(among),)."""
        asked = [self._spans(query) for query in queries]
        spans = sorted({span.start: span for spans, _ in asked for span in spans}.values(), key=_length)
        spans = spans[: _within(np.array([_length(span) for span in spans], dtype=np.int64))]
        row_of = {span.start: row for row, span in enumerate(spans)}
        shares = np.zeros((len(asked), len(spans)), dtype=np.float32)
        for share, (own, weights) in zip(shares, asked, strict=True):
            for span, weight in zip(own, weights, strict=True):
                if span.start in row_of:
                    share[row_of[span.start]] = weight
        found: Floats = (shares @ self._held(spans, among)).max(axis=0, initial=0.0)
        return found

    def likeness(self, papers: Sequence[Counter[int]]) -> Floats:
        """TF-IDF cosines of counted papers with each other, shape (papers, papers)."""
        terms = sorted({term for each in papers for term in each})
        column = {term: at for at, term in enumerate(terms)}
        rows = np.zeros((len(papers), len(terms)), dtype=np.float32)
        for row, each in zip(rows, papers, strict=True):
            for term, count in each.items():
                if (at := self._place(term)) is not None:
                    row[column[term]] = (1.0 + np.log(count)) * self._idf[at]
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return rows @ rows.T

    def _spans(self, query: Counter[int]) -> tuple[list[slice], list[float]]:
        """Where the query's words have their postings, rarest first, and the words' shares of its length."""
        places, times = self._known(query)
        lengths = self._starts[places + 1] - self._starts[places]
        order = np.lexsort((places, lengths))
        weights = ((1.0 + np.log(times)) * self._idf[places])[order]
        kept = _within(lengths[order])
        shares = weights[:kept] / (float(np.linalg.norm(weights)) or 1.0)
        starts = self._starts[places[order[:kept]]].tolist()
        ends = self._starts[places[order[:kept]] + 1].tolist()
        return [slice(start, end) for start, end in zip(starts, ends, strict=True)], shares.tolist()

    def _known(self, query: Counter[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of the query's words in the vocabulary, and how often it says each."""
        terms = np.fromiter(query, dtype=np.uint32, count=len(query))
        times = np.fromiter(query.values(), dtype=np.int64, count=len(query))
        places = np.searchsorted(self.vocabulary, terms)
        inside = places < len(self.vocabulary)
        places, terms, times = places[inside], terms[inside], times[inside]
        known = self.vocabulary[places] == terms
        return places[known].astype(np.int64), times[known]

    def _held(self, spans: Sequence[slice], among: NDArray[np.int64]) -> Floats:
        """TF-IDF weights of the spans' words in the papers of `among`, shape (spans, len(among))."""
        column = np.full(self.size, -1, dtype=np.int32)
        column[among] = np.arange(len(among), dtype=np.int32)
        held = np.zeros((len(spans), len(among)), dtype=np.float32)
        for row, span in zip(held, spans, strict=True):
            columns = column[self._papers[span]]
            inside = np.flatnonzero(columns >= 0)
            row[columns[inside]] = self._tfidf[span][inside]
        return held

    def _summed_tfidf(self, spans: Sequence[slice], weights: Sequence[float]) -> Floats:
        each = zip(spans, weights, strict=True)
        return self._summed(spans, [self._tfidf[span] * np.float32(weight) for span, weight in each])

    def _summed(self, spans: Sequence[slice], weights: Sequence[Floats]) -> Floats:
        if not spans:
            return np.zeros(self.size, dtype=np.float32)
        papers = np.concatenate([self._papers[span] for span in spans])
        summed = np.bincount(papers, weights=np.concatenate(weights), minlength=self.size)
        return summed.astype(np.float32)

    def _place(self, term: int) -> int | None:
        at = int(np.searchsorted(self.vocabulary, np.uint32(term)))
        return at if at < len(self.vocabulary) and int(self.vocabulary[at]) == term else None

    def _tfidf_weights(self, counts: Floats, frequency: NDArray[np.int64]) -> Floats:
        weights: Floats = np.log(counts)
        weights += 1.0
        weights *= np.repeat(self._idf, frequency)
        squares = np.bincount(self._papers, weights=np.square(weights), minlength=self.size)
        weights /= np.sqrt(np.maximum(squares, 1e-12)).astype(np.float32)[self._papers]
        return weights

    def _bm25_weights(self, counts: Floats, frequency: NDArray[np.int64]) -> Floats:
        lengths = np.bincount(self._papers, weights=counts, minlength=self.size)
        average = float(lengths.mean()) if self.size else 1.0
        norms = (K1 * (1.0 - B + B * lengths / max(average, 1e-12))).astype(np.float32)
        weights: Floats = counts * np.float32(K1 + 1.0)
        weights /= counts + norms[self._papers]
        weights *= np.repeat(self._bm25_idf, frequency)
        return weights


def _length(span: slice) -> int:
    return int(span.stop - span.start)


def _within(lengths: NDArray[np.int64]) -> int:
    """How many of the postings lists, shortest first, one query may go through: one in any case."""
    return max(1, int(np.searchsorted(np.cumsum(lengths), MOST_TOUCHED, side="right"))) if len(lengths) else 0
