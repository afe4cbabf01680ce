"""`Editor`: what a person or a program may do to items. Each call is one transaction and one audit event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import bindparam, select

from core.database import Database
from core.database.prepared import Prepared
from core.errors import UserError
from core.guidance import ActionTemplate
from core.redaction import redact
from memory.history import Author, Op
from memory.identity import content_hash
from memory.items import Item, ItemDraft, ItemId, ItemState, RetiredFor, Status, Trust, draft_of
from memory.ledger.writing import MOST_ITEMS, Clock, Writing, changed, writing
from memory.sql.rows import item_of, select_items
from memory.sql.tables import ItemRow

PERSON = "person:"

Done = tuple[Op, tuple[Item, ...]]
"""What an operation was, and the items that it leaves, the one it is about first."""

_EQUAL = select_items().where(ItemRow.content_hash == bindparam("digest"))
_ANY_EQUAL = Prepared(select(ItemRow.id).where(ItemRow.content_hash == bindparam("digest")).limit(1))


class Gate(Protocol):
    """Why a draft may not become an item: every reason, none when it may."""

    def __call__(self, draft: ItemDraft) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEdit:
    """The fields to change; None leaves a field as it is. `no_action` takes the action away."""

    content: str | None = None
    cue: str | None = None
    action: ActionTemplate | None = None
    no_action: bool = False
    boundary: str | None = None
    expected_effect: str | None = None

    def applied(self, state: ItemState) -> ItemState:
        return replace(
            state,
            content=state.content if self.content is None else tidy(self.content),
            cue=state.cue if self.cue is None else self.cue.strip(),
            action=None if self.no_action else (self.action or state.action),
            boundary=state.boundary if self.boundary is None else self.boundary.strip(),
            expected_effect=(
                state.expected_effect if self.expected_effect is None else self.expected_effect.strip()
            ),
        )


class Editor:
    """Writes in the name of one actor (`person:NAME` or a program's own word).

    Methods take `reason` (kept in the audit chain), `key` (a second call under it changes nothing and returns
    what the first one made) and, where items are changed, `expected`, the version that the caller saw.
    A program may not touch what a person pinned or stands behind.

    Raises (every method):
        UserError: no such item, an operation that its status does not allow, a gate refused the words, an
            equal item is there already, or the item is a person's and the actor is none.
        Conflict: the item has moved on from `expected`.
    """

    def __init__(
        self, database: Database, clock: Clock, actor: str, gate: Gate, after: Callable[[], None]
    ) -> None:
        if not actor.strip():
            raise UserError("an editor needs a name: person:NAME for a person")
        self.actor = actor
        self._database, self._clock, self._gate, self._after = database, clock, gate, after

    @property
    def is_person(self) -> bool:
        return is_person(self.actor)

    def add(self, draft: ItemDraft, *, reason: str = "", key: str | None = None) -> Item:
        """A new item: active where a person adds it, a candidate where a program does."""

        def run(write: Writing) -> Done:
            self._check(write, draft)
            return Op.ADD, (write.add(draft, self._fresh(draft)),)

        return self._write(run, reason, key)[0]

    def edit(
        self,
        item_id: ItemId,
        edit: ItemEdit,
        *,
        reason: str = "",
        expected: int | None = None,
        key: str | None = None,
    ) -> Item:
        """Other words for an item. A candidate that a person edits is active; a quarantined one waits on.

        What a program changes of the words or the action, no task has borne out: it is a candidate again.
        """

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, item.status is not Status.RETIRED, "restore it before you edit it")
            state = edit.applied(item.state)
            if state == item.state:
                raise UserError(f"nothing to change in {item_id}")
            self._check(write, draft_of(item, state), besides=item_id)
            if self.is_person:
                status = Status.ACTIVE if state.live else state.status
                state = replace(state, trust=Trust.HUMAN, status=status)
            elif state.live and content_hash(draft_of(item, state)) != item.content_hash:
                state = replace(state, trust=Trust.CANDIDATE, status=Status.CANDIDATE)
            return Op.EDIT, (write.put(item, state),)

        return self._write(run, reason, key)[0]

    def merge(
        self,
        item_ids: Sequence[ItemId],
        draft: ItemDraft,
        *,
        reason: str = "",
        expected: Mapping[ItemId, int] | None = None,
        key: str | None = None,
    ) -> Item:
        """Several items become one. The old ones retire in the same transaction and name their successor.

        `expected` has the versions that the caller saw, of all items or of some.

        Where the draft equals one of them, that one stays, with what else the draft says, and the others
        merge into it.
        """

        def run(write: Writing) -> Done:
            seen = expected or {}
            items = [self._mine(write, each, seen.get(each)) for each in dict.fromkeys(item_ids)]
            if not 2 <= len(items) < MOST_ITEMS:
                raise UserError(f"a merge takes 2 to {MOST_ITEMS - 1} items")
            for item in items:
                _must(item, item.live, "only live items merge")
                if (item.scope, item.kind) != (draft.scope, draft.kind):
                    raise UserError(f"{item.id} is of another scope or kind than the merged item")
            self._check(write, draft, besides=tuple(item.id for item in items))
            kept = next((item for item in items if item.content_hash == content_hash(draft)), None)
            state = replace(self._fresh(draft, kept), pinned=any(item.pinned for item in items))
            made = write.add(draft, state) if kept is None else write.put(kept, state)
            heir = write.inherit(items, made.id)
            for item in items:
                if item.id != heir.id:
                    write.put(item, _gone(item, RetiredFor.MERGED, f"merged into {heir.id}", (heir.id,)))
            return Op.MERGE, (heir,)

        return self._write(run, reason, key)[0]

    def split(
        self,
        item_id: ItemId,
        drafts: Sequence[ItemDraft],
        *,
        reason: str = "",
        expected: int | None = None,
        key: str | None = None,
    ) -> tuple[Item, ...]:
        """One item becomes several, which take over its evidence and its pin; it retires and names them."""

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, item.live, "only a live item is split")
            if not 2 <= len(drafts) < MOST_ITEMS:
                raise UserError(f"a split makes 2 to {MOST_ITEMS - 1} items")
            made = []
            for draft in drafts:
                self._check(write, draft, besides=item_id)
                same = item if item.content_hash == content_hash(draft) else None
                child = write.add(draft, replace(self._fresh(draft, same), pinned=item.pinned))
                made.append(write.inherit([item], child.id, credit=False))
            names = tuple(child.id for child in made)
            gone = _gone(item, RetiredFor.SPLIT, f"split into {', '.join(names)}", names)
            return Op.SPLIT, (*made, write.put(item, gone))

        return tuple(item for item in self._write(run, reason, key) if item.id != item_id)

    def retire(
        self,
        item_id: ItemId,
        *,
        reason: str = "",
        expected: int | None = None,
        key: str | None = None,
        because: RetiredFor = RetiredFor.PERSON,
    ) -> Item:
        """Take an item out of recall. Its tombstone keeps it from being learned again."""

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, item.status is not Status.RETIRED, "it is retired already")
            return Op.RETIRE, (write.put(item, _gone(item, because, reason)),)

        return self._write(run, reason, key)[0]

    def restore(
        self, item_id: ItemId, *, reason: str = "", expected: int | None = None, key: str | None = None
    ) -> Item:
        """Bring a retired item back: active where a person does it, else a candidate.

        What was retired for good only a person brings back.
        """

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, item.status is Status.RETIRED, "only a retired item is restored")
            require_leave(self.actor, item, brings_back=True)
            self._check(write, draft_of(item), besides=item_id)
            return Op.RESTORE, (write.put(item, self._standing(item)),)

        return self._write(run, reason, key)[0]

    def approve(
        self, item_id: ItemId, *, reason: str = "", expected: int | None = None, key: str | None = None
    ) -> Item:
        """A person's word makes a candidate or a quarantined item active. The gates are asked again."""

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, self.is_person, "only a person approves")
            _must(item, item.status is not Status.RETIRED, "restore it instead")
            _must(item, (item.status, item.trust) != (Status.ACTIVE, Trust.HUMAN), "it is approved already")
            self._check(write, draft_of(item), besides=item_id)
            return Op.APPROVE, (write.put(item, self._standing(item)),)

        return self._write(run, reason, key)[0]

    def reject(
        self, item_id: ItemId, *, reason: str = "", expected: int | None = None, key: str | None = None
    ) -> Item:
        """A person's word retires a candidate or a quarantined item for good."""

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            waits = item.status in (Status.CANDIDATE, Status.QUARANTINED)
            _must(item, waits, "only a candidate or a quarantined item is rejected: retire it")
            return Op.REJECT, (write.put(item, _gone(item, RetiredFor.PERSON, reason)),)

        return self._write(run, reason, key)[0]

    def pin(
        self,
        item_id: ItemId,
        pinned: bool = True,
        *,
        reason: str = "",
        expected: int | None = None,
        key: str | None = None,
    ) -> Item:
        """A pinned item is changed by people alone, never withheld and never retired by a rule."""

        def run(write: Writing) -> Done:
            item = self._mine(write, item_id, expected)
            _must(item, self.is_person, "only a person pins")
            _must(item, item.pinned != pinned, "it is pinned already" if pinned else "it is not pinned")
            _must(item, item.live or not pinned, "only a live item is pinned")
            return (Op.PIN if pinned else Op.UNPIN), (write.put(item, replace(item.state, pinned=pinned)),)

        return self._write(run, reason, key)[0]

    def _write(self, run: Callable[[Writing], Done], reason: str, key: str | None) -> tuple[Item, ...]:
        """Run one operation in a transaction of its own, unless it was run under the key before."""
        with writing(self._database, self._clock) as write:
            event = write.done(key)
            if event is None:
                op, items = run(write)
                write.record(op, Author(actor=self.actor, reason=reason.strip(), key=key))
            else:
                items = tuple(write.item(each) for each in changed([event]))
        self._after()
        return items

    def _mine(self, write: Writing, item_id: ItemId, expected: int | None = None) -> Item:
        item = write.item(item_id, expected)
        require_leave(self.actor, item)
        return item

    def _check(self, write: Writing, draft: ItemDraft, besides: ItemId | tuple[ItemId, ...] = ()) -> None:
        if reasons := self._gate(draft):
            raise UserError(f"these words may not stand in memory: {'; '.join(reasons)}")
        spared = (besides,) if isinstance(besides, str) else besides
        equals = [item for item in equal_items(write, draft) if item.id not in spared]
        if (other := next((item.id for item in equals if item.live), None)) is not None:
            raise UserError(f"{other} says the same already: edit or merge it")
        for item in equals:
            require_leave(self.actor, item, brings_back=True)

    def _fresh(self, draft: ItemDraft, same: Item | None = None) -> ItemState:
        """The state in which a draft begins; with the words of the `same` item it keeps the standing of that.

        Other words of a program are a candidate's: a merge of what had a quorum gives them none.
        """
        state = state_of_draft(draft)
        if self.is_person:
            return replace(state, status=Status.ACTIVE, trust=Trust.HUMAN)
        return state if same is None else replace(state, status=same.status, trust=same.trust)

    def _standing(self, item: Item) -> ItemState:
        state = replace(item.state, note="", retired_for=None, successors=())
        if self.is_person:
            return replace(state, status=Status.ACTIVE, trust=Trust.HUMAN)
        return replace(state, status=Status.CANDIDATE, trust=Trust.CANDIDATE)


