"""What is said of a run's ideas as a set: how many, how unlike, how good and unlike, in which words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ideation.evaluation.good_and_different import effective_diversity, yield_of
from ideation.evaluation.guilford import guilford
from ideation.evaluation.spread import (
    cluster_entropy,
    mean_nearest_distance,
    mean_pairwise_distance,
    unique_curve,
    vendi_profile,
)
from ideation.evaluation.wording import distinct_n, self_bleu
from ideation.idea import IdeaId
from ideation.likeness.grouping import Linkage, groups_of

Floats = NDArray[np.float64]

ALIKE = 0.8
"""Cosine from which two ideas do not stand in one portfolio, and count once in the yield."""
KIND = 0.5
"""Cosine from which ideas are of one kind, all with all: a coarse grouping, and no calibrated one."""
CURVE = (0.6, 0.7, 0.8, 0.9)


def measures(
    texts: Mapping[IdeaId, str], similarity: Floats, strengths: Sequence[float], *, made: int
) -> dict[str, float]:
    """By name; what cannot be told of so few ideas is left out. `texts`, `similarity` (n, n) and `strengths`
    (n,) are of the ideas kept, best first; `made` counts those before duplicates went.
    """
    kept = len(texts)
    found: dict[str, float | None] = {
        "ideas made": float(made),
        "share kept after duplicates": kept / made if made else None,
    }
    if kept:
        bar = float(np.median(strengths))
        good = np.array(strengths, dtype=np.float64)
        said = list(texts.values())
        kinds = _kinds(list(texts), similarity)
        four = guilford(said, groups=list(texts), kinds=kinds)
        found |= {
            "mean pairwise distance": mean_pairwise_distance(similarity),
            "mean distance to the nearest": mean_nearest_distance(similarity),
            **{
                f"Vendi score a idea{'' if q == 1 else f', q {q:g}'}": score / kept
                for q, score in vendi_profile(similarity)
            },
            **{
                f"share unlike those before, at cosine {at.threshold:g}": at.share
                for at in unique_curve(similarity, CURVE)
            },
            "entropy of kinds (nats)": cluster_entropy(kinds),
            "distinct words": distinct_n(said, 1),
            "distinct pairs of words": distinct_n(said, 2),
            "Self-BLEU (higher is less varied)": self_bleu(said),
            "yield (unlike, above the median)": float(yield_of(similarity, good, bar=bar, alike=ALIKE).size),
            "effective diversity (above the median)": effective_diversity(similarity, good, bar=bar),
            "fluency (ideas that repeat none)": float(four.fluency),
            "flexibility (kinds)": float(four.flexibility),
            "originality (rare within the run)": four.originality,
            "elaboration (distinct words an idea)": four.elaboration,
        }
    return {
        name: round(value, 6) for name, value in found.items() if value is not None and math.isfinite(value)
    }


def _kinds(ids: Sequence[IdeaId], similarity: Floats) -> list[int]:
    alike = {
        (ids[one], ids[other]): float(similarity[one, other])
        for one, other in combinations(range(len(ids)), 2)
        if similarity[one, other] >= KIND
    }
    kind = {
        each: number for number, group in enumerate(groups_of(ids, alike, Linkage.COMPLETE)) for each in group
    }
    return [kind[each] for each in ids]
