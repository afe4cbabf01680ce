"""How recall ranks: exact cosine, BM25, cues, and their fusion. Pure functions over small arrays."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory.gates import CUE_PATTERN
from memory.identity import normalised

Floats = NDArray[np.float64]

K1, B = 1.2, 0.75
"""BM25's usual constants (Robertson and Zaragoza, 2009)."""
RRF = 60
"""Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
KEYWORD_WEIGHT, KEYWORD_HALF = 0.3, 12.0
"""What rare shared words add to the cosine where the floor is tested: at most 0.3, half of that at 12."""
CANDIDATE_TRUST = 0.9
"""A candidate stands behind an equal item that a second task confirmed."""

_WORD = re.compile(r"[A-Za-z]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CUE_SEPARATOR = re.compile(r"[,;|\n]")
_STOP = frozenset(
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
        found += [_singular(part) for part in parts if part not in _STOP]
    return found


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """BM25 weights by word: positions and their weights."""

    size: int
    postings: Mapping[str, tuple[NDArray[np.intp], Floats]]

    def scores(self, query: Iterable[str]) -> Floats:
        """BM25 of every document, shape (size,); a word of the query counts once."""
        scores = np.zeros(self.size)
        for word in dict.fromkeys(query):
            if (posting := self.postings.get(word)) is not None:
                scores[posting[0]] += posting[1]
        return scores


def keyword_index(documents: Sequence[Sequence[str]]) -> KeywordIndex:
    lengths = [len(document) for document in documents]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    counts: dict[str, list[tuple[int, int]]] = {}
    for position, document in enumerate(documents):
        for word, count in Counter(document).items():
            counts.setdefault(word, []).append((position, count))
    postings: dict[str, tuple[NDArray[np.intp], Floats]] = {}
    for word, entries in counts.items():
        rarity = math.log(1 + (len(documents) - len(entries) + 0.5) / (len(entries) + 0.5))
        weights = [
            rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[position] / (mean or 1.0)))
            for position, count in entries
        ]
        postings[word] = (np.array([position for position, _ in entries], dtype=np.intp), np.array(weights))
    return KeywordIndex(len(documents), postings)


def relevance(similarity: Floats, keyword: Floats) -> Floats:
    """What the floor is tested against, in [-1, 1.3]: cosine plus a bounded part for shared rare words."""
    return similarity + KEYWORD_WEIGHT * keyword / (keyword + KEYWORD_HALF)


def cue_alternatives(cue: str) -> frozenset[str]:
    """The phrases of a cue, each enough by itself: `ip address, c2 server` has two."""
    if cue.startswith(CUE_PATTERN):
        return frozenset()
    return frozenset(phrase for part in _CUE_SEPARATOR.split(cue) if (phrase := normalised(part)))


def cue_matches(cue: str, alternatives: frozenset[str], cues: frozenset[str], text: str) -> bool:
    """A phrase of the cue is one of the query's cues, or its pattern is found in the query's text."""
    if cue.startswith(CUE_PATTERN):
        return re.search(cue.removeprefix(CUE_PATTERN), text, re.IGNORECASE) is not None
    return not alternatives.isdisjoint(cues)


def cue_contradicts(alternatives: frozenset[str], cues: frozenset[str]) -> bool:
    """The cue names a property (`answer_type:ip`) that the query has with other values only."""
    named = {phrase.partition(":")[0] for phrase in alternatives if ":" in phrase}
    known = {cue.partition(":")[0] for cue in cues if ":" in cue}
    return bool(alternatives) and bool(named & known) and alternatives.isdisjoint(cues)


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
