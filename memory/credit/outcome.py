"""How a task ended, in the four metrics that items are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """More is better of `reward` and `success`, less of `steps` and `tokens`."""

    REWARD = "reward"
    SUCCESS = "success"
    STEPS = "steps"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOutcome:
    """What a finished task came to; None is not known, and then the task says nothing of that metric.

    `reward` in [0, 1]; `steps` and `tokens` are counts of the whole task. Raises ValueError otherwise.
    """

    reward: float | None
    success: bool | None = None
    steps: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        if self.reward is not None and not 0.0 <= self.reward <= 1.0:
            raise ValueError(f"a reward of {self.reward} is not in [0, 1]")
        if any(count is not None and count < 0 for count in (self.steps, self.tokens)):
            raise ValueError(f"{self.steps} steps and {self.tokens} tokens are no counts")

    def value(self, metric: Metric) -> float | None:
        """The metric as a number; success is 1, failure 0."""
        values = {
            Metric.REWARD: self.reward,
            Metric.SUCCESS: self.success,
            Metric.STEPS: self.steps,
            Metric.TOKENS: self.tokens,
        }
        value = values[metric]
        return None if value is None else float(value)
