"""A memory as JSON Lines, for machines: `export_jsonl` writes all that `import_jsonl` brings back.

The first line says what follows and bears its SHA-256. The same memory gives the same bytes, whatever
database it lies in.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from core.database import Database
from memory.documents.records import TYPES, Header, StateRecord, line_of, record_of
from memory.documents.restoring import Restored, import_jsonl, read_items
from memory.ledger.reading import by_code_points
from memory.sql.rows import in_scope
from memory.sql.tables import (
    ExposureRow,
    ItemRow,
    ItemVersionRow,
    MemoryStateRow,
    SnapshotRow,
)

_IN_MEMORY = 8_000_000
"""Bytes of an export that are held in memory before they go to a temporary file."""
_PAGE = 1000


def export_jsonl(database: Database, scope: str | None = None) -> Iterator[str]:
    """Lines of a whole memory, or of one scope and all below it, each with its line feed.

    What one moment held: the database is read to the end before the first line comes, into a temporary file
    where it is large, since the first line bears the digest of the others.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="\n") as spool:
        digest = hashlib.sha256()
        counts = dict.fromkeys(TYPES, 0)
        with database.reading() as session:
            connection = session.connection(execution_options=_one_view(database))
            library_id, state = _state(connection)
            for kind, line in _lines(connection, scope):
                counts[kind] += 1
                digest.update(f"{line}\n".encode())
                spool.write(f"{line}\n")
        header = Header(
            library_id=library_id,
            scope=scope,
            state=state if scope is None else None,
            counts=counts,
            sha256=digest.hexdigest(),
        )
        yield f"{line_of(header.model_dump(mode='json'))}\n"
        spool.seek(0)
        yield from spool


def _one_view(database: Database) -> dict[str, Any]:
    """SQLite reads one state in a transaction anyway; PostgreSQL has to be asked for it."""
    on_server = database.engine.dialect.name == "postgresql"
    return {"isolation_level": "REPEATABLE READ"} if on_server else {}


def _state(connection: Connection) -> tuple[str, StateRecord | None]:
    row = connection.execute(select(MemoryStateRow.__table__)).one_or_none()
    if row is None:
        return "", None
    return row.library_id, StateRecord(change=row.change, head=row.head, at=row.at)


def _lines(connection: Connection, scope: str | None) -> Iterator[tuple[str, str]]:
    parts: Mapping[str, ColumnElement[bool]] = {} if scope is None else _within(scope)
    for kind, table in TYPES.items():
        query = select(table).order_by(*by_code_points(connection, table.primary_key.columns))
        if kind in parts:
            query = query.where(parts[kind])
        for row in connection.execute(query.execution_options(yield_per=_PAGE)).mappings():
            yield kind, line_of(record_of(kind, dict(row)))


def _within(scope: str) -> Mapping[str, ColumnElement[bool]]:
    """For each type of record: what belongs to the scope."""
    items = select(ItemRow.id).where(in_scope(scope))
    frozen = or_(SnapshotRow.scope == scope, func.substr(SnapshotRow.scope, 1, len(scope) + 1) == f"{scope}/")
    outcome, pair, event = (TYPES[kind].c for kind in ("outcome", "pair", "event"))
    shown = exists().where(
        ExposureRow.run_id == outcome.run_id,
        ExposureRow.task_id == outcome.task_id,
        ExposureRow.item_id.in_(items),
    )
    of_item = ("version", "evidence", "exposure", "trials", "alias")
    return {
        "item": in_scope(scope),
        **{kind: TYPES[kind].c.item_id.in_(items) for kind in of_item},
        "event": event.seq.in_(select(ItemVersionRow.seq).where(ItemVersionRow.item_id.in_(items))),
        "outcome": shown,
        "pair": and_(pair["first"].in_(items), pair["second"].in_(items)),
        "snapshot": frozen,
        "snapshot_item": TYPES["snapshot_item"].c.digest.in_(select(SnapshotRow.digest).where(frozen)),
    }


__all__ = ["Restored", "export_jsonl", "import_jsonl", "read_items"]
