"""Reading items, their versions and the events that made them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, String, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from core.database import Database
from core.errors import UserError
from memory.history import Event, Op, Revision
from memory.items import Audience, Evidence, Item, ItemId, RetiredFor, Status
from memory.ledger.writing import event_of
from memory.sql.rows import evidence_of, in_pamphlet, in_scope, item_of, select_items, select_versions
from memory.sql.tables import EventRow, EvidenceRow, ItemRow, ItemVersionRow

ADOPTED = "before the chain"
"""Who made the versions of a memory that is older than its audit chain."""
WITHDRAWN = RetiredFor.ROLLBACK.value
"""What was added after the moment that a rollback went back to."""


def by_code_points(
    connection: Connection, columns: Iterable[InstrumentedAttribute[Any] | Column[Any]]
) -> list[ColumnElement[Any] | InstrumentedAttribute[Any]]:
    """An order by the columns that is the same everywhere: PostgreSQL would sort texts by its locale."""
    on_server = connection.dialect.name == "postgresql"
    return [
        column.collate("C") if on_server and isinstance(column.type, String) else column for column in columns
    ]


def get_item(database: Database, item_id: ItemId) -> Item:
    """Raises:
    UserError: no such item.
    """
    with database.reading() as session:
        row = session.execute(select_items().where(ItemRow.id == item_id)).one_or_none()
    if row is None:
        raise UserError(f"no item {item_id}; see: atlas memory list")
    return item_of(row)


def list_items(
    database: Database,
    *,
    scope: str | None = None,
    status: Status | None = None,
    limit: int | None = None,
) -> tuple[Item, ...]:
    """Items of the scope and below it, in order of scope, kind and age."""
    order = (ItemRow.scope, ItemRow.kind, ItemRow.created_at, ItemRow.id)
    query = select_items().limit(limit)
    if scope is not None:
        query = query.where(in_scope(scope))
    if status is not None:
        query = query.where(ItemRow.status == status.value)
    with database.reading() as session:
        ordered = query.order_by(*by_code_points(session.connection(), order))
        return tuple(item_of(row) for row in session.execute(ordered))


def evidence_for(database: Database, item_id: ItemId) -> tuple[Evidence, ...]:
    order = (EvidenceRow.created_at, EvidenceRow.run_id, EvidenceRow.task_id)
    query = select(EvidenceRow).where(EvidenceRow.item_id == item_id)
    with database.reading() as session:
        ordered = query.order_by(*by_code_points(session.connection(), order))
        return tuple(evidence_of(row) for row in session.scalars(ordered))


def revisions(database: Database, item_id: ItemId) -> tuple[Revision, ...]:
    """Every version of an item, the first one first.

    Raises:
        UserError: no such item.
    """
    query = select_versions().where(ItemRow.id == item_id).order_by(ItemVersionRow.version)
    with database.reading() as session:
        rows = session.execute(query).all()
        events = {
            row.seq: event_of(row)
            for row in session.connection().execute(
                select(EventRow).where(EventRow.seq.in_([row.seq for row in rows]))
            )
        }
    if not rows:
        raise UserError(f"no item {item_id}; see: atlas memory list")
    return tuple(_revision(item_of(row), row.seq, row.version_at, events.get(row.seq)) for row in rows)


def _revision(item: Item, seq: int, at: datetime, event: Event | None) -> Revision:
    if event is None:
        return Revision(item=item, seq=seq, at=at, op=Op.ADOPT, actor=ADOPTED, reason="")
    author = event.author
    return Revision(item=item, seq=seq, at=at, op=event.op, actor=author.actor, reason=author.reason)


def revision_at(database: Database, item_id: ItemId, version: int) -> Revision:
    """Raises:
    UserError: no such item or version.
    """
    return revision_of(revisions(database, item_id), version)


def revision_of(history: Sequence[Revision], version: int) -> Revision:
    """One version of an item's history, which may begin above 1: an import keeps the number of its document.

    Raises:
        UserError: no such version.
    """
    for revision in history:
        if revision.item.version == version:
            return revision
    first, last = history[0].item.version, history[-1].item
    known = f"versions {first} to {last.version}" if first < last.version else f"version {first} alone"
    raise UserError(f"{last.id} has {known}, not {version}")


def items_at(
    connection: Connection, seq: int, scope: str | None, audience: Audience | None = None
) -> tuple[Item, ...]:
    """Items as they stood after the event `seq`: each at its latest version until then, in order of id.

    What was withdrawn by a rollback counts as not there. With an audience, those of its pamphlet alone.
    """
    latest = (
        select(ItemVersionRow.item_id, func.max(ItemVersionRow.version).label("version"))
        .where(ItemVersionRow.seq <= seq)
        .group_by(ItemVersionRow.item_id)
        .subquery()
    )
    query = (
        select_versions()
        .join(
            latest,
            (latest.c.item_id == ItemVersionRow.item_id) & (latest.c.version == ItemVersionRow.version),
        )
        .where(ItemVersionRow.retired_for != WITHDRAWN, _within(scope, audience))
        .order_by(ItemRow.id)
    )
    return tuple(item_of(row) for row in connection.execute(query))


def items_now(
    connection: Connection, scope: str | None, audience: Audience | None = None
) -> tuple[Item, ...]:
    """Items as they stand, in order of id; what a rollback withdrew is not there."""
    there = ItemVersionRow.retired_for != WITHDRAWN
    query = select_items().where(there, _within(scope, audience)).order_by(ItemRow.id)
    return tuple(item_of(row) for row in connection.execute(query))


def _within(scope: str | None, audience: Audience | None) -> Any:
    """The condition: everything, a scope and all below it, or one pamphlet."""
    if audience is not None:
        if scope is None:
            raise UserError("a pamphlet has a scope: name it beside the audience")
        return in_pamphlet(scope, audience)
    return true() if scope is None else in_scope(scope)


def seq_at(connection: Connection, at: datetime) -> int:
    """The last event at or before the time; 0 when there is none."""
    query = select(func.max(EventRow.seq)).where(EventRow.at <= at)
    return connection.execute(query).scalar() or 0


def events_between(connection: Connection, *, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
    query = select(EventRow).where(EventRow.seq > after).order_by(EventRow.seq).limit(limit)
    return tuple(event_of(row) for row in connection.execute(query))
