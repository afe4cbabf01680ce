"""Copies of a memory from one database into another: all of it, or what a snapshot holds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from core.database import Database
from core.errors import UserError
from memory.items import Item
from memory.sql.keyword_index import write_keywords
from memory.sql.rows import memory_state
from memory.sql.tables import (
    MEMORY_TABLES,
    EmbeddingRow,
    IndexRow,
    ItemRow,
    ItemVersionRow,
    MemoryStateRow,
    PairRow,
)


def copy_memory(source: Database, target: Database) -> None:
    """Copy every table of memory, in one transaction.

    The copy gets a name of its own, so that an index of the one is never taken for an index of the other.

    Raises:
        UserError: the target holds a memory already.
    """
    with source.reading() as reading:
        tables = [
            (table, [dict(row._mapping) for row in reading.execute(select(table))])
            for table in MEMORY_TABLES
            if table.name != IndexRow.__tablename__
        ]
    with target.session() as writing:
        _require_empty(target, writing.connection())
        for table, rows in tables:
            for row in rows:
                if "library_id" in row:
                    row["library_id"] = uuid.uuid4().hex
            if rows:
                writing.execute(insert(table), rows)
        write_keywords(writing.connection())


def copy_snapshot(source: Database, target: Database, items: Sequence[Item]) -> None:
    """Write the items, each at one version and with the credit that they bear, into an empty memory.

    What was decided of pairs of them comes along: recall shows one of two that contradict each other.
    """
    versions = {(item.id, item.version) for item in items}
    chosen = {item.id: item for item in items}
    with source.reading() as reading:
        rows = {
            table: [
                dict(row._mapping)
                for row in reading.execute(select(table.__table__))
                if (row.item_id, row.version) in versions
            ]
            for table in (ItemVersionRow, EmbeddingRow)
        }
        # A snapshot has no events: to its own audit its versions are older than the chain.
        rows[ItemVersionRow] = [row | {"seq": 0} for row in rows[ItemVersionRow]]
        pairs = [dict(row._mapping) for row in reading.execute(select(PairRow.__table__))]
        heads = [dict(row._mapping) for row in reading.execute(select(ItemRow.__table__)) if row.id in chosen]
        _, change = memory_state(reading)
    for head in heads:
        item = chosen[head["id"]]
        head |= {
            "version": item.version,
            "status": item.status.value,
            "pinned": item.pinned,
            "trust": item.trust.value,
            "content_hash": item.content_hash,
            "support": item.support,
            "alpha": item.credit.alpha,
            "beta": item.credit.beta,
        }
    with target.session() as writing:
        connection = writing.connection()
        _require_empty(target, connection)
        state = {"id": 1, "library_id": uuid.uuid4().hex, "change": change, "head": ""}
        connection.execute(insert(MemoryStateRow), state)
        among = [pair for pair in pairs if pair["first"] in chosen and pair["second"] in chosen]
        for table, found in ((ItemRow, heads), *rows.items(), (PairRow, among)):
            if found:
                connection.execute(insert(table), found)
        write_keywords(connection)


def _require_empty(target: Database, connection: Connection) -> None:
    if memory_state(connection) != ("", 0):
        raise UserError(f"{target.shown_url} holds a memory already; copy into an empty database")
