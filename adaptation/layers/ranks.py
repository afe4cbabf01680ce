"""One allocator of a budget over layers, with the policies that the methods follow. No torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def proportional(
    scores: Mapping[str, float],
    total: int,
    *,
    floor: int = 1,
    caps: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Shares of `total` in proportion to scores: each at least `floor`, none above its cap, exact in sum.

    What a cap takes off goes to the others. The sum is `total` unless floors or caps forbid it. All-zero
    scores share evenly. Remainders go to the largest fractions, of equal ones to the earlier name.
    """
    limits = {name: math.inf if caps is None else caps[name] for name in scores}
    if sum(min(floor, limits[name]) for name in scores) >= total:
        return {name: int(min(floor, limits[name])) for name in scores}
    if sum(limits.values()) <= total:
        return {name: int(limits[name]) for name in scores}
    highest = max(0.0, *scores.values())
    # A score of nothing still takes what the caps of the others leave over.
    wanted = {n: max(0.0, score) / highest + 1e-9 if highest else 1.0 for n, score in scores.items()}

    def at(slope: float) -> dict[str, float]:
        return {n: min(limits[n], max(floor, slope * want)) for n, want in wanted.items()}

    low, high = 0.0, total / min(wanted.values())
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(at(middle).values()) <= total else (low, middle)
    return _rounded(at(low), total, limits)


def _rounded(ideal: Mapping[str, float], total: int, limits: Mapping[str, float]) -> dict[str, int]:
    """Largest remainders."""
    whole = {name: math.floor(share + 1e-9) for name, share in ideal.items()}
    able = [name for name in ideal if whole[name] + 1 <= limits[name]]
    for name in sorted(able, key=lambda name: whole[name] - ideal[name])[: total - sum(whole.values())]:
        whole[name] += 1
    return whole


def top(scores: Mapping[str, float], count: int) -> tuple[str, ...]:
    """The names with the highest scores, best first; of equal ones the earlier."""
    return tuple(sorted(scores, key=lambda name: -scores[name])[: max(0, count)])


def cubic(step: int, *, start: int, end: int, first: int, last: int) -> int:
    """A budget that falls from `start` to `end` by (1 - t)^3 between the steps `first` and `last`.

    After AdaLoRA (arXiv 2303.10512), section 3.3.
    """
    if step <= first:
        return start
    if step >= last:
        return end
    left = 1 - (step - first) / (last - first)
    return round(end + (start - end) * left**3)


def growth_pace(steps: int, mean_rank: int, layers: int) -> dict[str, int]:
    """Options of a method whose ranks grow one by one, so that they have all grown when 4 / 5 of the steps
    are done: at most some twenty rounds."""
    first = min(2, mean_rank)
    every = max(1, steps // 25)
    rounds = max(1, steps * 4 // 5 // every)
    wanted = (mean_rank - first) * layers
    return {"first_rank": first, "every": every, "layers_per_round": max(1, -(-wanted // rounds))}


class Importance:
    """Running mean of a score times running mean of its change, by name (AdaLoRA, equations 9 to 11).

    A score is a number, or an array whose entries are followed each by itself.
    """

    def __init__(self, mean_decay: float = 0.85, change_decay: float = 0.85) -> None:
        self._decays = mean_decay, change_decay
        self._means: dict[str, Any] = {}
        self._changes: dict[str, Any] = {}

    def add(self, scores: Mapping[str, Any]) -> None:
        """Take in the scores of one step."""
        first, second = self._decays
        for name, score in scores.items():
            mean = first * self._means.get(name, 0.0) + (1 - first) * score
            change = abs(score - mean)
            self._changes[name] = second * self._changes.get(name, 0.0) + (1 - second) * change
            self._means[name] = mean

    def scores(self) -> dict[str, Any]:
        return {name: mean * self._changes[name] for name, mean in self._means.items()}

    def state(self) -> dict[str, Any]:
        return {"means": dict(self._means), "changes": dict(self._changes)}

    def load(self, state: Mapping[str, Any]) -> None:
        self._means, self._changes = dict(state["means"]), dict(state["changes"])
