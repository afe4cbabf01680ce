"""The `Judge` seam: reward without the gold answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from atlas.teacher import Review
from core.episode import Episode, Task
from core.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Numbers in [0, 1]; `reward` is None when the judge could not say: an outage is never a 0."""

    reward: float | None
    rationale: str
    uncertainty: float | None = None

    def __post_init__(self) -> None:
        for value in (self.reward, self.uncertainty):
            if value is not None and not 0.0 <= value <= 1.0:
                raise ValueError(f"a judgement's numbers stand in [0, 1], not {value}")


class Judge(Protocol):
    """Values an episode by its steps and its answer alone."""

    @property
    def name(self) -> str: ...

    async def judge(self, task: Task, episode: Episode, review: Review, recorder: Recorder) -> Judgement:
        """An outage of the judge's model is a judgement without reward, not an error.

        Raises:
            LimitReached: the budget is spent.
        """
        ...

    async def close(self) -> None: ...
