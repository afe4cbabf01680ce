"""One write of memory: a transaction that gathers versions and events, and closes the audit chain.

Everything that changes what an item says or how it stands goes through `Writing.add` and `Writing.put`, so
that no change can miss its version, its event, its keywords or its row in the outbox of the vector index.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from core.database import Database
from core.database.prepared import Prepared
from core.errors import UserError
from core.redaction import redact
from memory.credit.doubt import UNKNOWN
from memory.history import GENESIS, Author, Change, Event, Op, digest, link, state_hash
from memory.identity import content_hash, item_id
from memory.items import Credit, Item, ItemDraft, ItemId, ItemState, draft_of
from memory.recall.ranking import words
from memory.sql import keywords
from memory.sql.rows import (
    STATE_ID,
    distinct_tasks,
    insert_all_new,
    insert_new,
    item_of,
    select_items,
    state_columns,
    upsert,
)
from memory.sql.tables import (
    EmbeddingRow,
    EventRow,
    EvidenceRow,
    ItemRow,
    ItemVersionRow,
    MemoryStateRow,
    OutboxRow,
    TrialsRow,
)

MOST_ITEMS = 64
"""Items that one operation may touch."""

Clock = Callable[[], datetime]

_STATE = Prepared(select(MemoryStateRow.change, MemoryStateRow.head, MemoryStateRow.at).with_for_update())
_CLOSE = Prepared(update(MemoryStateRow).where(MemoryStateRow.id == STATE_ID))
CREDIT_AT_FIRST: Mapping[str, float] = {"alpha": 1.0, "beta": 1.0, "doubt": UNKNOWN}
_ADD_ITEM, _ADD_VERSION, _ADD_EVENT = (
    Prepared(insert(table)) for table in (ItemRow, ItemVersionRow, EventRow)
)
_MOVE = (
    update(ItemRow)
    .where(ItemRow.id == bindparam("item"))
    .values(
        status=bindparam("to_status"),
        version=bindparam("to_version"),
        content_hash=bindparam("to_hash"),
        pinned=bindparam("to_pinned"),
        trust=bindparam("to_trust"),
        number=func.coalesce(ItemRow.number, bindparam("to_number")),
        updated_at=bindparam("at"),
        change=bindparam("seq"),
    )
    .returning(ItemRow.number)
)
_ITEM = select_items().where(ItemRow.id == bindparam("item"))
_IS_THERE = Prepared(select(ItemRow.id).where(ItemRow.id == bindparam("item")))
_KNOWN_KEY = select(EventRow).where(EventRow.key == bindparam("key"))


_SAME_VECTORS = insert(EmbeddingRow).from_select(
    ["item_id", "version", "embedder_id", "dimensions", "vector"],
    select(
        EmbeddingRow.item_id,
        EmbeddingRow.version + 1,
        EmbeddingRow.embedder_id,
        EmbeddingRow.dimensions,
        EmbeddingRow.vector,
    ).where(EmbeddingRow.item_id == bindparam("item"), EmbeddingRow.version == bindparam("from")),
)


class Conflict(UserError):
    """A lost race: the item has moved on since it was read. Look at it again and repeat the change."""


@contextmanager
def writing(database: Database, clock: Clock) -> Iterator[Writing]:
    """A durable transaction; writers queue up behind each other, in this process and in others."""
    with database.durable() as connection:
        write = Writing(connection, clock)
        yield write
        write.close()


class Writing:
    """`seq` is the number of the next event; `now` never lies before the event before."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        row = _STATE.first(connection, {})
        if row is None:
            fresh = {"id": STATE_ID, "library_id": uuid.uuid4().hex, "change": 0, "head": "", "at": None}
            insert_new(connection, MemoryStateRow.__table__, fresh)
            row = _STATE.first(connection, {})
            assert row is not None, "another library may have begun it first, but it is there now"
        change, head, at = row
        self.seq: int = change + 1
        self.now: datetime = max(clock().astimezone(UTC), at) if at else clock().astimezone(UTC)
        self._head: str = head or GENESIS
        self._steps: list[Change] = []

    def item(self, item_id: ItemId, expected: int | None = None) -> Item:
        """The item now.

        Raises:
            UserError: no such item.
            Conflict: it is not at the `expected` version any more.
        """
        row = self.row(item_id)
        if row is None:
            raise UserError(f"no item {item_id}; see: atlas memory list")
        if expected is not None and row.version != expected:
            raise Conflict(
                f"{item_id} is at version {row.version}, not {expected}: look at what changed "
                f"(atlas memory diff {item_id} {expected} {row.version}) and try again"
            )
        return item_of(row)

    def row(self, item_id: ItemId) -> Any:
        return self.connection.execute(_ITEM, {"item": item_id}).one_or_none()

    def done(self, key: str | None) -> Event | None:
        """The event that was written under the key before."""
        if key is None:
            return None
        row = self.connection.execute(_KNOWN_KEY, {"key": key}).one_or_none()
        return None if row is None else event_of(row)

    def add(self, draft: ItemDraft, state: ItemState, origin: tuple[str, str] = ("", "")) -> Item:
        """A new item at version 1. `origin` is the run and task of the episode that it was made of."""
        digest = content_hash(draft)
        identity = item_id(digest)
        if _IS_THERE.first(self.connection, {"item": identity}) is not None:
            # The item that said this first was edited since.
            identity = item_id(content_hash(draft, salt=str(self.seq)))
        _ADD_ITEM.run(
            self.connection,
            {
                "id": identity,
                "number": self._number(),
                "kind": draft.kind.value,
                "scope": draft.scope,
                "student_model": draft.student_model,
                "status": state.status.value,
                "version": 1,
                "content_hash": digest,
                "pinned": state.pinned,
                "trust": state.trust.value,
                "support": 0,
                **CREDIT_AT_FIRST,
                "origin_run": origin[0],
                "origin_task": origin[1],
                "created_at": self.now,
                "updated_at": self.now,
                "change": self.seq,
            },
        )
        self._version(identity, 1, draft, state, digest)
        return Item(
            id=identity,
            kind=draft.kind,
            scope=draft.scope,
            student_model=draft.student_model,
            state=state,
            version=1,
            content_hash=digest,
            support=0,
            credit=Credit(alpha=1.0, beta=1.0),
            created_at=self.now,
            updated_at=self.now,
        )

    def put(self, item: Item, state: ItemState) -> Item:
        """The next version of an item, which must be as it is now."""
        draft = draft_of(item, state)
        digest = content_hash(draft)
        number = self.connection.execute(
            _MOVE,
            {
                "item": item.id,
                "to_status": state.status.value,
                "to_version": item.version + 1,
                "to_hash": digest,
                "to_pinned": state.pinned,
                "to_trust": state.trust.value,
                "to_number": self._number(),
                "at": self.now,
                "seq": self.seq,
            },
        ).scalar_one()
        self._version(item.id, item.version + 1, draft, state, digest, number)
        if state.text == item.state.text:
            self.connection.execute(_SAME_VECTORS, {"item": item.id, "from": item.version})
        moved = replace(item, state=state, version=item.version + 1, content_hash=digest, updated_at=self.now)
        if digest == item.content_hash:
            return moved
        self._forget_credit(item.id)
        return replace(moved, credit=Credit(alpha=1.0, beta=1.0))

    def inherit(self, parents: Sequence[Item], heir: ItemId, *, credit: bool = True) -> Item:
        """Hand the parents' evidence, and their credit too, to the item that takes their place."""
        evidence = cast(Table, EvidenceRow.__table__)
        others = [parent for parent in parents if parent.id != heir]
        rows = self.connection.execute(
            select(evidence).where(evidence.c.item_id.in_([parent.id for parent in others]))
        ).mappings()
        insert_all_new(self.connection, evidence, [{**row, "item_id": heir} for row in rows])
        values: dict[str, object] = {"support": distinct_tasks(self.connection, heir)}
        if credit:
            values["alpha"] = ItemRow.alpha + sum(parent.credit.alpha - 1.0 for parent in others)
            values["beta"] = ItemRow.beta + sum(parent.credit.beta - 1.0 for parent in others)
        self.connection.execute(update(ItemRow).where(ItemRow.id == heir).values(values))
        return self.item(heir)

    def drop_evidence(self, item: Item, run_id: str, task_id: str | None) -> None:
        """Take back what one task, or all tasks of a run, said for an item."""
        gone = delete(EvidenceRow).where(EvidenceRow.item_id == item.id, EvidenceRow.run_id == run_id)
        if task_id is not None:
            gone = gone.where(EvidenceRow.task_id == task_id)
        self.connection.execute(gone)
        support = distinct_tasks(self.connection, item.id)
        values = {"support": support, "change": self.seq}
        self.connection.execute(update(ItemRow).where(ItemRow.id == item.id).values(values))

    def record(self, op: Op, author: Author) -> Event:
        """Close one operation: its event covers every version made since the last one."""
        changes = tuple(self._steps)
        author = replace(author, reason=redact(author.reason))
        event = Event(
            seq=self.seq,
            at=self.now,
            op=op,
            author=author,
            changes=changes,
            previous=self._head,
            hash=link(self.seq, self.now, op, author, changes, self._head),
        )
        _ADD_EVENT.run(self.connection, _event_row(event))
        self._head, self._steps = event.hash, []
        self.seq += 1
        return event

    def close(self) -> None:
        assert not self._steps, "a version without its event"
        values = {"change": self.seq, "head": self._head, "at": self.now}
        _CLOSE.run(self.connection, values)

    def _forget_credit(self, item_id: ItemId) -> None:
        """Other words, other credit: back to the prior."""
        self.connection.execute(delete(TrialsRow).where(TrialsRow.item_id == item_id))
        self.connection.execute(update(ItemRow).where(ItemRow.id == item_id).values(CREDIT_AT_FIRST))

    def _number(self) -> int:
        # Several items of one operation share its seq: their numbers follow each other behind it.
        assert len(self._steps) < MOST_ITEMS, "too many items for one operation"
        return self.seq * MOST_ITEMS + len(self._steps)

    def _version(
        self,
        identity: ItemId,
        version: int,
        draft: ItemDraft,
        state: ItemState,
        digest: str,
        number: int | None = None,
    ) -> None:
        fingerprint = state_hash(identity, draft.kind.value, draft.scope, draft.student_model, state)
        number = self._number() if number is None else number
        _ADD_VERSION.run(
            self.connection,
            {
                "item_id": identity,
                "version": version,
                **state_columns(state),
                "content_hash": digest,
                "state_hash": fingerprint,
                "seq": self.seq,
                "created_at": self.now,
            },
        )
        if state.live:
            place = keywords.section(draft.scope, draft.kind.audience)
            keywords.write(self.connection, number, place, words(state.text))
        else:
            keywords.remove(self.connection, number)
        waiting = {
            "item_id": identity,
            "seq": self.seq,
            "attempts": 0,
            "not_before": None,
            "claimed_by": "",
            "lease_until": None,
            "last_error": "",
        }
        upsert(self.connection, OutboxRow.__table__, waiting)
        self._steps.append(Change(item_id=identity, version=version, state_hash=fingerprint))


