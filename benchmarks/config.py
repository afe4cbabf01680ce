"""What a benchmark run is set to do, and what it tells while it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from benchmarks.task import Split
from core.budget import BudgetLimits
from core.store import Json


class FeedbackMode(StrEnum):
    """What learning hears: the agent's own judge, or the scorer's number on train questions."""

    JUDGE = "judge"
    SCORE = "score"


class MemoryProbe(Protocol):
    """What a run tells of the memory that its agent uses; the harness knows nothing else of it."""

    @property
    def mode(self) -> str: ...

    @property
    def snapshot(self) -> str | None: ...

    def items(self) -> int | None:
        """How many items there are now; None when nobody counts them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchConfig:
    """What makes a run what it is. `labels` are further settings to keep with it (student, teacher, lane)."""

    groups: tuple[int, ...]
    split: Split = Split.TEST
    max_steps: int = 25
    seed: int = 0
    feedback: FeedbackMode = FeedbackMode.JUDGE
    run_limits: BudgetLimits = field(default_factory=BudgetLimits)
    task_limits: BudgetLimits = field(default_factory=BudgetLimits)
    labels: Mapping[str, Json] = field(default_factory=dict)
    prompt_digests: Mapping[str, str] = field(default_factory=dict)
    code_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One more task is finished; `success` is None when it is unscored."""

    run_id: str
    task_key: str
    done: int
    total: int
    success: bool | None


OnProgress = Callable[[Progress], None]
