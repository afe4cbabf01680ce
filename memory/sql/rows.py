"""Between rows and values: reading items and writing rows, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Row, ScalarSelect, Select, Table, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.database.prepared import Prepared
from core.guidance import ActionTemplate
from memory.items import (
    Audience,
    Credit,
    Evidence,
    Item,
    ItemId,
    ItemState,
    Kind,
    RetiredFor,
    Status,
    Trust,
)
from memory.sql.tables import EvidenceRow, ExposureRow, ItemRow, ItemVersionRow, MemoryStateRow

STATE_ID = 1
"""The key of the one row of `memory_state`."""

_ITEM_COLUMNS = (
    ItemRow.id,
    ItemRow.number,
    ItemRow.kind,
    ItemRow.scope,
    ItemRow.student_model,
    ItemVersionRow.content,
    ItemVersionRow.cue,
    ItemVersionRow.action,
    ItemVersionRow.boundary,
    ItemVersionRow.expected_effect,
    ItemVersionRow.status,
    ItemVersionRow.pinned,
    ItemVersionRow.trust,
    ItemVersionRow.note,
    ItemVersionRow.retired_for,
    ItemVersionRow.successors,
    ItemVersionRow.content_hash,
    ItemVersionRow.version,
    ItemVersionRow.seq,
    ItemVersionRow.state_hash,
    ItemRow.support,
    ItemRow.alpha,
    ItemRow.beta,
    ItemRow.doubt,
    ItemRow.origin_run,
    ItemRow.origin_task,
    ItemRow.created_at,
    ItemRow.updated_at,
    ItemVersionRow.created_at.label("version_at"),
    ItemRow.change,
)


def select_items() -> Select[*tuple[Any, ...]]:
    """All columns of items at their current version; add `where` and `order_by`."""
    current = (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version)
    return select(*_ITEM_COLUMNS).join(ItemVersionRow, current)


def select_versions() -> Select[*tuple[Any, ...]]:
    """The same columns for every version of every item."""
    return select(*_ITEM_COLUMNS).join(ItemVersionRow, ItemVersionRow.item_id == ItemRow.id)


def in_scope(scope: str) -> Any:
    """The condition: items of the scope or below it. LIKE would take `ACME/x` for a part of `acme`."""
    below = f"{scope}/"
    return or_(ItemRow.scope == scope, func.substr(ItemRow.scope, 1, len(below)) == below)


def in_pamphlet(scope: str, audience: Audience) -> Any:
    """The condition: items of this very scope that this audience reads."""
    kinds = [kind.value for kind in Kind if kind.audience is audience]
    return and_(ItemRow.scope == scope, ItemRow.kind.in_(kinds))


def item_of(row: Row[*tuple[Any, ...]]) -> Item:
    return Item(
        id=ItemId(row.id),
        kind=Kind(row.kind),
        scope=row.scope,
        student_model=row.student_model,
        state=state_of(row),
        version=row.version,
        content_hash=row.content_hash,
        support=row.support,
        credit=Credit(alpha=row.alpha, beta=row.beta, doubt=row.doubt),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def state_of(row: Row[*tuple[Any, ...]]) -> ItemState:
    return ItemState(
        content=row.content,
        cue=row.cue,
        action=_action_of(row.action),
        boundary=row.boundary,
        expected_effect=row.expected_effect,
        status=Status(row.status),
        pinned=bool(row.pinned),
        trust=Trust(row.trust),
        note=row.note,
        retired_for=RetiredFor(row.retired_for) if row.retired_for else None,
        successors=tuple(ItemId(name) for name in row.successors.split()),
    )


def state_columns(state: ItemState) -> dict[str, object]:
    """What a version's row holds of its state."""
    action = state.action
    return {
        "content": state.content,
        "cue": state.cue,
        "action": None
        if action is None
        else {"tool": action.tool, "template": action.template, "bindings": dict(action.bindings)},
        "boundary": state.boundary,
        "expected_effect": state.expected_effect,
        "status": state.status.value,
        "pinned": state.pinned,
        "trust": state.trust.value,
        "note": state.note,
        "retired_for": state.retired_for.value if state.retired_for else "",
        "successors": " ".join(state.successors),
    }


