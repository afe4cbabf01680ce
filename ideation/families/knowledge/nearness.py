"""Likeness of texts and papers. Papers are compared by the library's own search, whose vectors are made once;
the desk's embedder is asked for short texts only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ideation.arm import Desk
from ideation.corpus.identity import PaperId
from ideation.muse import Source
from ideation.muses.phrases import phrases

Matrix = NDArray[np.float32]

_DEEP = 10
"""A pool is looked for among so many times as many papers: a part of it may stand far down."""


async def vectors(desk: Desk, stage: str, texts: Sequence[str]) -> Matrix | None:
    """Unit rows, shape (len(texts), d); None, and a failure in the ledger, where the embedder failed."""

    async def embed() -> Matrix:
        return desk.embedder.embed(list(texts))

    return await desk.attempt(stage, embed)


def by_search(desk: Desk, text: str, sources: Sequence[Source]) -> dict[PaperId, float]:
    """How near the papers are to a text: 1 for the first that the library finds, down to 0 for those it does
    not find.
    """
    pool = {each.paper for each in sources}
    found = desk.library.search(text, _DEEP * len(pool)) if pool else ()
    ranked = [each.paper for each in found if each.paper in pool]
    near = {paper: 1.0 - place / len(ranked) for place, paper in enumerate(ranked)}
    return {each.paper: near.get(each.paper, 0.0) for each in sources}


def by_words(text: str, sources: Sequence[Source]) -> list[Source]:
    """The papers, most telling words in common with the text first; rarer words among them tell more."""
    held = [telling_words(shown_text(each)) for each in sources]
    spread = Counter(word for words in held for word in words)
    own = telling_words(text)

    def likeness(words: frozenset[str]) -> float:
        weights = {word: math.log(1.0 + len(held) / spread[word]) for word in words}
        return sum(weights[word] for word in words & own) / math.sqrt(sum(weights.values()) or 1.0)

    order = sorted(range(len(held)), key=lambda at: (-round(likeness(held[at]), 9), at))
    return [sources[at] for at in order]


def telling_words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for phrase in phrases(text) for word in phrase.split())


def shown_text(source: Source) -> str:
    """A paper as it is compared."""
    return f"{source.title}\n{source.abstract}".strip()


def labelled(source: Source) -> str:
    """A paper as a list question shows it, under the id by which the answer names it."""
    return f"[{source.paper}] {shown_text(source)}"