def episode_key(run_id: str, task_id: str | None) -> str:
    """The key of the event by which an episode, or all of a run, is taken back."""
    return f"taken back: {digest([run_id, task_id])}"


def event_of(row: Any) -> Event:
    row = getattr(row, "EventRow", row)
    return Event(
        seq=row.seq,
        at=row.at,
        op=Op(row.op),
        author=Author(
            actor=row.actor, reason=row.reason, run_id=row.run_id, task_id=row.task_id, key=row.key
        ),
        changes=tuple(
            Change(item_id=ItemId(str(item)), version=int(str(version)), state_hash=str(digest))
            for item, version, digest in row.changes
        ),
        previous=row.previous,
        hash=row.hash,
    )


def _event_row(event: Event) -> dict[str, object]:
    author = event.author
    return {
        "seq": event.seq,
        "at": event.at,
        "op": event.op.value,
        "actor": author.actor,
        "reason": author.reason,
        "run_id": author.run_id,
        "task_id": author.task_id,
        "key": author.key,
        "changes": [[change.item_id, change.version, change.state_hash] for change in event.changes],
        "previous": event.previous,
        "hash": event.hash,
    }


def changed(events: Sequence[Event]) -> tuple[ItemId, ...]:
    """The items that the events changed, each once."""
    return tuple(dict.fromkeys(change.item_id for event in events for change in event.changes))
