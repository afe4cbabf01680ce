"""Reads of one task in full: its prompt, attempts, events and model calls, as an inspector shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from core.episode import AttemptStatus, Step, Task
from core.errors import Limit
from core.events import Event
from core.store.queries import steps_by_attempt, task_of
from core.store.records import Json
from core.store.tables import attempts, calls, events, tasks
from core.usage import Role, TokenUsage

_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt with the steps that are stored of it; `status` is None while it has not ended."""

    number: int
    status: AttemptStatus | None
    answer: str | None
    limit: Limit | None
    error: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """A stored event; `event` is None where this version cannot read it."""

    seq: int
    kind: str
    created_at: datetime
    event: Event | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One model call without its texts; `cost_usd` is None when unknown."""

    seq: int
    role: Role
    model: str
    served_model: str | None
    usage: TokenUsage
    cost_usd: float | None
    latency_seconds: float
    retries: int
    error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTexts:
    """What a call asked and got, as it was stored: the request, the reply (None: no reply), the price row."""

    call: CallRecord
    request: Json
    reply: Json
    price_row: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHistory:
    """All that is stored of one task of a run, in the order in which it happened."""

    task: Task
    attempts: tuple[AttemptRecord, ...]
    events: tuple[EventRecord, ...]
    calls: tuple[CallRecord, ...]


def task_history(session: Session, run_id: str, key: str) -> TaskHistory | None:
    found = select(tasks).where(tasks.c.run_id == run_id, tasks.c.key == key)
    row = session.execute(found).mappings().first()
    if row is None:
        return None
    logged = select(events).where(*_mine(events, run_id, key)).order_by(events.c.seq)
    called = select(*_CALL_COLUMNS).where(*_mine(calls, run_id, key)).order_by(calls.c.seq)
    return TaskHistory(
        task=task_of(row),
        attempts=_attempts(session, run_id, key),
        events=tuple(_event(each) for each in session.execute(logged).mappings()),
        calls=tuple(_call(each) for each in session.execute(called).mappings()),
    )


def call_texts(session: Session, run_id: str, key: str, seq: int) -> CallTexts | None:
    query = select(calls).where(*_mine(calls, run_id, key), calls.c.seq == seq)
    row = session.execute(query).mappings().first()
    if row is None:
        return None
    return CallTexts(
        call=_call(row),
        request=row[calls.c.request],
        reply=row[calls.c.reply],
        price_row=row[calls.c.price_row],
    )


def _mine(table: Table, run_id: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.run_id == run_id, table.c.task_key == key


def _attempts(session: Session, run_id: str, key: str) -> tuple[AttemptRecord, ...]:
    """Attempts that ended, and those of which there are steps only."""
    worked = steps_by_attempt(session, run_id, key)
    query = select(attempts).where(*_mine(attempts, run_id, key))
    ended = {row[attempts.c.number]: row for row in session.execute(query).mappings()}
    return tuple(
        _attempt(number, ended.get(number), worked.get(number, ())) for number in sorted({*worked, *ended})
    )


def _attempt(number: int, row: Mapping[Any, Any] | None, steps: tuple[Step, ...]) -> AttemptRecord:
    if row is None:
        return AttemptRecord(number=number, status=None, answer=None, limit=None, error=None, steps=steps)
    limit = row[attempts.c.limit_reached]
    return AttemptRecord(
        number=number,
        status=AttemptStatus(row[attempts.c.status]),
        answer=row[attempts.c.answer],
        limit=None if limit is None else Limit(limit),
        error=row[attempts.c.error],
        steps=steps,
    )


def _event(row: RowMapping) -> EventRecord:
    try:
        event = _EVENTS.validate_python(row[events.c.body])
    except ValidationError:
        event = None  # an imported run may come from another version
    return EventRecord(
        seq=row[events.c.seq], kind=row[events.c.kind], created_at=row[events.c.created_at], event=event
    )


_CALL_COLUMNS = tuple(
    column for column in calls.columns if column.name not in ("request", "reply", "price_row")
)


def _call(row: RowMapping) -> CallRecord:
    return CallRecord(
        seq=row[calls.c.seq],
        role=Role(row[calls.c.role]),
        model=row[calls.c.model],
        served_model=row[calls.c.served_model],
        usage=TokenUsage(
            input=row[calls.c.input_tokens],
            cache_read=row[calls.c.cache_read_tokens],
            cache_write=row[calls.c.cache_write_tokens],
            output=row[calls.c.output_tokens],
            reasoning=row[calls.c.reasoning_tokens],
        ),
        cost_usd=row[calls.c.cost_usd],
        latency_seconds=row[calls.c.latency_seconds],
        retries=row[calls.c.retries],
        error=row[calls.c.error],
        created_at=row[calls.c.created_at],
    )
