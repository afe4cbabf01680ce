"""Which concepts papers speak of, and how often two are spoken of together: an entity store without a model.

`related` ranks concepts from outside a set of papers as ResearchAgent does (Baek et al., NAACL 2025, eq. 2).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ideation.corpus.identity import PaperId
from ideation.muses.phrases import phrases

LEAST_TOGETHER = 3
_WORD = re.compile(r"[^\W\d_]{3,}(?:[-/][^\W_]+)*|[^\W_]+-[^\W\d_]{2,}|[A-Z][A-Z0-9]+s?")
_SIBILANT = ("sses", "xes", "ches", "shes")
_COMMON = 0.2
"""A concept of more than this share of the papers says nothing of any of them."""
_COMMON_FROM = 20
"""Papers from which that share is told apart from chance."""


def concepts(text: str) -> frozenset[str]:
    """Terms of a text in lower case, the plural folded: pairs of neighbouring words, and names."""
    found: set[str] = set()
    for phrase in phrases(text):
        words = _WORD.findall(phrase)
        if len(words) != len(phrase.split()):
            words = []
        found.update(" ".join(map(_folded, pair)) for pair in pairwise(words))
        found.update(_folded(word) for word in words if _tells(word))
    return frozenset(found)


def _tells(word: str) -> bool:
    """Of single words those that look like a name: others are mostly fillers."""
    return "-" in word or word[1:] != word[1:].lower()


def _folded(word: str) -> str:
    plain = word.casefold()
    if len(plain) <= 3 or not plain.endswith("s") or plain.endswith(("ss", "us", "is")):
        return plain
    if plain.endswith("ies"):
        return f"{plain[:-3]}y"
    return plain[:-2] if plain.endswith(_SIBILANT) else plain[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A concept from outside with its score (log2) and the most papers that it shares with one of the set."""

    concept: str
    score: float
    together: int


class ConceptStore:
    """Counts papers by concept and by pair; each paper counts once."""

    def __init__(self, concepts_of: Mapping[PaperId, Iterable[str]]) -> None:
        of = {paper: frozenset(found) for paper, found in concepts_of.items()}
        counts = Counter(concept for found in of.values() for concept in found)
        most = _COMMON * len(of) if len(of) >= _COMMON_FROM else len(of)
        self._of = {
            paper: frozenset(concept for concept in found if counts[concept] <= most)
            for paper, found in of.items()
        }
        holders: dict[str, list[PaperId]] = {}
        for paper in sorted(self._of):
            for concept in self._of[paper]:
                holders.setdefault(concept, []).append(paper)
        self._holders = {concept: tuple(papers) for concept, papers in sorted(holders.items())}

    @classmethod
    def of_texts(cls, texts: Mapping[PaperId, str]) -> ConceptStore:
        return cls({paper: concepts(text) for paper, text in texts.items()})

    @property
    def papers(self) -> int:
        return len(self._of)

    @property
    def concepts(self) -> Mapping[str, tuple[PaperId, ...]]:
        """Every concept with the papers that speak of it, in order."""
        return self._holders

    def of(self, paper: PaperId) -> frozenset[str]:
        return self._of.get(paper, frozenset())

    def holders(self, concept: str) -> tuple[PaperId, ...]:
        return self._holders.get(concept, ())

    def count(self, concept: str) -> int:
        return len(self.holders(concept))

    def together(self, one: str, other: str) -> int:
        """Papers that speak of both."""
        return len(set(self.holders(one)).intersection(self.holders(other)))

    def related(
        self, concepts: Iterable[str], *, limit: int = 30, least: int = LEAST_TOGETHER
    ) -> tuple[Related, ...]:
        """Concepts from outside that go with those given, best first.

        A candidate e scores the sum over the given e' of log2 P(e'|e), and log2 P(e). P(e'|e) is the share of
        e's papers that speak of e', with half a paper added either way, so that a pair never seen counts as
        rare and not as impossible. Candidates share at least `least` papers with one of the given.
        """
        given = sorted({each for each in concepts if each in self._holders})
        pairs: dict[str, Counter[str]] = {}
        for own in given:
            for paper in self._holders[own]:
                for candidate in self._of[paper]:
                    pairs.setdefault(candidate, Counter())[own] += 1
        found = [
            Related(
                concept=candidate, score=self._score(candidate, shared, given), together=max(shared.values())
            )
            for candidate, shared in pairs.items()
            if candidate not in given and max(shared.values()) >= least
        ]
        return tuple(sorted(found, key=lambda each: (-each.score, each.concept))[:limit])

    def _score(self, candidate: str, shared: Mapping[str, int], given: Iterable[str]) -> float:
        count = self.count(candidate)
        likelihood = sum(math.log2((shared[own] + 0.5) / (count + 1.0)) for own in given)
        return round(likelihood + math.log2(count / self.papers), 9)
