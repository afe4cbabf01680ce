"""Snapshots: a name for what memory held, by the hash of its content. The database refuses to change one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, insert, select

from core.database import Database
from core.errors import UserError
from core.redaction import redact
from memory.history import Snapshot, digest, state_hash
from memory.items import Credit, Item
from memory.ledger.writing import Writing
from memory.sql.rows import insert_all_new, item_of, select_versions
from memory.sql.tables import ItemRow, ItemVersionRow, SnapshotItemRow, SnapshotRow


def freeze(write: Writing, name: str, items: Sequence[Item], scope: str, actor: str, reason: str) -> None:
    """Raises:
    UserError: the name is taken, or empty.
    """
    if not name.strip() or name != name.strip():
        raise UserError("a snapshot needs a name without blanks around it")
    connection = write.connection
    if connection.execute(select(SnapshotRow.name).where(SnapshotRow.name == name)).scalar() is not None:
        raise UserError(f"there is a snapshot {name} already, and it never changes: choose another name")
    fingerprint = content_digest(items)
    rows = [
        {
            "digest": fingerprint,
            "item_id": item.id,
            "version": item.version,
            "support": item.support,
            "alpha": item.credit.alpha,
            "beta": item.credit.beta,
        }
        for item in items
    ]
    insert_all_new(connection, SnapshotItemRow.__table__, rows)
    row = {
        "name": name,
        "digest": fingerprint,
        "scope": scope,
        "seq": write.seq - 1,
        "actor": actor,
        "reason": redact(reason),
        "created_at": write.now,
    }
    connection.execute(insert(SnapshotRow), row)


def list_snapshots(database: Database) -> tuple[Snapshot, ...]:
    """All snapshots, the oldest first."""
    held = func.count(SnapshotItemRow.item_id).label("held")
    query = (
        select(SnapshotRow, held)
        .outerjoin(SnapshotItemRow, SnapshotItemRow.digest == SnapshotRow.digest)
        .group_by(SnapshotRow.name)
        .order_by(SnapshotRow.created_at, SnapshotRow.name)
    )
    with database.reading() as session:
        return tuple(
            Snapshot(
                name=row.name,
                digest=row.digest,
                scope=row.scope,
                items=count,
                seq=row.seq,
                at=row.created_at,
                actor=row.actor,
                reason=row.reason,
            )
            for row, count in session.execute(query)
        )


def frozen_items(database: Database, fingerprint: str) -> tuple[Item, ...]:
    """The items of a snapshot's content with the credit that they had then, in order of id."""
    with database.reading() as session:
        return items_frozen(session.connection(), fingerprint)


def items_frozen(connection: Connection, fingerprint: str) -> tuple[Item, ...]:
    frozen = SnapshotItemRow
    at = (frozen.item_id == ItemVersionRow.item_id) & (frozen.version == ItemVersionRow.version)
    query = (
        select_versions()
        .join(frozen, at)
        .add_columns(
            frozen.support.label("then_support"),
            frozen.alpha.label("then_alpha"),
            frozen.beta.label("then_beta"),
        )
        .where(frozen.digest == fingerprint)
        .order_by(ItemRow.id)
    )
    return tuple(
        replace(
            item_of(row),
            support=row.then_support,
            credit=Credit(alpha=row.then_alpha, beta=row.then_beta),
        )
        for row in connection.execute(query)
    )


def content_digest(items: Sequence[Item]) -> str:
    """The content address of a set of items: state hashes and credit, in order of id."""
    return digest(
        [
            [
                item.id,
                item.version,
                state_hash(item.id, item.kind.value, item.scope, item.student_model, item.state),
                item.support,
                item.credit.alpha,
                item.credit.beta,
            ]
            for item in sorted(items, key=lambda each: each.id)
        ]
    )
