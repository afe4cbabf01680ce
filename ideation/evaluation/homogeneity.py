"""Whether different runs, models or users end with the same ideas on one topic.

A set may be diverse in itself and yet be the set that everybody gets: what counts is how much likelier an
idea is to have a twin in another set than a set's own spread would suggest.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.evaluation.resampling import RESAMPLES, Estimate, bootstrap_mean
from ideation.evaluation.spread import cosine_similarity, vendi

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpread:
    """Of one set: its ideas, the mean cosine of two of them (None below two), its Vendi score."""

    name: str
    ideas: int
    within: float | None
    effective: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Of two sets. `across` is the mean cosine of an idea of one with an idea of the other, `nearest` that of
    each idea with the nearest of the other set, `shared` the share of ideas that have a twin there.
    """

    one: str
    other: str
    across: float
    nearest: Estimate
    shared: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Homogeneity:
    """`distinct` is the Vendi score of all sets together over the sum of their own, in (0, 1]: 1 where the
    sets have nothing in common, 1/k where k sets say the same.
    """

    sets: tuple[SetSpread, ...]
    overlaps: tuple[Overlap, ...]
    distinct: float


def homogeneity(
    vectors: Mapping[str, Floats],
    groups: Mapping[str, Sequence[Hashable]],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Homogeneity:
    """`vectors` (n, d) by the name of the set; `groups` name what each of its ideas says, across all sets:
    two ideas of one group are twins. Intervals are of a bootstrap over the ideas of both sets.

    Raises:
        UserError: fewer than two sets, an empty one, or not one group an idea.
    """
    if len(vectors) < 2 or not all(len(rows) for rows in vectors.values()):
        raise UserError("give two sets of ideas or more, none of them empty")
    if {name: len(rows) for name, rows in vectors.items()} != {name: len(groups[name]) for name in vectors}:
        raise UserError("every idea of a set needs one group")
    names = list(vectors)
    whole = cosine_similarity(np.concatenate([vectors[name] for name in names]))
    ends = np.cumsum([0, *(len(vectors[name]) for name in names)])
    place = {name: slice(int(ends[at]), int(ends[at + 1])) for at, name in enumerate(names)}
    sets = tuple(_spread(name, whole[place[name], place[name]]) for name in names)
    overlaps = []
    for one, other in combinations(names, 2):
        cosines = whole[place[one], place[other]]
        first, second = set(groups[one]), set(groups[other])
        twins = [*(each in second for each in groups[one]), *(each in first for each in groups[other])]
        overlaps.append(
            Overlap(
                one=one,
                other=other,
                across=float(cosines.mean()),
                nearest=bootstrap_mean(
                    np.concatenate([cosines.max(axis=1), cosines.max(axis=0)]), seed=seed, resamples=resamples
                ),
                shared=bootstrap_mean(np.array(twins, dtype=np.float64), seed=seed, resamples=resamples),
            )
        )
    total = sum(each.effective for each in sets)
    return Homogeneity(sets=sets, overlaps=tuple(overlaps), distinct=min(1.0, vendi(whole) / total))


def _spread(name: str, own: Floats) -> SetSpread:
    rows, columns = np.triu_indices(len(own), 1)
    within = float(own[rows, columns].mean()) if len(rows) else None
    return SetSpread(name=name, ideas=len(own), within=within, effective=vendi(own))
