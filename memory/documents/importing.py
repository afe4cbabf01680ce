"""Import into a memory that has items already: one item at a time, each in a transaction of its own.

What is unknown is added under its id and version; what is known goes through the editor, with the version of
the document as the one that was seen. What is missing from a document is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ColumnElement, Select, insert

from core.errors import UserError
from core.redaction import redact
from memory.documents.document import DocumentItem
from memory.documents.standing import is_untouched, lowered, steps_for
from memory.gates import inspect
from memory.history import Author, Op
from memory.identity import content_hash
from memory.items import LIVE, Credit, Item, ItemId, RetiredFor, Status, Trust
from memory.ledger.editor import Done, Editor
from memory.ledger.writing import CREDIT_AT_FIRST, Conflict, Writing, writing
from memory.library import PamphletLibrary
from memory.sql.rows import item_of, select_items, select_versions
from memory.sql.tables import ItemRow, ItemVersionRow

LONGEST_NAME = 200
"""Characters of a scope or of a model's name; the database keeps no longer ones."""

_Told = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a document's items.

    `behind` have moved on since the document was made, and the document changes nothing of what it shows;
    `conflicts` have moved on and the document changes them too; `refused` may not stand so. The last two say
    why, by the item's id, or by its line where it has none.
    """

    added: tuple[ItemId, ...] = ()
    edited: tuple[ItemId, ...] = ()
    unchanged: tuple[ItemId, ...] = ()
    behind: tuple[ItemId, ...] = ()
    conflicts: tuple[_Told, ...] = ()
    refused: tuple[_Told, ...] = ()


def import_items(
    library: PamphletLibrary, items: Sequence[DocumentItem], *, actor: str, reason: str = ""
) -> Imported:
    """Bring the items of a document into memory; a second time changes nothing.

    A person's import keeps the status and trust of new items; a program's makes what was active a candidate.
    Live items are asked the gates; what is retired or in quarantine is kept aside as it was, masked.

    Raises:
        UserError: the library is frozen, or the actor has no name. All else is told in the result.
    """
    importer = _Importer.over(library.editor(actor))
    found: dict[_Fate, list[ItemId]] = {fate: [] for fate in _Fate}
    conflicts: list[_Told] = []
    refused: list[_Told] = []
    for item in items:
        try:
            fate, identity = importer.take(item, reason)
            found[fate].append(identity)
        except Conflict as conflict:
            conflicts.append((item.name, str(conflict)))
        except UserError as error:
            refused.append((item.name, str(error)))
    return Imported(
        added=tuple(found[_Fate.ADDED]),
        edited=tuple(found[_Fate.EDITED]),
        unchanged=tuple(found[_Fate.UNCHANGED]),
        behind=tuple(found[_Fate.BEHIND]),
        conflicts=tuple(conflicts),
        refused=tuple(refused),
    )


class _Fate(StrEnum):
    ADDED = "added"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    BEHIND = "behind"


class _Importer(Editor):
    """An editor that can also take an item in as a document has it, each item in one transaction."""

    _joined: Writing | None = None

    @classmethod
    def over(cls, editor: Editor) -> Self:
        return cls(editor._database, editor._clock, editor.actor, editor._gate, editor._after)

    def _write(self, run: Callable[[Writing], Done], reason: str, key: str | None) -> tuple[Item, ...]:
        if self._joined is None:
            return super()._write(run, reason, key)
        op, items = run(self._joined)
        self._joined.record(op, Author(actor=self.actor, reason=reason.strip(), key=key))
        return items

    @contextmanager
    def _as_one(self) -> Iterator[None]:
        """What the editor does in this block is done together or not at all."""
        with writing(self._database, self._clock) as self._joined:
            try:
                yield
            finally:
                self._joined = None
        self._after()

    def take(self, item: DocumentItem, reason: str) -> tuple[_Fate, ItemId]:
        """Raises:
        UserError: it may not stand so.
        Conflict: it has moved on.
        """
        if max(len(item.scope), len(item.student_model)) > LONGEST_NAME:
            raise UserError(f"a scope or a model's name is longer than {LONGEST_NAME} characters")
        if not item.student_model.isprintable():
            raise UserError("the model's name holds a character that nobody sees")
        if item.id is None:
            return self._take_new(item, reason)
        now = self._known(ItemRow.id == item.id)
        if now is None:
            return _Fate.ADDED, self._take_in(item.id, item, reason)
        return self._take_over(item, now, reason)

    def _take_new(self, item: DocumentItem, reason: str) -> tuple[_Fate, ItemId]:
        """One that a person wrote anew; it is known when the document was imported before."""
        same = (ItemRow.content_hash == content_hash(item.draft)) & ItemRow.status.in_(LIVE)
        known = self._known(same)
        if known is not None and item.edit.applied(known.state) == known.state:
            return _Fate.UNCHANGED, known.id
        with self._as_one():
            added = self.add(item.draft, reason=reason)
            if item.state.pinned and self.is_person:
                self.pin(added.id, reason=reason, expected=added.version)
        return _Fate.ADDED, added.id

    def _take_in(self, identity: ItemId, item: DocumentItem, reason: str) -> ItemId:
        if item.state.trust is Trust.HUMAN and not self.is_person:
            raise UserError("only a person may bring in `trust: human`: import it as person:NAME")
        item = self._as_kept(item)

        def run(write: Writing) -> Done:
            if write.row(identity) is not None:
                raise Conflict(f"{identity} was added meanwhile: import the document again")
            if item.state.live:
                self._check(write, item.draft)
            return Op.IMPORT, (_add_at(write, identity, item),)

        return self._write(run, reason, None)[0].id

    def _as_kept(self, item: DocumentItem) -> DocumentItem:
        """What may be stored of an unknown item: its words masked where it does not pass and is not live."""
        found = inspect(item.draft)
        if not found.storable:
            raise UserError(f"these words may not stand in memory: {'; '.join(found.reasons)}")
        kept = item.with_words(item.draft if item.state.live else found.draft)
        state = replace(kept.state, note=_clean(kept.state.note))
        if state.status is Status.RETIRED:
            state = replace(state, pinned=False, retired_for=state.retired_for or RetiredFor.PERSON)
        elif state.live:
            state = replace(state, retired_for=None, successors=())
        return replace(kept, state=state if self.is_person else lowered(state))

    def _take_over(self, item: DocumentItem, now: Item, reason: str) -> tuple[_Fate, ItemId]:
        if item.version < now.version and (seen := self._seen(item)) is not None:
            return (_Fate.UNCHANGED if seen.state == now.state else _Fate.BEHIND), now.id
        steps = steps_for(self._wanted(item, now), now, person=self.is_person)
        if steps is None:
            return _Fate.UNCHANGED, now.id
        with self._as_one():
            if steps.restore:
                now = self.restore(now.id, reason=reason, expected=now.version)
            if steps.edit:
                now = self.edit(now.id, item.edit, reason=reason, expected=now.version)
            if steps.approve:
                now = self.approve(now.id, reason=reason, expected=now.version)
            if steps.pin is not None:
                now = self.pin(now.id, steps.pin, reason=reason, expected=now.version)
            if steps.retire:
                now = self.retire(now.id, reason=reason or _clean(item.state.note), expected=now.version)
        return _Fate.EDITED, now.id

    def _wanted(self, item: DocumentItem, now: Item) -> DocumentItem:
        """The document's item; masked where memory keeps it masked, so that a second import agrees."""
        if now.live or item.state.live:
            return item
        masked = item.with_words(inspect(item.draft).draft)
        return masked if masked.edit.applied(now.state) == now.state else item

    def _seen(self, item: DocumentItem) -> Item | None:
        """The version that the document was made from, where the document shows it as it was."""
        at = (ItemRow.id == item.id) & (ItemVersionRow.version == item.version)
        seen = self._first(select_versions().where(at))
        return seen if seen is not None and is_untouched(item, seen) else None

    def _known(self, condition: ColumnElement[bool]) -> Item | None:
        return self._first(select_items().where(condition))

    def _first(self, query: Select[*tuple[Any, ...]]) -> Item | None:
        with self._database.reading() as session:
            row = session.execute(query.limit(1)).one_or_none()
        return None if row is None else item_of(row)


def _clean(note: str) -> str:
    return redact(note).replace("\0", "\\0")  # which no server stores


def _add_at(write: Writing, identity: ItemId, item: DocumentItem) -> Item:
    """A new item at the document's version: a head one version below it, and the step up to it."""
    draft, state = item.draft, item.state
    digest = content_hash(draft)
    head = {
        "id": identity,
        "number": None,
        "kind": item.kind.value,
        "scope": item.scope,
        "student_model": item.student_model,
        "status": state.status.value,
        "version": item.version - 1,
        "content_hash": digest,
        "pinned": state.pinned,
        "trust": state.trust.value,
        "support": 0,
        **CREDIT_AT_FIRST,
        "origin_run": "",
        "origin_task": "",
        "created_at": write.now,
        "updated_at": write.now,
        "change": write.seq,
    }
    write.connection.execute(insert(ItemRow), head)
    below = Item(
        id=identity,
        kind=item.kind,
        scope=item.scope,
        student_model=item.student_model,
        state=state,
        version=item.version - 1,
        content_hash=digest,
        support=0,
        credit=Credit(alpha=1.0, beta=1.0),
        created_at=write.now,
        updated_at=write.now,
    )
    return write.put(below, state)
