"""The outbox in SQL: which items the index has yet to take over, who works on them, and the index in use.

Every function works in the transaction of its caller. Whoever writes to several rows holds `memory_state`
first, as the writers of items do, so that no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, literal, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from memory.items import LIVE, ItemId
from memory.sql.rows import insert_all_new, insert_new
from memory.sql.tables import IndexRow, ItemRow, MemoryStateRow, OutboxRow

_ID = 1
LEASE = timedelta(seconds=60)
OVERLOOKED = "the index does not find it by its own vector"
"""`last_error` of an item that stays in the outbox because it must be compared exactly."""
LIVE_STATUSES = tuple(status.value for status in LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Which generation is in use, and whose vectors it holds."""

    generation: str
    embedder_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Rows that one worker holds until its lease runs out: the change that each stood at, and its tries."""

    token: str
    seqs: Mapping[ItemId, int]
    attempts: Mapping[ItemId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a row could not be worked off, and when to try again."""

    error: str
    not_before: datetime


def one_line(error: Exception) -> str:
    """An error as it is stored and shown."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def read_state(session: Session) -> tuple[int, Pointer | None]:
    """The change counter of the memory (0 before its first write), and the generation in use."""
    change = select(MemoryStateRow.change).scalar_subquery()
    generation, embedder = (
        select(each).scalar_subquery() for each in (IndexRow.generation, IndexRow.embedder_id)
    )
    row = session.execute(select(change, generation, embedder)).one()
    pointer = None if row[1] is None else Pointer(generation=row[1], embedder_id=row[2])
    return row[0] or 0, pointer


def swap_pointer(session: Session, old: Pointer | None, new: Pointer, now: datetime) -> bool:
    """Point at another generation; False when somebody else did so meanwhile."""
    hold_memory(session)
    values = {"generation": new.generation, "embedder_id": new.embedder_id, "built_at": now}
    if old is None:
        return insert_new(session, IndexRow.__table__, {"id": _ID, **values})
    swapped = update(IndexRow).where(IndexRow.generation == old.generation).values(**values)
    return session.execute(swapped.returning(IndexRow.id)).one_or_none() is not None


def hold_memory(session: Session) -> None:
    """Keep other writers out until this transaction ends."""
    session.execute(select(MemoryStateRow.change).with_for_update())


def is_due(session: Session, now: datetime) -> bool:
    return session.execute(select(OutboxRow.item_id).where(*_due(now)).limit(1)).one_or_none() is not None


def waiting_ids(session: Session, limit: int | None = None) -> tuple[ItemId, ...]:
    """Items in the outbox, the longest waiting first."""
    query = select(OutboxRow.item_id).order_by(OutboxRow.seq, OutboxRow.item_id).limit(limit)
    return tuple(ItemId(item) for item in session.execute(query).scalars())


def overlooked_ids(session: Session) -> tuple[ItemId, ...]:
    """Items in the outbox that the index has, but does not find."""
    query = select(OutboxRow.item_id).where(OutboxRow.last_error == OVERLOOKED)
    return tuple(ItemId(item) for item in session.execute(query).scalars())


def put_overlooked(session: Session, items: Collection[ItemId], not_before: datetime) -> None:
    """Keep items in the outbox that the index does not find; it is tried with them again at `not_before`."""
    hold_memory(session)
    fresh = {**_fresh(), "attempts": 1, "not_before": not_before, "last_error": OVERLOOKED}
    changes = session.execute(select(ItemRow.id, ItemRow.change).where(ItemRow.id.in_(items)))
    rows = [{"item_id": row.id, "seq": row.change, **fresh} for row in changes]
    insert_all_new(session, OutboxRow.__table__, rows)


def claim(session: Session, token: str, limit: int, now: datetime) -> Claim:
    """Take up to `limit` rows that are due and that nobody holds."""
    free = select(OutboxRow.item_id).where(*_due(now)).order_by(OutboxRow.seq, OutboxRow.item_id)
    ids = session.execute(free.limit(limit).with_for_update(skip_locked=True)).scalars().all()
    taken = (
        update(OutboxRow)
        .where(OutboxRow.item_id.in_(ids))
        .values(claimed_by=token, lease_until=now + LEASE)
        .returning(OutboxRow.item_id, OutboxRow.seq, OutboxRow.attempts)
    )
    rows = session.execute(taken).all() if ids else []
    return Claim(
        token=token,
        seqs={ItemId(row.item_id): row.seq for row in rows},
        attempts={ItemId(row.item_id): row.attempts for row in rows},
    )


def settle(
    session: Session,
    held: Claim,
    done: Collection[ItemId],
    failures: Mapping[ItemId, Failure],
    again: datetime,
) -> int:
    """Remove the rows that are done, if they still stand at the change that was claimed, and free the others.

    A row that was lost (the lease ran out, or the item changed) may have been worked off by another worker
    while this one wrote something older: such an item is worked off once more, at `again` if another worker
    is at it. Rows that failed wait until their time. Returns the number of rows removed.
    """
    hold_memory(session)
    mine = OutboxRow.claimed_by == held.token
    ours = [(item, held.seqs[item]) for item in done]
    removed = delete(OutboxRow).where(mine, tuple_(OutboxRow.item_id, OutboxRow.seq).in_(ours))
    gone = set(session.execute(removed.returning(OutboxRow.item_id)).scalars()) if ours else set()
    kept = set(session.execute(select(OutboxRow.item_id).where(mine)).scalars())
    for item, failure in failures.items():
        later = {"attempts": OutboxRow.attempts + 1, "last_error": failure.error}
        failed = update(OutboxRow).where(mine, OutboxRow.item_id == item)
        session.execute(failed.values(not_before=failure.not_before, **later))
    session.execute(update(OutboxRow).where(mine).values(claimed_by="", lease_until=None))
    if lost := held.seqs.keys() - gone - kept:
        _work_again(session, lost, again)
    return len(gone)


def put_changed(session: Session, since: int) -> None:
    """Put all items that changed after `since` into the outbox, taking them from whoever holds them."""
    _put(session, ItemRow.change > since)


def put_live(session: Session) -> None:
    """Put all live items into the outbox, taking them from whoever holds them."""
    _put(session, ItemRow.status.in_(LIVE_STATUSES))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(OutboxRow.claimed_by == "", OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
    return or_(OutboxRow.not_before.is_(None), OutboxRow.not_before <= now), free


def _work_again(session: Session, lost: Collection[ItemId], again: datetime) -> None:
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.item_id.in_(lost), OutboxRow.claimed_by != "")
        .values(**{**_fresh(), "not_before": again})
    )
    changes = session.execute(select(ItemRow.id, ItemRow.change).where(ItemRow.id.in_(lost)))
    rows = [{"item_id": row.id, "seq": row.change, **_fresh()} for row in changes]
    insert_all_new(session, OutboxRow.__table__, rows)


def _fresh() -> dict[str, object]:
    return {"attempts": 0, "not_before": None, "claimed_by": "", "lease_until": None, "last_error": ""}


def _put(session: Session, chosen: ColumnElement[bool]) -> None:
    fresh = _fresh()
    rows = select(
        ItemRow.id,
        ItemRow.change,
        *(literal(value, OutboxRow.__table__.c[name].type) for name, value in fresh.items()),
    )
    columns = ("item_id", "seq", *fresh)
    if session.get_bind().dialect.name == "postgresql":
        added = postgresql.insert(OutboxRow).from_select(columns, rows.where(chosen))
        session.execute(added.on_conflict_do_update(index_elements=["item_id"], set_=fresh))
    else:
        put = sqlite.insert(OutboxRow).from_select(columns, rows.where(chosen))
        session.execute(put.on_conflict_do_update(index_elements=["item_id"], set_=fresh))
