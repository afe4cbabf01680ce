"""Runs, tasks, attempts, steps, events, calls, judgements and scores.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _runs()
    _tasks()
    _attempts()
    _events()
    _calls()
    _values()


def downgrade() -> None:
    for table in ("scores", "judgements", "calls", "events", "steps", "attempts", "tasks", "runs"):
        op.drop_table(table)


def _task_keys() -> tuple[sa.Column[str], sa.Column[str]]:
    return sa.Column("run_id", sa.String, nullable=False), sa.Column("task_key", sa.String, nullable=False)


def _task_rules(table: str, *more_key: str) -> tuple[sa.Constraint, sa.Constraint]:
    return (
        sa.PrimaryKeyConstraint("run_id", "task_key", *more_key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["run_id", "task_key"],
            ["tasks.run_id", "tasks.key"],
            name=f"fk_{table}_run_id_task_key",
            ondelete="CASCADE",
        ),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("prompt_digests", sa.JSON, nullable=False),
        sa.Column("code_version", sa.String, nullable=False),
        sa.Column("memory_mode", sa.String, nullable=False),
        sa.Column("memory_snapshot", sa.String),
        sa.Column("items_before", sa.Integer),
        sa.Column("items_after", sa.Integer),
        sa.Column("wall_seconds", sa.Float, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_status", "runs", ["status"])


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("task_group", sa.String, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("lane", sa.String),
        sa.Column("verdict", sa.String),
        sa.Column("reward", sa.Float),
        sa.Column("answer", sa.Text),
        sa.Column("guidance_items", sa.JSON, nullable=False),
        sa.Column("wall_seconds", sa.Float),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_tasks"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_tasks_run_id", ondelete="CASCADE"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        *_task_keys(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("limit_reached", sa.String),
        sa.Column("error", sa.Text),
        *_task_rules("attempts", "number"),
    )
    op.create_table(
        "steps",
        *_task_keys(),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("tool", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("thought", sa.Text, nullable=False),
        sa.Column("observation", sa.Text, nullable=False),
        sa.Column("is_error", sa.Boolean, nullable=False),
        sa.Column("row_count", sa.Integer),
        sa.Column("elapsed_seconds", sa.Float, nullable=False),
        *_task_rules("steps", "attempt", "position"),
    )


def _events() -> None:
    op.create_table(
        "events",
        *_task_keys(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("run_id", "task_key", "digest", name="uq_events_run_id_task_key_digest"),
        *_task_rules("events", "seq"),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        *_task_keys(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("served_model", sa.String),
        sa.Column("input_tokens", sa.Integer),
        sa.Column("cache_read_tokens", sa.Integer),
        sa.Column("cache_write_tokens", sa.Integer),
        sa.Column("output_tokens", sa.Integer),
        sa.Column("reasoning_tokens", sa.Integer),
        sa.Column("price_row", sa.String),
        sa.Column("cost_usd", sa.Float),
        sa.Column("latency_seconds", sa.Float, nullable=False),
        sa.Column("retries", sa.Integer, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("reply", sa.JSON),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.DateTime, nullable=False),
        *_task_rules("calls", "seq"),
    )


def _values() -> None:
    op.create_table(
        "judgements",
        *_task_keys(),
        sa.Column("judge", sa.String, nullable=False),
        sa.Column("sample", sa.Integer, nullable=False),
        sa.Column("reward", sa.Float),
        sa.Column("uncertainty", sa.Float),
        sa.Column("rationale", sa.Text, nullable=False),
        *_task_rules("judgements", "judge", "sample"),
    )
    op.create_table(
        "scores",
        *_task_keys(),
        sa.Column("scorer", sa.String, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("success", sa.Boolean),
        sa.Column("candidates", sa.Integer, nullable=False),
        *_task_rules("scores", "scorer"),
    )
