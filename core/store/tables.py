"""The run store's tables. Keys are told by the caller or counted within their task."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from core.database import Base, UtcDateTime
from core.store.writing import Kept, KeptJson, KeptName

_TASK = ("run_id", "task_key")


def _task_columns() -> tuple[Column[str], Column[str]]:
    return Column("run_id", String, primary_key=True), Column("task_key", String, primary_key=True)


def _of_task() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(_TASK, ["tasks.run_id", "tasks.key"], ondelete="CASCADE")


runs = Table(
    "runs",
    Base.metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False, index=True),
    Column("config", KeptJson, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("prompt_digests", JSON, nullable=False),
    Column("code_version", String, nullable=False),
    Column("memory_mode", String, nullable=False),
    Column("memory_snapshot", String),
    Column("items_before", Integer),
    Column("items_after", Integer),
    Column("wall_seconds", Float, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

tasks = Table(
    "tasks",
    Base.metadata,
    Column("run_id", String, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("task_id", String, nullable=False),
    Column("prompt", Kept, nullable=False),
    Column("scope", String, nullable=False),
    Column("task_group", String, nullable=False),
    Column("tags", KeptJson, nullable=False),
    Column("status", String, nullable=False),
    Column("lane", String),
    Column("verdict", String),
    Column("reward", Float),
    Column("answer", Kept),
    Column("guidance_items", JSON, nullable=False),
    Column("wall_seconds", Float),
    Column("error", Kept),
)

attempts = Table(
    "attempts",
    Base.metadata,
    *_task_columns(),
    Column("number", Integer, primary_key=True),
    Column("status", String, nullable=False),
    Column("answer", Kept),
    Column("limit_reached", String),
    Column("error", Kept),
    _of_task(),
)

steps = Table(
    "steps",
    Base.metadata,
    *_task_columns(),
    Column("attempt", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("tool", KeptName, nullable=False),
    Column("text", Kept, nullable=False),
    Column("thought", Kept, nullable=False),
    Column("observation", Kept, nullable=False),
    Column("is_error", Boolean, nullable=False),
    Column("row_count", Integer),
    Column("elapsed_seconds", Float, nullable=False),
    _of_task(),
)

events = Table(
    "events",
    Base.metadata,
    *_task_columns(),
    Column("seq", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("body", KeptJson, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint(*_TASK, "digest"),
    _of_task(),
)

calls = Table(
    "calls",
    Base.metadata,
    *_task_columns(),
    Column("seq", Integer, primary_key=True),
    Column("role", String, nullable=False),
    Column("model", KeptName, nullable=False),
    Column("served_model", KeptName),
    Column("input_tokens", Integer),
    Column("cache_read_tokens", Integer),
    Column("cache_write_tokens", Integer),
    Column("output_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("price_row", String),
    Column("cost_usd", Float),
    Column("latency_seconds", Float, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("request", KeptJson, nullable=False),
    Column("reply", KeptJson),
    Column("error", Kept),
    Column("created_at", UtcDateTime, nullable=False),
    _of_task(),
)

judgements = Table(
    "judgements",
    Base.metadata,
    *_task_columns(),
    Column("judge", String, primary_key=True),
    Column("sample", Integer, primary_key=True),
    Column("reward", Float),
    Column("uncertainty", Float),
    Column("rationale", Kept, nullable=False),
    _of_task(),
)

# Numbers only: whatever a Scorer read of the gold answer ends here.
scores = Table(
    "scores",
    Base.metadata,
    *_task_columns(),
    Column("scorer", String, primary_key=True),
    Column("value", Float),
    Column("success", Boolean),
    Column("candidates", Integer, nullable=False),
    _of_task(),
)

TASK_PARTS = (attempts, steps, events, calls, judgements, scores)
"""What hangs on a task, in an order in which it can be written."""

ALL_TABLES = (runs, tasks, *TASK_PARTS)
