"""Novelty of ideas against a corpus given as arrays: distances to past and contemporary papers, and rarity.

Each value comes with the direction in which it should be read. None of them is a verdict: an idea far from
every paper may be novel, or beside the topic.
Sources: VirSci (Su et al., 2024) for HD, CD, CI and ON; Uzzi et al., Science 342 (2013) 468 for atypical
combinations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float64]

NEAREST = 5
TAIL_PERCENT = 10.0
"""Uzzi's novelty is the lower tail of an article's pairs, not their mean."""


class Direction(StrEnum):
    """How to read a value, in words."""

    HD = "higher: farther from what was known before the date"
    CD = "lower: closer to what others work on now; higher: farther from it too"
    CI = "higher: its contemporary neighbours are cited more"
    ON = "higher: unlike the past, close to work that is cited now"
    RARITY = "lower: rarer combination of concepts; 0 is what chance gives, above is conventional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value, None where the corpus has nothing to say, and how to read it."""

    value: float | None
    direction: Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusNovelty:
    """Of one idea. Distances are 1 - cosine, in [0, 2]; `overall` is HD * CI / CD."""

    historical: Reading
    contemporary: Reading
    impact: Reading
    overall: Reading


def corpus_novelty(
    ideas: Floats, papers: Floats, years: Floats, citations: Floats, *, split: float, nearest: int = NEAREST
) -> tuple[CorpusNovelty, ...]:
    """One reading an idea.

    `ideas` (n, d) and `papers` (m, d) hold unit rows; `years` (m,), NaN where unknown (left out): before
    `split` a paper is past, from it on contemporary; `citations` (m,), NaN where unknown. HD and CD are mean
    distances to the `nearest` past and contemporary papers, CI the mean citations of those contemporary ones
    that have a count. A value without papers is None and so is what is made of it; ON is None where CD is 0.

    Raises:
        UserError: shapes that do not fit.
    """
    count = len(papers)
    if ideas.ndim != 2 or papers.ndim != 2 or (count and ideas.shape[1] != papers.shape[1]):
        raise UserError(f"ideas of shape {ideas.shape} cannot be compared with papers of {papers.shape}")
    if years.shape != (count,) or citations.shape != (count,) or nearest < 1:
        raise UserError("every paper needs a year and a citation count, and `nearest` is one at least")
    past, present = np.flatnonzero(years < split), np.flatnonzero(years >= split)
    return tuple(_novelty(idea, papers, past, present, citations, nearest) for idea in ideas)


def _novelty(
    idea: Floats,
    papers: Floats,
    past: NDArray[np.intp],
    present: NDArray[np.intp],
    citations: Floats,
    nearest: int,
) -> CorpusNovelty:
    historical, _ = _nearest(idea, papers, past, nearest)
    contemporary, near = _nearest(idea, papers, present, nearest)
    counts = citations[near]
    counts = counts[np.isfinite(counts)]
    impact = float(counts.mean()) if len(counts) else None
    overall = None
    if historical is not None and impact is not None and contemporary:
        overall = historical * impact / contemporary
    return CorpusNovelty(
        historical=Reading(value=historical, direction=Direction.HD),
        contemporary=Reading(value=contemporary, direction=Direction.CD),
        impact=Reading(value=impact, direction=Direction.CI),
        overall=Reading(value=overall, direction=Direction.ON),
    )


def _nearest(
    idea: Floats, papers: Floats, among: NDArray[np.intp], nearest: int
) -> tuple[float | None, NDArray[np.intp]]:
    if not len(among):
        return None, among
    distance = np.maximum(0.0, 1.0 - np.round(papers[among] @ idea, 9))
    order = np.argsort(distance, kind="stable")[:nearest]
    return float(distance[order].mean()), among[order]


def rarity(
    ideas: Sequence[Collection[str]], corpus: Sequence[Collection[str]], *, percent: float = TAIL_PERCENT
) -> tuple[Reading, ...]:
    """How unusual each idea's pairs of concepts are: the lower `percent` of their pairs' z-scores.

    `corpus` holds the concepts of each paper. For a pair that a and b papers of m hold, chance expects
    a b / m papers with both and a hypergeometric spread; z = (observed - expected) / spread. Uzzi et al. draw
    networks instead; this is their null with only the concepts' frequencies kept. Pairs with a concept that
    the corpus lacks are left out: nothing is known of them. None where no pair is left.

    Raises:
        UserError: a percentage outside [0, 100].
    """
    if not 0.0 <= percent <= 100.0:
        raise UserError("the tail is a percentage between 0 and 100")
    single: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    for concepts in corpus:
        ordered = sorted(set(concepts))
        single.update(ordered)
        together.update(combinations(ordered, 2))
    found = []
    for concepts in ideas:
        known = sorted(concept for concept in set(concepts) if concept in single)
        scores = [
            score
            for one, other in combinations(known, 2)
            if (score := _surprise(single[one], single[other], together[one, other], len(corpus))) is not None
        ]
        value = float(np.percentile(scores, percent)) if scores else None
        found.append(Reading(value=value, direction=Direction.RARITY))
    return tuple(found)


def _surprise(one: int, other: int, both: int, papers: int) -> float | None:
    """None where chance leaves no room: a concept of every paper, or a corpus of one paper."""
    expected = one * other / papers
    if papers < 2:
        return None
    variance = expected * (papers - one) * (papers - other) / (papers * (papers - 1))
    return float((both - expected) / np.sqrt(variance)) if variance > 0 else None
