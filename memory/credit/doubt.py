"""How often an item that may do harm is left out: the more often, the surer it looks that it does.

An item's reward where it was shown less that where it was withheld has a normal posterior, drawn towards no
effect; `doubt` is the chance that it lies below 0. Up to an even chance the item keeps the share that all
are withheld at. Above, more of its tasks go without it: that is what its harm costs less by, and what tells
the two arms apart sooner. The chance stands with each exposure, so the estimates stay unbiased and the test
of harm keeps its error rate, which holds for any share that is set before the task.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from memory.credit.tallies import Comparison

EFFECT_SPREAD = 0.15
"""Standard deviation of items' true effects on the reward, as far as anyone knows beforehand."""
REWARD_VARIANCE = 0.25
"""The highest variance of a reward in [0, 1]: counts as one value in each arm."""
MOST_WITHHELD = 0.75
"""An item still has its chance when all speaks against it, or a run of bad luck would be for good."""
UNKNOWN = 0.5

_NORMAL = NormalDist()


def doubt(rewards: Comparison) -> float:
    """The chance, in (0, 1), that the item lowers the reward; 0.5 while an arm is empty."""
    shown, withheld = rewards.shown, rewards.withheld
    if not shown.n or not withheld.n:
        return UNKNOWN
    error = sum(
        (arm.effective * arm.spread + REWARD_VARIANCE) / (arm.effective + 1.0) / arm.effective
        for arm in (shown, withheld)
    )
    drawn = EFFECT_SPREAD**2 / (EFFECT_SPREAD**2 + error)
    effect = drawn * (shown.mean - withheld.mean)
    return _NORMAL.cdf(-effect / math.sqrt(drawn * error))


def share_withheld(share: float, doubt: float) -> float:
    """The chance of being left out of a prompt that others of its pamphlet have at `share` in [0, 1)."""
    if share <= 0.0:
        return 0.0
    return max(share, share + (MOST_WITHHELD - share) * (2.0 * doubt - 1.0))
