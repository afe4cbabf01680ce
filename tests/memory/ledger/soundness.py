"""What must hold of a memory after any write, read from its tables and not from the code that wrote them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, select, text

from core.database import Database
from memory.identity import content_hash
from memory.items import Item, ItemId, ItemState, RetiredFor, draft_of
from memory.ledger.audit import audit
from memory.recall.ranking import words
from memory.sql import keywords
from memory.sql.rows import item_of, select_items
from memory.sql.tables import (
    EventRow,
    EvidenceRow,
    ItemRow,
    ItemVersionRow,
    MemoryStateRow,
    OutboxRow,
)

Standing = dict[ItemId, tuple[str, str, str, ItemState]]
"""Everything that a rollback brings back: kind, scope, model and state of each item, by id."""


def standing_of(items: tuple[Item, ...]) -> Standing:
    return {item.id: (item.kind.value, item.scope, item.student_model, item.state) for item in items}


def there(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Without what a rollback withdrew, which counts as not there."""
    return tuple(item for item in items if item.state.retired_for is not RetiredFor.ROLLBACK)


def check(database: Database, *, indexed: bool = False) -> None:
    """Assert every invariant of the ledger; `indexed` where a worker empties the outbox."""
    with database.reading() as session:
        connection = session.connection()
        report = audit(connection)
        assert report.intact, report.faults
        items = {item.id: item for item in map(item_of, connection.execute(select_items()))}
        _check_versions(connection, items)
        _check_events(connection)
        _check_support(connection, items)
        _check_words(connection, items)
        if not indexed:
            _check_outbox(connection)
    _check_twins(items)


def _check_versions(connection: Connection, items: dict[ItemId, Item]) -> None:
    versions: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(select(ItemVersionRow.__table__).order_by(ItemVersionRow.version)):
        versions[row.item_id].append(row)
    heads = {row.id: row for row in connection.execute(select(ItemRow.__table__))}
    assert heads.keys() == versions.keys() == items.keys()
    for item_id, head in heads.items():
        own = versions[item_id]
        assert [row.version for row in own] == list(range(1, head.version + 1))
        seqs = [row.seq for row in own if row.seq]  # what is older than the chain has none
        assert seqs == sorted(set(seqs)), "a version older than the last"
        now = own[-1]
        assert (head.status, head.pinned, head.trust) == (now.status, now.pinned, now.trust)
        assert head.content_hash == now.content_hash == content_hash(draft_of(items[ItemId(item_id)]))
        assert head.change >= now.seq
        assert head.number is not None
    assert len({head.number for head in heads.values()}) == len(heads)


def _check_events(connection: Connection) -> None:
    events = connection.execute(select(EventRow.seq, EventRow.at).order_by(EventRow.seq)).all()
    assert len({seq for seq, _ in events}) == len(events)
    assert [at for _, at in events] == sorted(at for _, at in events)
    if events:
        assert connection.execute(select(MemoryStateRow.change)).scalar_one() >= events[-1].seq


def _check_support(connection: Connection, items: dict[ItemId, Item]) -> None:
    tasks: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(EvidenceRow.item_id, EvidenceRow.task_id)):
        tasks[row.item_id].add(row.task_id)
    assert {item.id: item.support for item in items.values()} == {
        item_id: len(tasks[item_id]) for item_id in items
    }


def _check_words(connection: Connection, items: dict[ItemId, Item]) -> None:
    """The keyword index holds exactly the live items, each with its section and its words."""
    numbers = {row.id: row.number for row in connection.execute(select(ItemRow.id, ItemRow.number))}
    live = {numbers[item.id]: item for item in items.values() if item.live}
    name = "rowid" if connection.dialect.name == "sqlite" else "number"
    rows = connection.execute(text(f"SELECT {name} AS number, words FROM item_words")).all()
    held = {row.number: row.words.split() if isinstance(row.words, str) else row.words for row in rows}
    assert held.keys() == live.keys()
    for number, item in live.items():
        place = keywords.section(item.scope, item.audience)
        assert set(held[number]) == {
            keywords.token(place, word) for word in words(f"{item.content} {item.cue}".strip())
        }


def _check_outbox(connection: Connection) -> None:
    """Without a worker every item waits for the index at the event of its current version."""
    waiting = {row.item_id: row.seq for row in connection.execute(select(OutboxRow.__table__))}
    current = {
        row.id: row.seq
        for row in connection.execute(
            select(ItemRow.id, ItemVersionRow.seq).join(
                ItemVersionRow,
                (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version),
            )
        )
    }
    assert waiting == current


def _check_twins(items: dict[ItemId, Item]) -> None:
    twins = Counter(item.content_hash for item in items.values() if item.live)
    assert not [digest for digest, count in twins.items() if count > 1], "two live items say the same"


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of items, versions, events and evidence: equal before and after what changed nothing."""
    tables = (ItemRow, ItemVersionRow, EventRow, EvidenceRow, OutboxRow)
    with database.reading() as session:
        return {
            table.__tablename__: sorted(
                (tuple(row) for row in session.execute(select(table.__table__))), key=repr
            )
            for table in tables
        }
