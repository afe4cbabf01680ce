"""Reads of the run store: rows become records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from core.episode import SUBMIT, Action, AttemptStatus, Episode, Observation, Step, Task, TaskId
from core.errors import Limit
from core.store.records import (
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
from core.store.tables import attempts, calls, runs, scores, steps, tasks
from core.usage import Role, TokenUsage

_BUCKETS = {
    "input": calls.c.input_tokens,
    "cache_read": calls.c.cache_read_tokens,
    "cache_write": calls.c.cache_write_tokens,
    "output": calls.c.output_tokens,
    "reasoning": calls.c.reasoning_tokens,
}


def run_record(row: RowMapping) -> RunRecord:
    return RunRecord(
        id=RunId(row[runs.c.id]),
        spec=RunSpec(
            name=row[runs.c.name],
            config=row[runs.c.config],
            seed=row[runs.c.seed],
            prompt_digests=row[runs.c.prompt_digests],
            code_version=row[runs.c.code_version],
            memory=MemoryUse(
                mode=row[runs.c.memory_mode],
                snapshot=row[runs.c.memory_snapshot],
                items_before=row[runs.c.items_before],
                items_after=row[runs.c.items_after],
            ),
        ),
        status=RunStatus(row[runs.c.status]),
        wall_seconds=row[runs.c.wall_seconds],
        created_at=row[runs.c.created_at],
        finished_at=row[runs.c.finished_at],
    )


def task_records(session: Session, run_id: str) -> tuple[TaskRecord, ...]:
    attempted = _counted(session, run_id)
    scored = {row[scores.c.task_key]: _score(row) for row in _score_rows(session, run_id)}
    ordered = select(tasks).where(tasks.c.run_id == run_id).order_by(tasks.c.position, tasks.c.key)
    return tuple(
        _task_record(row, attempted.get(row[tasks.c.key], (0, 0, 0)), scored.get(row[tasks.c.key]))
        for row in session.execute(ordered).mappings()
    )


def _task_record(row: RowMapping, counts: tuple[int, int, int], score: TaskScore | None) -> TaskRecord:
    return TaskRecord(
        key=row[tasks.c.key],
        position=row[tasks.c.position],
        task_id=row[tasks.c.task_id],
        group=row[tasks.c.task_group],
        tags=tuple(row[tasks.c.tags]),
        status=TaskStatus(row[tasks.c.status]),
        lane=row[tasks.c.lane],
        verdict=row[tasks.c.verdict],
        reward=row[tasks.c.reward],
        answer=row[tasks.c.answer],
        guidance_items=tuple(row[tasks.c.guidance_items]),
        wall_seconds=row[tasks.c.wall_seconds],
        error=row[tasks.c.error],
        attempts=counts[0],
        steps=counts[1],
        queries=counts[2],
        score=score,
    )


def _counted(session: Session, run_id: str) -> dict[str, tuple[int, int, int]]:
    """Attempts, steps and queries by task key."""
    query = (
        select(
            steps.c.task_key,
            func.count(steps.c.attempt.distinct()),
            func.count(),
            func.sum(case((steps.c.tool == SUBMIT, 0), else_=1)),
        )
        .where(steps.c.run_id == run_id)
        .group_by(steps.c.task_key)
    )
    return {key: (int(a), int(n), int(q)) for key, a, n, q in session.execute(query)}


def _score_rows(session: Session, run_id: str) -> list[RowMapping]:
    query = select(scores).where(scores.c.run_id == run_id, scores.c.scorer == "benchmark")
    return list(session.execute(query).mappings())


def _score(row: RowMapping) -> TaskScore:
    return TaskScore(
        value=row[scores.c.value], success=row[scores.c.success], candidates=row[scores.c.candidates]
    )


def episode(session: Session, run_id: str, task_key: str, number: int) -> Episode | None:
    query = (
        select(tasks, attempts.c.status.label("attempt_status"), attempts.c.limit_reached)
        .add_columns(attempts.c.answer.label("attempt_answer"), attempts.c.error.label("attempt_error"))
        .join(attempts, and_(attempts.c.run_id == tasks.c.run_id, attempts.c.task_key == tasks.c.key))
        .where(tasks.c.run_id == run_id, tasks.c.key == task_key, attempts.c.number == number)
    )
    row = session.execute(query).mappings().first()
    if row is None:
        return None
    limit = row["limit_reached"]
    return Episode(
        task=task_of(row),
        number=number,
        steps=steps_by_attempt(session, run_id, task_key, number).get(number, ()),
        answer=row["attempt_answer"],
        status=AttemptStatus(row["attempt_status"]),
        limit=None if limit is None else Limit(limit),
        error=row["attempt_error"],
    )


def task_of(row: Mapping[Any, Any]) -> Task:
    return Task(
        id=TaskId(row[tasks.c.task_id]),
        prompt=row[tasks.c.prompt],
        scope=row[tasks.c.scope],
        group=row[tasks.c.task_group],
        tags=tuple(row[tasks.c.tags]),
    )


def steps_by_attempt(
    session: Session, run_id: str, task_key: str, number: int | None = None
) -> dict[int, tuple[Step, ...]]:
    """The stored steps of a task by attempt, ended or not; of the one attempt where a `number` is given."""
    query = (
        select(steps)
        .where(steps.c.run_id == run_id, steps.c.task_key == task_key)
        .order_by(steps.c.attempt, steps.c.position)
    )
    if number is not None:
        query = query.where(steps.c.attempt == number)
    found: dict[int, list[Step]] = {}
    for row in session.execute(query).mappings():
        found.setdefault(row[steps.c.attempt], []).append(_step(row))
    return {number: tuple(own) for number, own in found.items()}


def _step(row: RowMapping) -> Step:
    return Step(
        index=row[steps.c.position],
        action=Action(tool=row[steps.c.tool], text=row[steps.c.text], thought=row[steps.c.thought]),
        observation=Observation(
            text=row[steps.c.observation],
            is_error=row[steps.c.is_error],
            rows=row[steps.c.row_count],
            elapsed_seconds=row[steps.c.elapsed_seconds],
        ),
    )


def spend(session: Session, run_id: str) -> tuple[RoleSpend, ...]:
    """A bucket with one unknown part among the replies is unknown; failed calls have no part in buckets."""
    replied = calls.c.error.is_(None)
    columns = [
        case(
            (func.count(case((and_(replied, bucket.is_(None)), 1))) > 0, None),
            else_=func.coalesce(func.sum(bucket), 0),
        ).label(name)
        for name, bucket in _BUCKETS.items()
    ]
    query = (
        select(
            calls.c.role,
            func.count().label("calls"),
            func.count(calls.c.error).label("failed"),
            func.coalesce(func.sum(calls.c.cost_usd), 0.0).label("cost_usd"),
            func.count(case((calls.c.cost_usd.is_(None), 1))).label("unpriced"),
            *columns,
        )
        .where(calls.c.run_id == run_id)
        .group_by(calls.c.role)
        .order_by(calls.c.role)
    )
    return tuple(
        RoleSpend(
            role=Role(row["role"]),
            calls=row["calls"],
            failed=row["failed"],
            usage=TokenUsage(**{name: row[name] for name in _BUCKETS}),
            cost_usd=float(row["cost_usd"]),
            cost_known=row["unpriced"] == 0,
        )
        for row in session.execute(query).mappings()
    )
