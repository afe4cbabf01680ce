"""A pair judge without a model: it counts marks in texts, says so, and abstains where that is no ground.

It is there so that a run without a key has an order at all, and for tests. It reads no meaning: an
empty idea that uses the right words passes. Excitement and effectiveness cannot be counted; on those it
always abstains.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from ideation.ranking.judge import Opinion
from ideation.ranking.match_log import Axis, Verdict

MARGIN = 0.05
"""Scores lie in [0, 1]; those nearer than this are a tie."""
LONG_SENTENCE, SHORT_SENTENCE = 40.0, 18.0
"""Words a sentence at which clarity gets nothing, and all, of what length gives."""

_WORD = re.compile(r"[^\W\d_][\w-]+")
_SENTENCE = re.compile(r"[.!?]+(?:\s|$)|\n")
_MEANS: Mapping[str, re.Pattern[str]] = {
    "data": re.compile(r"\b(?:data|dataset|samples?|corpus|measurements?|records|archive)\w*", re.I),
    "comparison": re.compile(r"\b(?:baseline|control|compar|against|versus|ablation)\w*", re.I),
    "measure": re.compile(r"\b(?:measur|metric|rate|score|yield|accuracy|error|test|quantif)\w*", re.I),
    "number": re.compile(r"\d"),
    "cost": re.compile(r"\b(?:hours?|days?|weeks?|months?|budget|cost|available|existing|public)\b", re.I),
    "obstacle": re.compile(r"\b(?:risk|limit|fail|fallback|difficult|assum)\w*", re.I),
}


class HeuristicJudge:
    """`known` are texts of the field, such as titles with abstracts: novelty is distance to the nearest.

    Without them it abstains on novelty too.
    """

    name = "offline heuristic (counts marks in the text, reads no meaning)"

    def __init__(self, known: Iterable[str] = ()) -> None:
        bags = [Counter(_words(text)) for text in known]
        spread = Counter(word for bag in bags for word in bag)
        self._rarity = {word: math.log((1 + len(bags)) / n) for word, n in spread.items()}
        self._unseen = math.log(1 + len(bags))
        self._known = [_unit({word: n * self._rarity[word] for word, n in bag.items()}) for bag in bags]
        self._novelty: dict[str, float] = {}

    @property
    def axes(self) -> frozenset[Axis]:
        """The axes on which it answers at all."""
        counted = {Axis.FEASIBILITY, Axis.CLARITY}
        return frozenset(counted | {Axis.NOVELTY} if self._known else counted)

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        """The same answer at every seed and in both orders."""
        if axis not in self.axes:
            return Opinion(verdict=Verdict.ABSTAIN, reason=f"{axis.value} cannot be told by counting")
        one, two = self.score(first, axis), self.score(second, axis)
        verdict = Verdict.TIE
        if abs(one - two) >= MARGIN:
            verdict = Verdict.FIRST if one > two else Verdict.SECOND
        return Opinion(verdict=verdict, reason=f"counted marks of {axis.value}: {one:.2f} and {two:.2f}")

    def score(self, text: str, axis: Axis) -> float:
        """In [0, 1]. Raises `ValueError` for an axis that is not in `axes`."""
        match axis:
            case Axis.NOVELTY if self._known:
                if text not in self._novelty:
                    self._novelty[text] = self._distance(text)
                return self._novelty[text]
            case Axis.FEASIBILITY:
                return sum(bool(mark.search(text)) for mark in _MEANS.values()) / len(_MEANS)
            case Axis.CLARITY:
                return _clarity(text)
        raise ValueError(f"no score for {axis.value}")

    def _distance(self, text: str) -> float:
        """One less the highest TF-IDF cosine with a known text."""
        weights = {
            word: n * self._rarity.get(word, self._unseen) for word, n in Counter(_words(text)).items()
        }
        own = _unit(weights)
        nearest = max(
            sum(weight * each[word] for word, weight in own.items() if word in each) for each in self._known
        )
        return min(1.0, max(0.0, 1.0 - nearest))


def _clarity(text: str) -> float:
    """Half for short sentences, half for words that are used again rather than once."""
    words = _words(text)
    if not words:
        return 0.0
    sentences = sum(1 for each in _SENTENCE.split(text) if each.strip())
    length = len(words) / max(1, sentences)
    short = min(1.0, max(0.0, (LONG_SENTENCE - length) / (LONG_SENTENCE - SHORT_SENTENCE)))
    return (short + 1.0 - len(set(words)) / len(words)) / 2


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text) if len(word) > 2]


def _unit(weights: Mapping[str, float]) -> dict[str, float]:
    norm = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / norm for word, weight in weights.items()} if norm else {}
