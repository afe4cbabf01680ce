"""The keyword index against the items that it is made of: is each live item in it, and nothing else?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from core.database import Database
from memory.items import LIVE, ItemId
from memory.recall.ranking import words
from memory.sql import keywords
from memory.sql.rows import item_of, select_items
from memory.sql.tables import ItemRow, MemoryStateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordReport:
    """`missing` live items are not in the index; `extra` numbers in it belong to no live item."""

    live: int
    missing: tuple[ItemId, ...]
    extra: int

    @property
    def clean(self) -> bool:
        return not self.missing and not self.extra


def check_keywords(database: Database) -> KeywordReport:
    with database.reading() as session:
        query = select(ItemRow.id, ItemRow.number).where(ItemRow.status.in_(LIVE)).order_by(ItemRow.id)
        live = {ItemId(row.id): row.number for row in session.execute(query)}
        indexed = keywords.numbers(session.connection())
    missing = tuple(name for name, number in live.items() if number not in indexed)
    return KeywordReport(live=len(live), missing=missing, extra=len(indexed - set(live.values())))


def rebuild_keywords(database: Database) -> int:
    """Write the whole index anew in one transaction; returns how many items it holds."""
    with database.durable() as connection:
        connection.execute(select(MemoryStateRow.change).with_for_update())  # writers wait for this one
        return write_keywords(connection)


def write_keywords(connection: Connection) -> int:
    """Write the whole index anew in the caller's transaction; returns how many items it holds.

    Items that are older than the audit chain have no number yet: they enter when they are adopted.
    """
    connection.execute(text("DELETE FROM item_words"))
    query = select_items().where(ItemRow.status.in_(LIVE), ItemRow.number.is_not(None))
    rows = connection.execute(query).all()
    for row in rows:
        item = item_of(row)
        place = keywords.section(item.scope, item.audience)
        keywords.write(connection, row.number, place, words(item.state.text))
    return len(rows)
