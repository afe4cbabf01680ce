"""The values that go into the run store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.usage import Role, TokenUsage

RunId = NewType("RunId", str)

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


class RunStatus(StrEnum):
    """`budget` and `interrupted` runs can be resumed, and so can one that stopped as `failed`."""

    RUNNING = "running"
    DONE = "done"
    BUDGET = "budget"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class TaskStatus(StrEnum):
    """`done` and `failed` tasks are finished; a `pending` one is worked again by a resumed run."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUse:
    """How a run stood to memory: `mode` is off, on or frozen; item counts are None when not counted."""

    mode: str = "off"
    snapshot: str | None = None
    items_before: int | None = None
    items_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What a run is set to do. `config` is enough to start it again; `prompt_digests` is name to digest."""

    name: str
    config: Mapping[str, Json]
    seed: int = 0
    prompt_digests: Mapping[str, str] = field(default_factory=dict)
    code_version: str = ""
    memory: MemoryUse = field(default_factory=MemoryUse)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A stored run; `wall_seconds` adds up over resumptions."""

    id: RunId
    spec: RunSpec
    status: RunStatus
    wall_seconds: float
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """A benchmark's value as stored: numbers alone. None is unscored."""

    value: float | None
    success: bool | None
    candidates: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """One task of a run, as reports read it; `steps` and `queries` count over all its attempts."""

    key: str
    position: int
    task_id: str
    group: str
    tags: tuple[str, ...]
    status: TaskStatus
    lane: str | None
    verdict: str | None
    reward: float | None
    answer: str | None
    guidance_items: tuple[str, ...]
    wall_seconds: float | None
    error: str | None
    attempts: int
    steps: int
    queries: int
    score: TaskScore | None

    @property
    def finished(self) -> bool:
        return self.status is not TaskStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpend:
    """What one role's calls came to. A failed call has no usage; it counts in `failed` alone.

    `cost_usd` sums the known costs; it is a lower bound unless `cost_known`.
    """

    role: Role
    calls: int
    failed: int
    usage: TokenUsage
    cost_usd: float
    cost_known: bool
