"""How Atlas works a task: lane, memory, and where the reward that it learns from comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.episode import Lane
from core.errors import UserError


class MemoryMode(StrEnum):
    """`off` neither reads nor writes, `on` does both, `frozen` reads only."""

    OFF = "off"
    ON = "on"
    FROZEN = "frozen"


class FeedbackSource(StrEnum):
    """What the learning reward is: the judge's, or the scorer's number where a task gives one."""

    JUDGE = "judge"
    SCORE = "score"


_LANES = (Lane.AUTO, Lane.PAIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasConfig:
    """`recall_*` bound what a Student is shown; the floor is a similarity in [0, 1].

    `withhold` is the share of recalled items that a learning run leaves out at random, to measure them,
    and `seed` decides which: equal seeds over equal histories withhold the same.
    """

    lane: Lane = Lane.PAIRED
    memory: MemoryMode = MemoryMode.ON
    feedback: FeedbackSource = FeedbackSource.JUDGE
    recall_limit: int = 12
    recall_tokens: int = 900
    recall_floor: float = 0.25
    withhold: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.lane not in _LANES:
            known = ", ".join(lane.value for lane in _LANES)
            raise UserError(f"lane {self.lane.value} is not available yet: choose one of {known}")
        if self.recall_limit < 0 or self.recall_tokens < 0:
            raise UserError("recall limits are counts of 0 or more")
        if not 0.0 <= self.withhold < 1.0:
            raise UserError(f"the share withheld lies between 0 and 1, not {self.withhold}")

    @property
    def learns(self) -> bool:
        return self.memory is MemoryMode.ON
