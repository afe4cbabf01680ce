"""The review queue: what waits for a person, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, or_, select

from core.database import Database
from memory.items import LIVE, Item, ItemId, Status, Trust
from memory.ledger.crediting import HARM_ALPHA, harm_note, trials_of
from memory.recall.likeness import Decision
from memory.sql.rows import in_scope, item_of, select_items
from memory.sql.tables import ItemRow, PairRow, TrialsRow


class Because(StrEnum):
    """Why an item waits for a person, the most urgent first."""

    HARMFUL = "harmful by the rule, but a person stands behind it"
    CONTRADICTION = "contradicts another item"
    QUARANTINED = "failed a gate"
    ALIKE = "says nearly the same as another item"
    CANDIDATE = "too little evidence yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One entry of the queue. `other` is the item that it contradicts or is like."""

    item: Item
    because: Because
    note: str
    other: ItemId | None = None


def review_queue(database: Database, scope: str | None = None) -> tuple[Waiting, ...]:
    """What waits, the most urgent first, then the oldest."""
    with database.reading() as session:
        connection = session.connection()
        found = [
            *_harmful(connection, scope),
            *_pairs(connection, scope, Decision.CONTRADICTION, Because.CONTRADICTION),
            *_standing(connection, scope, Status.QUARANTINED, Because.QUARANTINED),
            *_pairs(connection, scope, Decision.DISTINCT, Because.ALIKE),
            *_standing(connection, scope, Status.CANDIDATE, Because.CANDIDATE),
        ]
    order = list(Because)
    return tuple(
        sorted(found, key=lambda each: (order.index(each.because), each.item.created_at, each.item.id))
    )


def _items(connection: Connection, scope: str | None, *conditions: object) -> list[Item]:
    query = select_items().where(*conditions)  # type: ignore[arg-type]
    if scope is not None:
        query = query.where(in_scope(scope))
    return [item_of(row) for row in connection.execute(query)]


def _standing(connection: Connection, scope: str | None, status: Status, why: Because) -> list[Waiting]:
    items = _items(connection, scope, ItemRow.status == status.value)
    notes = {item.id: item.state.note or f"{item.support} distinct tasks" for item in items}
    return [Waiting(item=item, because=why, note=notes[item.id]) for item in items]


def _harmful(connection: Connection, scope: str | None) -> list[Waiting]:
    guarded = or_(ItemRow.pinned.is_(True), ItemRow.trust == Trust.HUMAN.value)
    tried = ItemRow.id.in_(select(TrialsRow.item_id))
    found = []
    for item in _items(connection, scope, guarded, tried, ItemRow.status.in_(LIVE)):
        trials = trials_of(connection, item.id)
        if trials.harm.harmful(HARM_ALPHA):
            found.append(Waiting(item=item, because=Because.HARMFUL, note=harm_note(trials)))
    return found


def _pairs(connection: Connection, scope: str | None, decision: Decision, because: Because) -> list[Waiting]:
    """Pairs of live items of which a rule decided so; those that are only alike are kept for a person."""
    pairs = connection.execute(
        select(PairRow.first, PairRow.second, PairRow.similarity)
        .where(PairRow.decision == decision.value)
        .order_by(PairRow.first, PairRow.second)
    ).all()
    ids = {row.first for row in pairs} | {row.second for row in pairs}
    live = {
        item.id: item for item in _items(connection, scope, ItemRow.id.in_(ids), ItemRow.status.in_(LIVE))
    }
    return [
        Waiting(
            item=live[ItemId(row.first)],
            because=because,
            note=f"similarity {row.similarity:.2f}",
            other=ItemId(row.second),
        )
        for row in pairs
        if row.first in live and row.second in live
    ]
