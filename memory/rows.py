"""Between rows and values: reading items and writing rows, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, Table, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.guidance import ActionTemplate
from memory.items import Credit, Evidence, Item, ItemDraft, ItemId, Kind, Status
from memory.tables import EvidenceRow, ItemRow, ItemVersionRow, MemoryStateRow

_STATE_ID = 1

_ITEM_COLUMNS = (
    ItemRow.id,
    ItemRow.kind,
    ItemRow.scope,
    ItemVersionRow.content,
    ItemVersionRow.cue,
    ItemVersionRow.action,
    ItemVersionRow.boundary,
    ItemVersionRow.expected_effect,
    ItemRow.status,
    ItemRow.version,
    ItemRow.content_hash,
    ItemRow.pinned,
    ItemRow.support,
    ItemRow.alpha,
    ItemRow.beta,
    ItemRow.created_at,
    ItemRow.updated_at,
    ItemRow.change,
)


def select_items() -> Select[*tuple[Any, ...]]:
    """All columns of items at their current version; add `where` and `order_by`."""
    current = (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version)
    return select(*_ITEM_COLUMNS).join(ItemVersionRow, current)


def in_scope(scope: str) -> Any:
    """The condition: items of the scope or below it."""
    return or_(ItemRow.scope == scope, ItemRow.scope.startswith(f"{scope}/", autoescape=True))


def item_of(row: Row[*tuple[Any, ...]]) -> Item:
    return Item(
        id=ItemId(row.id),
        kind=Kind(row.kind),
        scope=row.scope,
        content=row.content,
        cue=row.cue,
        action=_action_of(row.action),
        boundary=row.boundary,
        expected_effect=row.expected_effect,
        status=Status(row.status),
        version=row.version,
        content_hash=row.content_hash,
        pinned=row.pinned,
        support=row.support,
        credit=Credit(alpha=row.alpha, beta=row.beta),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _action_of(stored: Mapping[str, Any] | None) -> ActionTemplate | None:
    if stored is None:
        return None
    return ActionTemplate(tool=stored["tool"], template=stored["template"], bindings=dict(stored["bindings"]))


def add_item(
    session: Session,
    item_id: ItemId,
    draft: ItemDraft,
    digest: str,
    evidence: Evidence,
    now: datetime,
    change: int,
) -> None:
    """Write a new candidate and its first version, with the prior Beta(1, 1)."""
    action = draft.action
    session.execute(
        insert(ItemRow).values(
            id=item_id,
            kind=draft.kind.value,
            scope=draft.scope,
            status=Status.CANDIDATE.value,
            version=1,
            content_hash=digest,
            pinned=False,
            support=0,
            alpha=1.0,
            beta=1.0,
            origin_run=evidence.run_id,
            origin_task=evidence.task_id,
            created_at=now,
            updated_at=now,
            change=change,
        )
    )
    session.execute(
        insert(ItemVersionRow).values(
            item_id=item_id,
            version=1,
            content=" ".join(draft.content.split()),
            cue=draft.cue.strip(),
            action=None
            if action is None
            else {"tool": action.tool, "template": action.template, "bindings": dict(action.bindings)},
            boundary=draft.boundary.strip(),
            expected_effect=draft.expected_effect.strip(),
            content_hash=digest,
            created_at=now,
        )
    )


def add_evidence(session: Session, item_id: ItemId, evidence: Evidence, now: datetime) -> bool:
    """Store evidence once; False when it was known."""
    row = {
        "item_id": item_id,
        "run_id": evidence.run_id,
        "task_id": evidence.task_id,
        "task_group": evidence.group,
        "reward": evidence.reward,
        "note": evidence.note,
        "created_at": now,
    }
    return insert_new(session, EvidenceRow.__table__, row)


def evidence_of(row: EvidenceRow) -> Evidence:
    return Evidence(
        run_id=row.run_id, task_id=row.task_id, group=row.task_group, reward=row.reward, note=row.note
    )


def distinct_tasks(session: Session, item_id: ItemId) -> int:
    query = select(func.count(EvidenceRow.task_id.distinct())).where(EvidenceRow.item_id == item_id)
    return session.execute(query).scalar_one()


def insert_new(session: Session, table: object, row: Mapping[str, object]) -> bool:
    """Insert a row unless its key is there; True when it was new."""
    target = cast(Table, table)
    statement = _insert_or_ignore(session, target).returning(*target.primary_key.columns)
    return session.execute(statement, row).one_or_none() is not None


def insert_all_new(session: Session, table: object, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows whose keys are not there yet."""
    if rows:
        session.execute(_insert_or_ignore(session, cast(Table, table)), rows)


def _insert_or_ignore(session: Session, table: Table) -> postgresql.Insert | sqlite.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def raise_change(session: Session) -> int:
    """Raise the change counter in this transaction and return it; writers queue up behind it."""
    fresh = {"id": _STATE_ID, "library_id": uuid.uuid4().hex, "change": 0}
    raised = (
        update(MemoryStateRow)
        .where(MemoryStateRow.id == _STATE_ID)
        .values(change=MemoryStateRow.change + 1)
        .returning(MemoryStateRow.change)
    )
    change = session.execute(raised).scalar_one_or_none()
    if change is None:
        insert_new(session, MemoryStateRow.__table__, fresh)
        change = session.execute(raised).scalar_one()
    return change


def memory_state(session: Session) -> tuple[str, int]:
    """(library id, change counter); ("", 0) before the first write."""
    row = session.execute(select(MemoryStateRow.library_id, MemoryStateRow.change)).one_or_none()
    return ("", 0) if row is None else (row.library_id, row.change)
