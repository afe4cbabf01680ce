"""`Archive`: what was, and the way back: history, differences, rollback, snapshots, the audit chain."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from core.database import Database
from core.errors import UserError
from memory.history import Author, Event, Op, Revision, Snapshot
from memory.items import Audience, Item, ItemId, ItemState, RetiredFor, Status, Trust, draft_of
from memory.ledger.adoption import adopt
from memory.ledger.audit import AuditReport, audit
from memory.ledger.editor import is_person, live_equal, require_leave
from memory.ledger.reading import events_between, items_at, items_now, revision_at, revisions, seq_at
from memory.ledger.snapshots import freeze, frozen_items, list_snapshots
from memory.ledger.writing import Clock, Writing, episode_key, event_of, writing
from memory.sql.rows import item_of, select_items, select_versions
from memory.sql.tables import EventRow, EvidenceRow, ItemRow, ItemVersionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that differs between two versions, as plain text."""

    field: str
    before: str
    after: str


class Archive:
    """Reads any past state, and brings it back by writing it as the newest one: history itself only grows."""

    def __init__(
        self, database: Database, clock: Clock, after: Callable[[], None], *, frozen: bool = False
    ) -> None:
        self._database, self._clock, self._after, self._frozen = database, clock, after, frozen

    def _require_open(self) -> None:
        if self._frozen:
            raise UserError("the memory is frozen: open it for writing")
        adopt(self._database, self._clock)

    def history(self, item_id: ItemId) -> tuple[Revision, ...]:
        """Every version of an item, the first one first.

        Raises:
            UserError: no such item.
        """
        return revisions(self._database, item_id)

    def events(self, *, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """The audit chain behind the event `after`, oldest first."""
        with self._database.reading() as session:
            return events_between(session.connection(), after=after, limit=limit)

    def diff(self, item_id: ItemId, before: int, after: int) -> tuple[FieldChange, ...]:
        """What changed between two versions of an item, field by field.

        Raises:
            UserError: no such item or version.
        """
        old = revision_at(self._database, item_id, before).item
        new = revision_at(self._database, item_id, after).item
        return differences(old, new)

    def state_at(
        self, moment: datetime | int, *, scope: str | None = None, audience: Audience | None = None
    ) -> tuple[Item, ...]:
        """The items as they stood at a time or after an event's seq. Their credit is today's.

        Those of a scope and all below it; with an audience those of the scope's one pamphlet for it.
        """
        with self._database.reading() as session:
            connection = session.connection()
            return items_at(connection, _seq(connection, moment), scope, audience)

    def rollback_item(
        self,
        item_id: ItemId,
        version: int,
        *,
        actor: str,
        reason: str = "",
        expected: int | None = None,
        key: str | None = None,
    ) -> Item:
        """Bring back an item's state at a version, as its newest version.

        Raises:
            UserError: no such item or version, it stands so already, another item says the same by now, or
                the actor is a program and the item a person's or retired for good.
            Conflict: the item has moved on from `expected`.
        """
        self._require_open()
        with writing(self._database, self._clock) as write:
            if write.done(key) is None:
                now = write.item(item_id, expected)
                then = _version(write.connection, item_id, version)
                if then.state == now.state:
                    raise UserError(f"{item_id} stands as at version {version} already")
                require_leave(actor, now, brings_back=then.status is not Status.RETIRED)
                twin = live_equal(write, draft_of(now, then.state), (item_id,)) if then.live else None
                if twin is not None:
                    raise UserError(f"{twin} says what {item_id} said at version {version}: edit or merge it")
                write.put(now, then.state)
                write.record(Op.ROLLBACK, Author(actor=actor, reason=reason, key=key))
            item = write.item(item_id)
        self._after()
        return item

    def rollback(
        self,
        scope: str | None,
        moment: datetime | int,
        *,
        audience: Audience | None = None,
        actor: str,
        reason: str = "",
        key: str | None = None,
    ) -> tuple[ItemId, ...]:
        """Bring a namespace (a scope and all below it) or everything (None) back to a moment; with an
        audience, the scope's one pamphlet for it.

        What was added since is withdrawn. Returns the items that changed, in order of id; all in one
        transaction.

        Raises:
            UserError: the actor is a program and an item to change is a person's, or was retired for good.
        """
        self._require_open()
        with writing(self._database, self._clock) as write:
            if (done := write.done(key)) is not None:
                return _moved(write.connection, done)
            connection = write.connection
            past = items_at(connection, _seq(connection, moment), scope, audience)
            now = items_now(connection, scope, audience)
            author = Author(actor=actor, reason=reason)
            moved = _bring_back(write, now, {item.id: item for item in past}, author, key)
        self._after()
        return moved

    def from_episode(self, run_id: str, task_id: str | None = None) -> tuple[Item, ...]:
        """Items of any status that an episode, or any task of a run, is evidence of, in order of id."""
        with self._database.reading() as session:
            return _of_episode(session.connection(), run_id, task_id)

    def retire_episode(
        self, run_id: str, task_id: str | None, *, actor: str, reason: str = ""
    ) -> tuple[ItemId, ...]:
        """Retire everything that came from an episode, or from all of a run, and take its evidence back.

        It teaches nothing any more, though a resumed run tells it again.
        Items that other tasks support too stay, less that evidence; so do a person's where a program asks.
        Returns the items retired.
        """
        self._require_open()
        author = Author(actor=actor, reason=reason, run_id=run_id, task_id=task_id or "")
        key = episode_key(run_id, task_id)
        with writing(self._database, self._clock) as write:
            if write.done(key) is None:
                write.record(Op.RETIRE, replace(author, key=key))  # names no item: the episode itself
            retired = []
            for item in _of_episode(write.connection, run_id, task_id):
                write.drop_evidence(item, run_id, task_id)
                left = write.item(item.id)
                if left.support == 0 and left.status is not Status.RETIRED and _may_change(actor, left):
                    note = f"from run {run_id}" + (f", task {task_id}" if task_id else "")
                    state = replace(
                        left.state,
                        status=Status.RETIRED,
                        pinned=False,
                        note=note,
                        retired_for=RetiredFor.EPISODE,
                    )
                    write.put(left, state)
                    write.record(Op.RETIRE, author)
                    retired.append(item.id)
        self._after()
        return tuple(retired)

    def snapshot(self, name: str, *, scope: str = "", actor: str, reason: str = "") -> Snapshot:
        """Freeze what the scope (empty: everything) holds now under a name. It can never change again.

        Raises:
            UserError: the name is taken, or empty.
        """
        self._require_open()
        with writing(self._database, self._clock) as write:
            freeze(write, name, items_now(write.connection, scope or None), scope, actor, reason)
        return self.snapshot_named(name)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All snapshots, the oldest first."""
        return list_snapshots(self._database)

    def snapshot_named(self, name: str) -> Snapshot:
        """Raises:
        UserError: no such snapshot.
        """
        for snapshot in self.snapshots():
            if snapshot.name == name:
                return snapshot
        raise UserError(f"no snapshot {name}; see: atlas memory snapshot --list")

    def snapshot_items(self, name: str) -> tuple[Item, ...]:
        """The items of a snapshot with the credit that they had then, in order of id.

        Raises:
            UserError: no such snapshot.
        """
        return frozen_items(self._database, self.snapshot_named(name).digest)

    def audit(self) -> AuditReport:
        """Check the whole chain and every version against it."""
        with self._database.reading() as session:
            return audit(session.connection())


def differences(old: Item, new: Item) -> tuple[FieldChange, ...]:
    """Fields that differ between two states of an item, in the order in which people read them."""
    pairs = zip(_plain(old), _plain(new), strict=True)
    return tuple(
        FieldChange(field=field, before=before, after=after)
        for (field, before), (_, after) in pairs
        if before != after
    )


def _plain(item: Item) -> tuple[tuple[str, str], ...]:
    state, action = item.state, item.action
    bindings = "" if action is None else ", ".join(f"{k}={v}" for k, v in sorted(action.bindings.items()))
    return (
        ("status", state.status.value),
        ("trust", state.trust.value),
        ("pinned", "yes" if state.pinned else "no"),
        ("content", state.content),
        ("cue", state.cue),
        ("boundary", state.boundary),
        ("expected_effect", state.expected_effect),
        ("tool", "" if action is None else action.tool),
        ("template", "" if action is None else action.template),
        ("bindings", bindings),
        ("note", state.note),
        ("retired_for", state.retired_for.value if state.retired_for else ""),
        ("successors", " ".join(state.successors)),
    )


def _seq(connection: Connection, moment: datetime | int) -> int:
    """The event that the moment is after. Between two events of one rollback nobody ever saw the memory, and
    two items may say the same there: such a moment is after the last of them.
    """
    if not isinstance(moment, int):
        return seq_at(connection, moment)
    query = select(EventRow.seq, EventRow.op).where(EventRow.seq >= moment).order_by(EventRow.seq)
    seq = moment
    for expected, row in zip(itertools.count(moment), connection.execute(query), strict=False):
        if (row.seq, row.op) != (expected, Op.ROLLBACK.value):
            break
        seq = expected
    return seq


def _version(connection: Connection, item_id: ItemId, version: int) -> Item:
    query = select_versions().where(ItemRow.id == item_id, ItemVersionRow.version == version)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UserError(f"{item_id} has no version {version}; see: atlas memory history {item_id}")
    return item_of(row)


def _bring_back(
    write: Writing, now: Sequence[Item], then: dict[ItemId, Item], author: Author, key: str | None
) -> tuple[ItemId, ...]:
    """One event for each item: an event bears a bounded number of changes, and the last one bears the key."""
    plan: list[tuple[Item, ItemState]] = []
    current = {item.id: item for item in now}
    for item_id in sorted(current.keys() | then.keys()):
        item = current.get(item_id) or write.item(item_id)
        target = then.get(item_id)
        if target is None:
            withdrawn = replace(
                item.state,
                status=Status.RETIRED,
                pinned=False,
                retired_for=RetiredFor.ROLLBACK,
                successors=(),
            )
            plan.append((item, withdrawn))
        elif target.state != item.state:
            plan.append((item, target.state))
    for position, (item, state) in enumerate(plan):
        require_leave(author.actor, item, brings_back=state.status is not Status.RETIRED)
        write.put(item, state)
        last = position == len(plan) - 1
        write.record(Op.ROLLBACK, replace(author, key=key) if last else author)
    if not plan and key is not None:
        write.record(Op.ROLLBACK, replace(author, key=key))  # so that the key is known the next time
    return tuple(item.id for item, _ in plan)


def _moved(connection: Connection, last: Event) -> tuple[ItemId, ...]:
    """What a rollback changed, by its last event: events of one transaction are numbered without a gap."""
    moved = [change.item_id for change in last.changes]
    query = select(EventRow).where(EventRow.seq < last.seq).order_by(EventRow.seq.desc())
    for expected, row in zip(itertools.count(last.seq - 1, -1), connection.execute(query), strict=False):
        if row.seq != expected:
            break
        moved += [change.item_id for change in event_of(row).changes]
    return tuple(sorted(moved))


def _may_change(actor: str, item: Item) -> bool:
    return is_person(actor) or not (item.pinned or item.trust is Trust.HUMAN)


def _of_episode(connection: Connection, run_id: str, task_id: str | None) -> tuple[Item, ...]:
    spoken = select(EvidenceRow.item_id).where(EvidenceRow.run_id == run_id)
    if task_id is not None:
        spoken = spoken.where(EvidenceRow.task_id == task_id)
    query = select_items().where(ItemRow.id.in_(spoken)).order_by(ItemRow.id)
    return tuple(item_of(row) for row in connection.execute(query))
