"""What an import does to an item that memory knows: whether the two agree, and what the document asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import UserError
from memory.documents.document import DocumentItem
from memory.items import LIVE, Item, ItemState, Status, Trust
from memory.ledger.writing import Conflict


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What to do, in this order: restore, edit, approve, pin or unpin, retire."""

    restore: bool
    edit: bool
    approve: bool
    pin: bool | None
    retire: bool


def steps_for(wanted: DocumentItem, now: Item, *, person: bool) -> Steps | None:
    """The way from an item as it is now to what the document says; None where the two agree.

    Raises:
        UserError: the document asks for what no import does; the message says what to write instead.
        Conflict: the document was made from another version.
    """
    if (wanted.kind, wanted.scope, wanted.student_model) != (now.kind, now.scope, now.student_model):
        raise UserError("an item keeps its kind, scope and model for life: write what is other as `## new`")
    target = wanted.edit.applied(now.state)
    words = target != now.state
    pinned = _pinned(wanted, now, person=person)
    if not words and pinned == now.pinned and _standing_agrees(wanted, now, person=person):
        return None
    if wanted.version != now.version:
        raise Conflict(_moved_on(wanted, now))
    state = replace(target, status=wanted.state.status, trust=wanted.state.trust, pinned=pinned)
    _check_status(state, now, person=person)
    _check_trust(state, now, words=words, person=person)
    if pinned and not now.pinned and state.status not in LIVE:
        raise UserError("only a live item is pinned: write `pinned: no`")
    waits = now.status in (Status.CANDIDATE, Status.QUARANTINED)
    risen = state.trust is Trust.HUMAN and now.trust is not Trust.HUMAN and not words
    return Steps(
        restore=now.status is Status.RETIRED,
        edit=words,
        approve=state.status is Status.ACTIVE and (waits or (risen and now.status is Status.ACTIVE)),
        pin=None if pinned == now.pinned or state.status is Status.RETIRED else pinned,
        retire=state.status is Status.RETIRED,
    )


def is_untouched(item: DocumentItem, seen: Item) -> bool:
    """Whether the document shows a version of an item just as it was."""
    (kind, scope, model), state = (item.kind, item.scope, item.student_model), item.state
    same = item.edit.applied(seen.state) == seen.state and state.pinned == seen.pinned
    standing = (state.status, state.trust) == (seen.status, seen.trust)
    return same and standing and (kind, scope, model) == (seen.kind, seen.scope, seen.student_model)


def lowered(state: ItemState) -> ItemState:
    """How a program's import takes an item in: it may not call it active, nor trusted."""
    status = Status.CANDIDATE if state.status is Status.ACTIVE else state.status
    return replace(state, status=status, trust=Trust.CANDIDATE, pinned=False)


def _standing_agrees(wanted: DocumentItem, now: Item, *, person: bool) -> bool:
    document, memory = wanted.state, now.state
    if (document.status, document.trust) == (memory.status, memory.trust):
        return True
    if not person and wanted.version <= now.version and document.trust is not Trust.HUMAN:
        low = lowered(document)
        return (low.status, low.trust) == (memory.status, memory.trust)
    # What a person edits, approves or restores bears a person's trust from then on, whatever was written.
    risen = memory.trust is Trust.HUMAN and wanted.version < now.version
    return risen and document.status is memory.status


def _pinned(wanted: DocumentItem, now: Item, *, person: bool) -> bool:
    """A pin is a person's to set, and nothing that is retired has one."""
    if not person:
        return now.pinned
    return wanted.state.pinned and wanted.state.status is not Status.RETIRED


def _moved_on(wanted: DocumentItem, now: Item) -> str:
    if wanted.version < now.version:
        seen = f"look at what changed (atlas memory diff {now.id} {wanted.version} {now.version})"
        return (
            f"the document has version {wanted.version}, memory has {now.version}: {seen}, "
            f"then export again, or write `version: {now.version}` to import over it"
        )
    return (
        f"the document has version {wanted.version}, memory only {now.version}: it comes from a memory that "
        f"went on; write `version: {now.version}` to import over what is here"
    )


def _check_status(state: ItemState, now: Item, *, person: bool) -> None:
    if state.status is now.status:
        if now.status is Status.RETIRED:
            raise UserError("a retired item is not changed: write `status: active` to bring it back")
        return
    if state.status is Status.QUARANTINED:
        raise UserError("nothing goes into quarantine by hand: write `status: retired`")
    if state.status is Status.CANDIDATE and (person or now.status is not Status.RETIRED):
        raise UserError(f"no item that is {now.status} becomes a candidate: write active or retired")
    if now.state.barred and not person:
        raise UserError("it was retired for good: only a person brings it back")


def _check_trust(state: ItemState, now: Item, *, words: bool, person: bool) -> None:
    if state.trust is now.trust:
        return
    if state.trust is Trust.HUMAN and not person:
        raise UserError("only a person may write `trust: human`")
    if now.status is Status.RETIRED:
        return  # whoever brings it back, its trust follows from that
    if state.trust is Trust.HUMAN:
        if state.status is not Status.ACTIVE and not words:
            raise UserError("`trust: human` goes with `status: active`")
        return
    if now.trust is Trust.HUMAN:
        if not (words or state.status is not now.status or state.pinned != now.pinned):
            raise UserError("a document does not take a person's word back: leave `trust: human`")
        return  # a line that is older than the person's word, beside a change that is meant
    raise UserError("tasks alone prove an item: leave its trust, or write `trust: human`")
