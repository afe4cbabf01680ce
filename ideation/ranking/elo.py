"""Elo ratings, played through a match log in its order: for comparison with other systems.

They depend on that order and know neither position bias nor doubt; rank by `ideation.ranking.standings`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ideation.ranking.match_log import Tally

START, STEP, SCALE = 1200.0, 24.0, 400.0
"""First rating, most a match moves it (K), and points for odds of ten to one."""


def elo(tally: Tally, *, start: float = START, step: float = STEP) -> NDArray[np.float64]:
    """Ratings (n,), in the order of `tally.ideas`. Their mean stays `start`; a tie is half a win."""
    ratings = np.full(len(tally.ideas), start)
    for first, second, side in zip(tally.first, tally.second, tally.side, strict=True):
        expected = 1.0 / (1.0 + 10.0 ** ((ratings[second] - ratings[first]) / SCALE))
        moved = step * ((1.0 + side) / 2.0 - expected)
        ratings[first] += moved
        ratings[second] -= moved
    return ratings
