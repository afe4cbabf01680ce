"""The audit chain: every event names the hash of the one before, every version the hash of its state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from memory.history import GENESIS, link, state_hash
from memory.items import ItemId
from memory.ledger.snapshots import content_digest, items_frozen
from memory.ledger.writing import event_of
from memory.sql.rows import item_of, select_versions
from memory.sql.tables import EventRow, ItemRow, ItemVersionRow, MemoryStateRow, SnapshotRow

_MOST = 20
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """`faults`: what does not fit, at most twenty lines; `older`: versions from before the chain."""

    events: int
    versions: int
    older: int
    faults: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.faults


def audit(connection: Connection) -> AuditReport:
    """Walk the chain from its first link, compare every version with the event that made it, every item with
    its last version, and every snapshot with its digest.
    """
    faults: list[str] = []
    promised: dict[tuple[ItemId, int], str] = {}
    events = versions = older = 0
    try:
        events = _events(connection, promised, faults)
        versions, older = _versions(connection, promised, faults)
        faults += [f"{item} version {version} is missing" for item, version in promised]
        faults += [*_heads(connection), *_snapshots(connection)]
    except (ValueError, TypeError, LookupError) as error:
        faults.append(f"what stands there cannot be read: {type(error).__name__}")
    return AuditReport(events=events, versions=versions, older=older, faults=tuple(faults[:_MOST]))


def _events(connection: Connection, promised: dict[tuple[ItemId, int], str], faults: list[str]) -> int:
    previous, count = GENESIS, 0
    for row in connection.execute(select(EventRow).order_by(EventRow.seq)).yield_per(_PAGE):
        event = event_of(row)
        count += 1
        if event.previous != previous:
            faults.append(f"event {event.seq} does not follow the one before it")
        if event.hash != link(event.seq, event.at, event.op, event.author, event.changes, event.previous):
            faults.append(f"event {event.seq} was altered")
        previous = event.hash
        promised.update({(c.item_id, c.version): c.state_hash for c in event.changes})
    head = connection.execute(select(MemoryStateRow.head)).scalar()
    if (head or GENESIS) != previous:
        faults.append("the chain does not end where memory says: events are missing")
    return count


def _versions(
    connection: Connection, promised: dict[tuple[ItemId, int], str], faults: list[str]
) -> tuple[int, int]:
    """How many versions there are, and how many of them are older than the chain."""
    count = older = 0
    chained = ""
    query = select_versions().order_by(ItemRow.id, ItemVersionRow.version)
    for row in connection.execute(query).yield_per(_PAGE):
        count += 1
        item = item_of(row)
        expected = promised.pop((item.id, item.version), None)
        if expected is None and row.seq == 0 and item.id != chained:
            older += 1  # versions with an event come after it
            continue
        chained = item.id
        actual = state_hash(item.id, item.kind.value, item.scope, item.student_model, item.state)
        if expected is None:
            faults.append(f"{item.id} version {item.version} has no event")
        elif not expected == row.state_hash == actual:
            faults.append(f"{item.id} version {item.version} was altered")
    return count, older


def _heads(connection: Connection) -> Iterator[str]:
    """An item stands at its last version, and repeats what it says."""
    latest = select(ItemVersionRow.item_id, func.max(ItemVersionRow.version).label("version"))
    last = latest.group_by(ItemVersionRow.item_id).subquery()
    behind = (
        select(ItemRow.id, ItemRow.version, last.c.version.label("last"))
        .join(last, last.c.item_id == ItemRow.id)
        .where(ItemRow.version != last.c.version)
    )
    for row in connection.execute(behind.order_by(ItemRow.id)):
        yield f"{row.id} stands at version {row.version}, not at its last, {row.last}"
    current = (ItemVersionRow.item_id == ItemRow.id) & (ItemVersionRow.version == ItemRow.version)
    differs = or_(
        ItemRow.status != ItemVersionRow.status,
        ItemRow.pinned != ItemVersionRow.pinned,
        ItemRow.trust != ItemVersionRow.trust,
        ItemRow.content_hash != ItemVersionRow.content_hash,
    )
    other = select(ItemRow.id, ItemRow.version).join(ItemVersionRow, current).where(differs)
    for row in connection.execute(other.order_by(ItemRow.id)):
        yield f"{row.id} stands otherwise than its version {row.version}"


def _snapshots(connection: Connection) -> Iterator[str]:
    for row in connection.execute(
        select(SnapshotRow.name, SnapshotRow.digest).order_by(SnapshotRow.name)
    ).all():
        if content_digest(items_frozen(connection, row.digest)) != row.digest:
            yield f"snapshot {row.name} was altered"
