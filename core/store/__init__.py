"""The run store: runs, tasks, attempts, steps, events, calls, judgements and scores in the one database."""

from core.store.records import (
    Json,
    MemoryUse,
    RoleSpend,
    RunId,
    RunRecord,
    RunSpec,
    RunStatus,
    TaskRecord,
    TaskScore,
    TaskStatus,
)
from core.store.run_store import RunStore

__all__ = [
    "Json",
    "MemoryUse",
    "RoleSpend",
    "RunId",
    "RunRecord",
    "RunSpec",
    "RunStatus",
    "RunStore",
    "TaskRecord",
    "TaskScore",
    "TaskStatus",
]