def _action_of(stored: Mapping[str, Any] | None) -> ActionTemplate | None:
    if stored is None:
        return None
    return ActionTemplate(tool=stored["tool"], template=stored["template"], bindings=dict(stored["bindings"]))


def add_evidence(connection: Connection, item_id: ItemId, evidence: Evidence, now: datetime) -> bool:
    """Store evidence once; False when it was known. It is an echo where the task was shown the item."""
    row = {
        "item_id": item_id,
        "run_id": evidence.run_id,
        "task_id": evidence.task_id,
        "task_group": evidence.group,
        "reward": evidence.reward,
        "note": evidence.note,
        "created_at": now,
        "echo": evidence.echo or item_id in shown_to(connection, evidence),
    }
    return insert_new(connection, EvidenceRow.__table__, row)


def shown_to(connection: Connection, evidence: Evidence) -> frozenset[ItemId]:
    """The items that the task of the evidence was shown."""
    query = select(ExposureRow.item_id).where(
        ExposureRow.run_id == evidence.run_id,
        ExposureRow.task_id == evidence.task_id,
        ExposureRow.outcome == "shown",
    )
    return frozenset(map(ItemId, connection.execute(query).scalars()))


def evidence_of(row: Any) -> Evidence:
    return Evidence(
        run_id=row.run_id,
        task_id=row.task_id,
        group=row.task_group,
        reward=row.reward,
        note=row.note,
        echo=row.echo,
    )


def distinct_tasks(
    connection: Connection, item_id: ItemId, *, since: datetime | ScalarSelect[datetime] | None = None
) -> int:
    """Tasks that told an item unprompted; with `since`, those that did so then or later."""
    query = select(func.count(EvidenceRow.task_id.distinct())).where(
        EvidenceRow.item_id == item_id, EvidenceRow.echo.is_(False)
    )
    if since is not None:
        query = query.where(EvidenceRow.created_at >= since)
    return connection.execute(query).scalar_one()


def insert_new(connection: Connection | Session, table: object, row: Mapping[str, object]) -> bool:
    """Insert a row unless its key is there; True when it was new."""
    statement = _insert_and_tell(_dialect(connection), cast(Table, table))
    return connection.execute(statement, dict(row)).one_or_none() is not None


def insert_all_new(
    connection: Connection | Session, table: object, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert the rows whose keys are not there yet."""
    if rows:
        statement = _insert_or_ignore(_dialect(connection), cast(Table, table))
        connection.execute(statement, [dict(row) for row in rows])


def upsert(connection: Connection, table: object, row: Mapping[str, object]) -> None:
    """Insert a row, or set all its columns where its key is there."""
    _upsert(_dialect(connection), cast(Table, table), tuple(row)).run(connection, row)


# Statements are made once: building one costs as much as running it.


@cache
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> Prepared:
    statement: Any = _insert(dialect, table)
    keys = [column.name for column in table.primary_key.columns]
    values = {name: statement.excluded[name] for name in columns if name not in keys}
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=values))


@cache
def _insert_or_ignore(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _insert_and_tell(dialect: str, table: Table) -> Any:
    return _insert_or_ignore(dialect, table).returning(*table.primary_key.columns)


def _insert(dialect: str, table: Table) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def _dialect(connection: Connection | Session) -> str:
    bind = connection.get_bind() if isinstance(connection, Session) else connection
    return bind.dialect.name


def memory_state(connection: Connection | Session) -> tuple[str, int]:
    """(library id, change counter); ("", 0) before the first write."""
    query = select(MemoryStateRow.library_id, MemoryStateRow.change)
    row = connection.execute(query).one_or_none()
    return ("", 0) if row is None else (row.library_id, row.change)
