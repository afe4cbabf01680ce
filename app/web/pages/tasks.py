"""One task as it went: its events in time, the attempts among them, its model calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.web.pages.runs import TaskLine, note_of, task_line
from core.episode import Task
from core.errors import UserError
from core.events import AttemptEnded, Distilled, Event, Recalled
from core.store import AttemptRecord, CallRecord, EventRecord, RunStore, TaskHistory
from memory.items import Item
from memory.store import Pamphlets


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedItem:
    """An item that a task names; kind and content are None when it is not among the pamphlets."""

    id: str
    kind: str | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened, `seconds` after the first; an ended attempt stands with its steps.

    `event` is None where this version cannot read it, or where an attempt has not ended.
    """

    kind: str
    at: datetime | None
    seconds: float | None
    event: Event | None
    attempt: AttemptRecord | None
    items: tuple[NamedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    run_id: str
    benchmark: str
    note: str
    task: Task
    line: TaskLine
    answer: str | None
    timeline: tuple[Moment, ...]
    calls: tuple[CallRecord, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnView:
    """One message of a call; `calls` are the tools that it asks for, as JSON text."""

    role: str
    content: str
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """One model call: what was asked and what came back; `knobs` are the request's other settings."""

    run_id: str
    key: str
    call: CallRecord
    asked: tuple[TurnView, ...]
    tools: tuple[str, ...]
    knobs: tuple[tuple[str, str], ...]
    reply: TurnView | None
    price_row: str | None


def task_page(store: RunStore, pamphlets: Pamphlets, run_id: str, key: str) -> TaskPage:
    """Raises:
    UserError: there is no such run or no such task in it.
    """
    run, records = store.run(run_id), store.tasks(run_id)
    history = store.history(run_id, key)
    position = next((i for i, record in enumerate(records) if record.key == key), None)
    if history is None or position is None:
        raise UserError(f"run {run_id} has no task {key}")
    record = records[position]
    return TaskPage(
        run_id=run_id,
        benchmark=run.spec.name,
        note=note_of(run),
        task=history.task,
        line=task_line(record),
        answer=record.answer,
        timeline=_timeline(history, _named(history.events, pamphlets)),
        calls=history.calls,
        before=records[position - 1].key if position else None,
        after=records[position + 1].key if position + 1 < len(records) else None,
    )


def call_page(store: RunStore, run_id: str, key: str, seq: int) -> CallPage:
    """Raises:
    UserError: there is no such call.
    """
    found = store.call(run_id, key, seq)
    if found is None:
        raise UserError(f"task {key} of run {run_id} has no model call {seq}")
    request = _mapping(found.request)
    return CallPage(
        run_id=run_id,
        key=key,
        call=found.call,
        asked=tuple(_turn(_mapping(each)) for each in _list(request.get("messages"))),
        tools=tuple(str(_mapping(each).get("name", "")) for each in _list(request.get("tools"))),
        knobs=tuple(
            (name, str(value)) for name, value in request.items() if name not in ("messages", "tools")
        ),
        reply=None if found.reply is None else _turn({"role": "reply", **_mapping(found.reply)}),
        price_row=found.price_row,
    )


def _timeline(history: TaskHistory, named: Mapping[str, NamedItem]) -> tuple[Moment, ...]:
    """Events in order, each ended attempt at its event; then the attempts that no event speaks of."""
    attempts = {attempt.number: attempt for attempt in history.attempts}
    began = history.events[0].created_at if history.events else None
    moments = []
    for record in history.events:
        event = record.event
        moments.append(
            Moment(
                kind=record.kind,
                at=record.created_at,
                seconds=None if began is None else (record.created_at - began).total_seconds(),
                event=event,
                attempt=attempts.pop(event.number, None) if isinstance(event, AttemptEnded) else None,
                items=tuple(named[name] for name in _names(event)),
            )
        )
    for attempt in attempts.values():
        moments.append(Moment(kind="attempt", at=None, seconds=None, event=None, attempt=attempt, items=()))
    return tuple(moments)


def _named(events: Sequence[EventRecord], pamphlets: Pamphlets) -> dict[str, NamedItem]:
    """The items that the events name; the pamphlets are read once, and only when one is named."""
    names = dict.fromkeys(name for record in events for name in _names(record.event))
    known: dict[str, Item] = {item.id: item for item in pamphlets.items()} if names else {}
    return {name: _named_item(name, known.get(name)) for name in names}


def _named_item(name: str, item: Item | None) -> NamedItem:
    if item is None:
        return NamedItem(id=name, kind=None, content=None)
    return NamedItem(id=name, kind=item.kind.value, content=item.content)


def _names(event: Event | None) -> tuple[str, ...]:
    if isinstance(event, Recalled):
        return event.items
    if isinstance(event, Distilled):
        return (*event.added, *event.supported)
    return ()


def _turn(message: Mapping[str, object]) -> TurnView:
    asked = (_mapping(each) for each in _list(message.get("tool_calls")))
    return TurnView(
        role=str(message.get("role", "")),
        content=str(message.get("content") or message.get("text") or ""),
        calls=tuple(f"{each.get('name', '')} {each.get('arguments', '')}" for each in asked),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
