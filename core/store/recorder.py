"""`StoreRecorder`: the `Recorder` of one task of one run, writing each thing as it happens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Table, delete, func, literal, select
from sqlalchemy.orm import Session

from core.budget import Budget
from core.chat import ChatReply, ChatRequest, Message
from core.database import Database
from core.events import Event, Judged
from core.recorder import CallFailure
from core.redaction import redact
from core.store.records import RunId
from core.store.tables import attempts, calls, events, judgements, steps
from core.store.writing import Row, append, upsert
from core.usage import Role, TokenUsage

if TYPE_CHECKING:
    from core.episode import Episode, Step
    from core.prices import Cost


TOKEN_COLUMNS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
)
"""They exclude each other: their sum counts every token once."""


class StoreRecorder:
    """Writes are idempotent: steps and attempts by number, events by content. A call that was really made
    again is a further row, because it was paid again.

    Money and tokens are counted against every budget given: the run's, and the task's own.
    """

    def __init__(
        self,
        database: Database,
        run_id: RunId,
        task_key: str,
        budgets: Sequence[Budget],
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._run_id, self._task_key = database, run_id, task_key
        self._budgets, self._clock = tuple(budgets), clock
        self._next_seq: dict[str, int] = {}
        self._told: set[str] | None = None

    @property
    def run_id(self) -> str:
        return self._run_id

    @property
    def task_key(self) -> str:
        return self._task_key

    def check_budget(self) -> None:
        for budget in self._budgets:
            budget.check()

    def step(self, attempt: int, step: Step) -> None:
        with self._database.session() as session:
            upsert(session, steps, [self._step_row(attempt, step)])

    def attempt(self, episode: Episode) -> None:
        """Store a finished attempt; steps that an earlier, cut-off go of the same number left are dropped."""
        row = {
            **self._key,
            "number": episode.number,
            "status": episode.status.value,
            "answer": episode.answer,
            "limit_reached": None if episode.limit is None else episode.limit.value,
            "error": episode.error,
        }
        with self._database.session() as session:
            session.execute(delete(steps).where(*self._mine(steps), steps.c.attempt == episode.number))
            upsert(session, steps, [self._step_row(episode.number, step) for step in episode.steps])
            upsert(session, attempts, [row])

    def event(self, event: Event) -> None:
        text = redact(event.model_dump_json())
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._database.session() as session:
            told = self._known_events(session)
            if digest in told:
                return
            row = {
                "kind": event.kind,
                "digest": digest,
                "body": json.loads(text),
                "created_at": self._clock(),
            }
            append(session, events, {**self._key, "seq": self._next(session, events), **row})
            if isinstance(event, Judged):
                self._judgement(session, event)
        told.add(digest)

    def call(self, role: Role, model: str, request: ChatRequest, reply: ChatReply | CallFailure) -> None:
        cost = _cost(model, reply)
        usage = reply.usage if isinstance(reply, ChatReply) else TokenUsage()
        usd = None if cost is None else cost.usd
        row: Row = {
            **self._key,
            "role": role.value,
            "model": model,
            "price_row": None if cost is None else cost.price_row,
            "cost_usd": usd,
            "latency_seconds": reply.latency_seconds,
            "request": request_json(request),
            "created_at": self._clock(),
            **_usage_columns(usage),
            **_reply_columns(reply),
        }
        with self._database.session() as session:
            append(session, calls, {**row, "seq": self._next(session, calls)})
        # A call that gave no reply is not charged against a budget; in the ledger its cost stays unknown.
        charged = 0.0 if isinstance(reply, CallFailure) else usd
        for budget in self._budgets:
            budget.spend(usage, charged)

    def tokens(self, role: Role) -> int:
        total = sum((func.coalesce(func.sum(calls.c[name]), 0) for name in TOKEN_COLUMNS), literal(0))
        with self._database.reading() as session:
            query = select(total).where(*self._mine(calls), calls.c.role == role.value)
            return int(session.execute(query).scalar_one())

    @property
    def _key(self) -> dict[str, object]:
        return {"run_id": self._run_id, "task_key": self._task_key}

    def _mine(self, table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.c.run_id == self._run_id, table.c.task_key == self._task_key

    def _known_events(self, session: Session) -> set[str]:
        """Digests of the task's events: read once, for a task has one recorder at a time."""
        if self._told is None:
            query = select(events.c.digest).where(*self._mine(events))
            self._told = set(session.execute(query).scalars())
        return self._told

    def _next(self, session: Session, table: Table) -> int:
        """The number after the highest, which is read once; a write that is rolled back leaves a gap."""
        following = self._next_seq.get(table.name)
        if following is None:
            highest = session.execute(select(func.max(table.c.seq)).where(*self._mine(table))).scalar()
            following = 0 if highest is None else int(highest) + 1
        self._next_seq[table.name] = following + 1
        return following

    def _judgement(self, session: Session, event: Judged) -> None:
        row = {"judge": "agent", "sample": 0, "reward": event.reward, "uncertainty": None}
        upsert(session, judgements, [{**self._key, **row, "rationale": event.rationale}])

    def _step_row(self, attempt: int, step: Step) -> Row:
        return {
            **self._key,
            "attempt": attempt,
            "position": step.index,
            "tool": step.action.tool,
            "text": step.action.text,
            "thought": step.action.thought,
            "observation": step.observation.text,
            "is_error": step.observation.is_error,
            "row_count": step.observation.rows,
            "elapsed_seconds": step.observation.elapsed_seconds,
        }


def _cost(model: str, reply: ChatReply | CallFailure) -> Cost | None:
    if isinstance(reply, CallFailure):
        return None
    from core.prices import price

    return price(model, reply.usage)


def _usage_columns(usage: TokenUsage) -> dict[str, object]:
    return {
        "input_tokens": usage.input,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
    }


def _reply_columns(reply: ChatReply | CallFailure) -> dict[str, object]:
    if isinstance(reply, CallFailure):
        return {"served_model": None, "retries": 0, "reply": None, "error": reply.message}
    body = {
        "text": reply.text,
        "tool_calls": [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in reply.tool_calls],
        "finish_reason": reply.finish_reason,
    }
    return {"served_model": reply.model, "retries": reply.retries, "reply": body, "error": None}


def request_json(request: ChatRequest) -> dict[str, object]:
    """The request as JSON values, unset knobs left out."""
    body: dict[str, object] = {"messages": [_message_json(message) for message in request.messages]}
    if request.tools:
        body["tools"] = [
            {"name": t.name, "description": t.description, "parameters": dict(t.parameters)}
            for t in request.tools
        ]
    if request.json_schema is not None:
        body["json_schema"] = dict(request.json_schema)
        body["schema_name"] = request.schema_name
    knobs = {
        "temperature": request.temperature,
        "max_output_tokens": request.max_output_tokens,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    return body | {name: value for name, value in knobs.items() if value is not None}


def _message_json(message: Message) -> dict[str, object]:
    body: dict[str, object] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": c.id, "name": c.name, "arguments": c.arguments} for c in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body
