"""Which of the names that a column gives to events is the one that a question speaks of."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from atlas.offline.question import Question, sentences_of, words

_COVERED = 0.5
"""A name of which less than this share of rare words stands in the question speaks of something else."""
_NEAR = 0.8
"""Names within this share of the best score are read as well."""
_MOST = 4
_VERBATIM_LATE, _VERBATIM = 1.6, 1.1
"""A name that stands in the question to the letter, in its last two sentences or anywhere."""


def asked_events(question: Question, names: Iterable[str]) -> dict[str, float]:
    """The few names nearest to what is asked, each with its score, best first; empty when none is near."""
    late = " ".join(sentences_of(question.text)[-2:])
    scores = _score(names, question.salience, late, question.text)
    best = max(scores.values(), default=0.0)
    near = sorted(
        (n for n, score in scores.items() if score >= _NEAR * best > 0), key=lambda n: (-scores[n], n)
    )
    return {name: scores[name] for name in near[:_MOST]}


def opening_event(question: Question, names: Iterable[str]) -> str | None:
    """The name of the event that the context starts from; None when no name is near."""
    early = " ".join(sentences_of(question.text)[:2])
    scores = _score(names, question.opening, early, question.text)
    return min(scores, key=lambda n: (-scores[n], n), default=None)


def _score(names: Iterable[str], weights: Mapping[str, float], near_text: str, text: str) -> dict[str, float]:
    """Score names by the words that they share with the question, rare words first."""
    split = {name: set(words(name)) for name in names}
    count = Counter(word for found in split.values() for word in found)
    rarity = {word: math.log(1 + len(split) / n) for word, n in count.items()}
    near_plain, plain = _plain(near_text), _plain(text)
    scores = {}
    for name, found in split.items():
        mass = sum(rarity[word] for word in found)
        if not mass or sum(rarity[word] for word in found if word in weights) < _COVERED * mass:
            continue
        shared = sum(rarity[word] * weights.get(word, 0.0) for word in found)
        bare = _plain(name)
        verbatim = _VERBATIM_LATE if bare in near_plain else _VERBATIM if bare in plain else 1.0
        scores[name] = verbatim * shared / mass**0.7
    return scores


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
