"""The run store: runs, tasks, attempts, steps, events, calls, judgements and scores in the one database."""

from core.store.history import AttemptRecord, CallRecord, CallTexts, EventRecord, TaskHistory
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
    "AttemptRecord",
    "CallRecord",
    "CallTexts",
    "EventRecord",
    "Json",
    "MemoryUse",
    "RoleSpend",
    "RunId",
    "RunRecord",
    "RunSpec",
    "RunStatus",
    "RunStore",
    "TaskHistory",
    "TaskRecord",
    "TaskScore",
    "TaskStatus",
]
