"""Guilford's four measures of divergent thinking for one run.

All grow with creativity in Guilford's sense, and none of them says that an idea is right.
Sources: Guilford (1967); LiveIdeaBench (2024) for ideas of models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from ideation.likeness.reading import tokens_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guilford:
    """`fluency`: ideas that do not repeat another. `flexibility`: kinds of ideas (clusters or categories).

    `originality`: mean over ideas of 1 - the share of the reference ideas of the same kind, in [0, 1].
    `elaboration`: mean telling detail, in distinct words an idea. Means are None for an empty run.
    """

    fluency: int
    flexibility: int
    originality: float | None
    elaboration: float | None


def guilford(
    texts: Sequence[str],
    *,
    groups: Sequence[Hashable],
    kinds: Sequence[Hashable],
    reference_kinds: Sequence[Hashable] = (),
) -> Guilford:
    """`groups` name the duplicates that each text belongs to, `kinds` its cluster; one entry a text.

    `reference_kinds` are the kinds of the ideas that others had on the topic; without them the run's own are
    taken, and a kind is then rare only within the run.

    Raises:
        UserError: not one group and one kind a text.
    """
    if not len(texts) == len(groups) == len(kinds):
        raise UserError("every idea needs one group and one kind")
    if not texts:
        return Guilford(fluency=0, flexibility=0, originality=None, elaboration=None)
    reference = Counter(reference_kinds or kinds)
    total = reference.total()
    return Guilford(
        fluency=len(set(groups)),
        flexibility=len(set(kinds)),
        originality=float(np.mean([1.0 - reference[kind] / total for kind in kinds])),
        elaboration=float(np.mean([len(set(tokens_of(text))) for text in texts])),
    )