def is_person(actor: str) -> bool:
    return actor.startswith(PERSON)


def require_leave(actor: str, item: Item, *, brings_back: bool = False) -> None:
    """Whether the actor may change the item, or bring it back from where it was retired to.

    Raises:
        UserError: the actor is a program, and the item a person's or retired for good.
    """
    if is_person(actor):
        return
    if item.pinned or item.trust is Trust.HUMAN:
        raise UserError(f"{item.id} is a person's: {actor} may not change it")
    if brings_back and item.state.barred:
        raise UserError(
            f"{item.id} is retired for good ({item.state.retired_for}): only a person brings it back"
        )


def live_equal(write: Writing, draft: ItemDraft, spared: Collection[ItemId] = ()) -> ItemId | None:
    """A live item that says the same as the draft and is not one of the `spared`."""
    return next((item.id for item in equal_items(write, draft) if item.live and item.id not in spared), None)


def equal_items(write: Writing, draft: ItemDraft) -> Iterator[Item]:
    """Items of any status that say the same as the draft."""
    digest = {"digest": content_hash(draft)}
    if _ANY_EQUAL.first(write.connection, digest) is None:
        return iter(())
    return map(item_of, write.connection.execute(_EQUAL, digest).all())


def tidy(content: str) -> str:
    """Content on one line with single spaces, as it is stored."""
    return " ".join(content.split())


def state_of_draft(draft: ItemDraft) -> ItemState:
    """The state in which a draft begins: a candidate."""
    return ItemState(
        content=tidy(draft.content),
        cue=draft.cue.strip(),
        action=draft.action,
        boundary=draft.boundary.strip(),
        expected_effect=draft.expected_effect.strip(),
        status=Status.CANDIDATE,
    )


def _gone(item: Item, because: RetiredFor, note: str, successors: tuple[ItemId, ...] = ()) -> ItemState:
    return replace(
        item.state,
        status=Status.RETIRED,
        pinned=False,
        note=redact(note),
        retired_for=because,
        successors=successors,
    )


def _must(item: Item, holds: bool, otherwise: str) -> None:
    if not holds:
        raise UserError(f"{item.id} is {item.status.value}: {otherwise}")
