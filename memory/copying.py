"""Copies of a whole memory from one database into another."""

from __future__ import annotations

import uuid

from sqlalchemy import insert, select

from core.database import Database
from core.errors import UserError
from memory.rows import memory_state
from memory.tables import MEMORY_TABLES


def copy_memory(source: Database, target: Database) -> None:
    """Copy every table of memory, in one transaction.

    The copy gets a name of its own, so that an index of the one is never taken for an index of the other.

    Raises:
        UserError: the target holds a memory already.
    """
    with source.reading() as reading:
        tables = [
            (table, [dict(row._mapping) for row in reading.execute(select(table))]) for table in MEMORY_TABLES
        ]
    with target.session() as writing:
        if memory_state(writing) != ("", 0):
            raise UserError(f"{target.shown_url} holds a memory already; copy into an empty database")
        for table, rows in tables:
            for row in rows:
                if "library_id" in row:
                    row["library_id"] = uuid.uuid4().hex
            if rows:
                writing.execute(insert(table), rows)
