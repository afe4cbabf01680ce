"""Typed events: what a run tells about itself, one class a kind, joined in the union `Event`.

Events hold ids and small values. Prompts and transcripts stand in the calls and steps tables.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskStarted(_Event):
    kind: Literal["task_started"] = "task_started"
    task: str


class Triaged(_Event):
    """What triage made of the task: `answer_type` is empty when none was recognised."""

    kind: Literal["triaged"] = "triaged"
    answer_type: str
    entities: int


class LaneChosen(_Event):
    kind: Literal["lane_chosen"] = "lane_chosen"
    lane: str
    reason: str


class Recalled(_Event):
    kind: Literal["recalled"] = "recalled"
    items: tuple[str, ...]
    abstained: bool
    degraded: bool = False
    withheld: tuple[str, ...] = ()


class AttemptEnded(_Event):
    kind: Literal["attempt_ended"] = "attempt_ended"
    number: int
    status: str
    queries: int


class Validated(_Event):
    kind: Literal["validated"] = "validated"
    number: int
    verdict: str
    reasons: tuple[str, ...]


class Guided(_Event):
    kind: Literal["guided"] = "guided"
    notes: tuple[str, ...]


class Judged(_Event):
    """`reward` is None when the judge could not say."""

    kind: Literal["judged"] = "judged"
    reward: float | None
    rationale: str


class Credited(_Event):
    """The task's outcome was counted; `retired` are items that the sequential rule found harmful by it."""

    kind: Literal["credited"] = "credited"
    reward: float
    retired: tuple[str, ...] = ()


class Distilled(_Event):
    """What became of drafts: ids, and for `refused` the gates' reasons."""

    kind: Literal["distilled"] = "distilled"
    added: tuple[str, ...]
    supported: tuple[str, ...]
    refused: tuple[str, ...]
    quarantined: tuple[str, ...] = ()


class Scored(_Event):
    """The benchmark's value. Written by the harness alone; `score` is None when unscored."""

    kind: Literal["scored"] = "scored"
    score: float | None
    success: bool | None


class TaskFailed(_Event):
    kind: Literal["task_failed"] = "task_failed"
    error: str
    where: str


Event = Annotated[
    TaskStarted
    | Triaged
    | LaneChosen
    | Recalled
    | AttemptEnded
    | Validated
    | Guided
    | Judged
    | Credited
    | Distilled
    | Scored
    | TaskFailed,
    Field(discriminator="kind"),
]
