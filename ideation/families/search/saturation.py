"""When to stop: the last batch brought hardly anything that was not there before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

BATCH = 10
LEAST_UNIQUE = 0.2


@dataclass(slots=True, kw_only=True)
class Saturation:
    """Share of new ideas among the last `batch` made; under `least` an arm ends (row 3.11)."""

    batch: int = BATCH
    least: float = LEAST_UNIQUE
    made: int = 0
    unique: int = 0
    _last: deque[bool] = field(default_factory=deque)

    def add(self, new: bool) -> None:
        self.made += 1
        self.unique += new
        self._last.append(new)
        while len(self._last) > self.batch:
            self._last.popleft()

    @property
    def share(self) -> float:
        """Of the last batch, or of what there is; 1 before the first idea."""
        return sum(self._last) / len(self._last) if self._last else 1.0

    @property
    def reached(self) -> bool:
        return len(self._last) >= self.batch and self.share < self.least

    @property
    def reason(self) -> str:
        return f"saturated: {self.share:.0%} of the last {len(self._last)} ideas were new"
