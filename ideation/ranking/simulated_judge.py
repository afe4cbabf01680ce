"""A judge whose accuracy, position bias, ties and abstentions are set: for tests and for the tables."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from core.errors import ModelOutputError
from ideation.ranking.judge import Opinion
from ideation.ranking.match_log import Axis, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedJudge:
    """Knows the `qualities` of texts and answers by the model that `ideation.ranking.bradley_terry` fits.

    With d = slope (quality of the first - of the second) + `first_slot`, the odds of first : second : tie
    are exp(d/2) : exp(-d/2) : exp(`tie`). An answer is unreadable with the chance `unreadable`.
    """

    qualities: Mapping[str, float]
    slope: float
    first_slot: float = 0.0
    tie: float = -math.inf
    unreadable: float = 0.0
    name: str = "simulated"

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        """Raises `ModelOutputError` for an unreadable answer."""
        dice = random.Random(f"{seed}\x1f{axis.value}\x1f{first}\x1f{second}")
        if dice.random() < self.unreadable:
            raise ModelOutputError("The answer is no verdict.")
        half = (self.slope * (self.qualities[first] - self.qualities[second]) + self.first_slot) / 2
        odds = [math.exp(half), math.exp(-half), math.exp(self.tie)]
        (verdict,) = dice.choices([Verdict.FIRST, Verdict.SECOND, Verdict.TIE], odds)
        return Opinion(verdict=verdict, reason="simulated")


@cache
def slope_for(accuracy: float) -> float:
    """The slope at which a judge without bias or ties is right with chance `accuracy` over random pairs.

    Qualities are N(0, 1), so the gap of a pair is |N(0, 2)|; the mean over gaps is by Gauss-Hermite
    quadrature. Raises `ValueError` outside [0.5, 1).
    """
    if not 0.5 <= accuracy < 1.0:
        raise ValueError(f"accuracy lies in [0.5, 1), not at {accuracy}")
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    gaps, weights = np.abs(nodes) * math.sqrt(2.0), weights / weights.sum()
    low, high = 0.0, 200.0
    for _ in range(80):
        middle = (low + high) / 2
        right = float((weights / (1.0 + np.exp(-np.minimum(middle * gaps, 500.0)))).sum())
        low, high = (middle, high) if right < accuracy else (low, middle)
    return (low + high) / 2
