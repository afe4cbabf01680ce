"""Takes a memory that is older than the audit chain into it: each item gets a first version with an event."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core.database import Database
from memory.history import Author, Op
from memory.items import RetiredFor, Status
from memory.ledger.writing import Clock, writing
from memory.sql.rows import item_of, select_items
from memory.sql.tables import ItemRow

ADOPTER = "rule:adopt"


def adopt(database: Database, clock: Clock) -> int:
    """Give every item that has no number yet its number, keywords, event and outbox row; returns how many.

    Costs one small query where there is nothing to do.
    """
    with database.reading() as session:
        if session.execute(select(ItemRow.id).where(ItemRow.number.is_(None)).limit(1)).first() is None:
            return 0
    with writing(database, clock) as write:
        rows = write.connection.execute(
            select_items().where(ItemRow.number.is_(None)).order_by(ItemRow.created_at, ItemRow.id)
        ).all()
        for item in map(item_of, rows):
            unsaid = item.status is Status.RETIRED and item.state.retired_for is None
            # What was retired before there were reasons stays retired, for good.
            write.put(item, replace(item.state, retired_for=RetiredFor.PERSON) if unsaid else item.state)
            write.record(Op.ADOPT, Author(actor=ADOPTER, reason="older than the audit chain"))
    return len(rows)
