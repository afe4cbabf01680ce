"""Rediscovery: does a system that may not see a paper come upon its inspirations and its idea?

Nothing here depends on where the real idea stood: ties count by their chance, and its slot among the
candidates is drawn (`slot_for`). A benchmark that always shows it first measures position bias.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float64]
Item = TypeVar("Item", bound=Hashable)


def hit_at_k(scores: Mapping[Item, float], relevant: Set[Item], k: int) -> float | None:
    """Share in [0, 1] of the relevant items among the k best; expected over the orders of tied items.

    Items that are relevant and have no score are missed. None without a relevant item.

    Raises:
        UserError: k below 1.
    """
    if k < 1:
        raise UserError("hit@k needs a k of one at least")
    if not relevant:
        return None
    return sum(_chance_in(scores, item, k) for item in relevant) / len(relevant)


def any_hit_at_k(ranked: Sequence[Item], relevant: Set[Item], k: int) -> bool | None:
    """Whether one relevant item is among the first k of a ranking; None without a relevant item."""
    if k < 1:
        raise UserError("hit@k needs a k of one at least")
    return None if not relevant else not relevant.isdisjoint(ranked[:k])


def random_hit_at_k(candidates: int, k: int) -> float:
    """What a random order finds: k of n."""
    return min(1.0, k / candidates) if candidates > 0 else 0.0


def _chance_in(scores: Mapping[Item, float], item: Item, k: int) -> float:
    if item not in scores:
        return 0.0
    above = sum(score > scores[item] for score in scores.values())
    tied = sum(score == scores[item] for score in scores.values())
    return min(1.0, max(0.0, (k - above) / tied))


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Scores in [0, 5] of generated ideas against the real one; `unscored` are left out."""

    best: float | None
    mean: float | None
    scored: int
    unscored: int


def matched_score(scores: Sequence[float | None]) -> Matched:
    """None stands for what a judge could not score. The best of n grows with n: compare equal n only.

    Raises:
        UserError: a score outside [0, 5].
    """
    known = [score for score in scores if score is not None]
    if any(not 0.0 <= score <= 5.0 for score in known):
        raise UserError("a matched score lies between 0 and 5")
    return Matched(
        best=max(known) if known else None,
        mean=float(np.mean(known)) if known else None,
        scored=len(known),
        unscored=len(scores) - len(known),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetLikeness:
    """Cosine by facet in both texts; `missing` are facets of the real idea that the other lacks: they count 0
    in `mean`, which is None where the real idea has no facet.
    """

    by_facet: Mapping[str, float]
    missing: tuple[str, ...]
    mean: float | None


def facet_likeness(real: Mapping[str, Floats], generated: Mapping[str, Floats]) -> FacetLikeness:
    """Compare vectors (d,) of the same facets; a facet only the generated idea has is not asked for.

    Source: the masked-proposal evaluation of ResearchTown (2024), by question.
    """
    found: dict[str, float] = {}
    for facet in sorted(real.keys() & generated.keys()):
        one, other = real[facet], generated[facet]
        length = float(np.linalg.norm(one) * np.linalg.norm(other))
        found[facet] = float(one @ other) / length if length > 0 else 0.0
    missing = tuple(sorted(real.keys() - generated.keys()))
    mean = sum(found.values()) / len(real) if real else None
    return FacetLikeness(by_facet=found, missing=missing, mean=mean)


def slot_for(item_id: str, slots: int, *, seed: int) -> int:
    """The place, from 0, of the real idea among `slots` candidates: uniform over items, the same each time.

    Raises:
        UserError: no slot.
    """
    if slots < 1:
        raise UserError("the real idea needs one slot at least")
    digits = hashlib.sha256(f"{seed}\x1f{item_id}".encode()).digest()[:8]
    return int.from_bytes(digits, "big") * slots >> 64


def insight_score(scores: Sequence[float], real: int) -> float | None:
    """Share of the other candidates that score above the real idea, ties half, in [0, 1]; None if alone.

    High means that a judge prefers the generated ideas. 0.5 is chance, wherever the real idea stood.
    """
    if not 0 <= real < len(scores):
        raise UserError("the real idea must be one of the candidates")
    others = [score for at, score in enumerate(scores) if at != real]
    if not others:
        return None
    return sum((score > scores[real]) + 0.5 * (score == scores[real]) for score in others) / len(others)
