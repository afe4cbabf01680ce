"""What a search asks for and what it finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import UserError
from ideation.corpus.fusion import WEIGHTS, Channel
from ideation.corpus.identity import PaperId

MOST_QUERY_CHARS = 20_000
MOST_FACETS = 32

_SENTENCE = re.compile(r"(?<=[.!?;。！？])\s+|\n+")
_PHRASE = re.compile(r"\"([^\"]{2,200})\"")
_FEWEST_FACET_CHARS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search. Words in double quotes are also looked for as an exact phrase.

    `facets` are parts of the subject, each looked for by itself: a paper counts by the facet that it fits
    best. `diversity` in [0, 1] is 1 - lambda of maximal marginal relevance: 0 goes by relevance alone.
    `embed_candidates` lets the search embed so many of the best keyword hits that have no vector yet.
    """

    text: str
    facets: tuple[str, ...] = ()
    limit: int = 20
    diversity: float = 0.0
    exclude: frozenset[PaperId] = frozenset()
    embed_candidates: int = 0
    weights: Mapping[Channel, float] = field(default_factory=lambda: WEIGHTS)

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise UserError("a search must ask for at least one paper")
        if not 0.0 <= self.diversity <= 1.0:
            raise UserError(f"diversity must lie between 0 and 1, not {self.diversity}")

    @property
    def phrases(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_PHRASE.findall(self.text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A found paper; `ranks` says where each channel placed it, from 1."""

    id: PaperId
    score: float
    ranks: Mapping[Channel, int]


def split_facets(text: str) -> tuple[str, ...]:
    """The sentences of a background, short ones and repetitions left out: facets where nobody named any."""
    parts = (part.strip() for part in _SENTENCE.split(text[:MOST_QUERY_CHARS]))
    return tuple(dict.fromkeys(part for part in parts if len(part) >= _FEWEST_FACET_CHARS))[:MOST_FACETS]
