"""`PamphletStore`: pamphlets as the long-term memory of any LangGraph agent.

A namespace is a scope: `("excytin", "soc")` is the Student's pamphlet of `excytin/soc`, and with `"teacher"`
behind it the Teacher's. A value is an item's fields. A key is what its caller chose, or the id of an item
that came from elsewhere. Every put passes the gates, and is a version with its event in the audit chain.

Which item a key names, and under which field its words were put, stands in the keys of those events
(`store:NONCE:FIELD:KEY`): every process reads the same, and a rollback needs no table of its own.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from langgraph.store.base import (
    BaseStore,
    GetOp,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    validate_op_namespace,
)
from langgraph.store.base import Item as StoreItem

from atlas.pamphlet_values import WORDS, Namespace, Place, RefusedPut, Wanted, meets, value_of, wanted_of
from core.errors import UserError
from memory.gates import inspect
from memory.history import Event
from memory.identity import content_hash
from memory.items import Audience, Fate, Item, ItemDraft, ItemId, RecallQuery, RetiredFor, Status, Trust
from memory.ledger.editor import PERSON
from memory.library import PamphletLibrary

__all__ = ["PamphletStore", "RefusedPut"]

MAX_KEY = 120
FITTING = (Fate.SHOWN, Fate.CANDIDATE_SHOWN, Fate.LIKE_ANOTHER, Fate.OVER_LIMIT, Fate.OVER_BUDGET)
"""A search returns all that fits, where one prompt is given a part of it."""
ATTEMPTS = 8
PAGE = 2000
MOST_TOKENS = 1_000_000
_OWN = "store"
_PUT = "put through the store"


class Directory:
    """The live items of a library by place and key, brought up to date by the events since the last look."""

    def __init__(self, library: PamphletLibrary) -> None:
        self._library = library
        self._seq: int | None = None
        self._live: dict[ItemId, Item] = {}
        self._places: dict[Place, dict[ItemId, Item]] = {}
        self._bound: dict[ItemId, tuple[str, str]] = {}
        self._by_key: dict[str, list[ItemId]] = {}

    def refresh(self) -> None:
        changed: set[ItemId] = set()
        first, self._seq = self._seq is None, self._seq or 0
        page = PAGE
        while page == PAGE:
            events = self._library.archive.events(after=self._seq, limit=PAGE)
            for event in events:
                self._bind(event)
                changed.update(change.item_id for change in event.changes)
            self._seq = events[-1].seq if events else self._seq
            page = len(events)
        for item in self._library.items() if first else map(self._library.get, changed):
            there = self._places.setdefault(Place.of_item(item), {})
            # Which model reads is not known here, and an item that is kept to one is not for the others.
            if item.live and not item.student_model:
                self._live[item.id] = there[item.id] = item
            else:
                self._live.pop(item.id, None)
                there.pop(item.id, None)

    def find(self, place: Place, key: str) -> Item | None:
        """The live item that the key was last given to, else the one whose id it is."""
        if named := self.named(place, key):
            return named[-1]
        item = self._live.get(ItemId(key))
        return (
            item if item is not None and Place.of_item(item) == place and self.key_of(item) == key else None
        )

    def named(self, place: Place, key: str) -> list[Item]:
        """Live items under a key, the one in force last: two writers in a race make two for a moment."""
        items = [self._live[each] for each in self._by_key.get(key, ()) if each in self._live]
        return [item for item in items if Place.of_item(item) == place and self._bound[item.id][0] == key]

    def key_of(self, item: Item) -> str:
        key, _ = self._bound.get(item.id, (item.id, ""))
        named = self.named(Place.of_item(item), key)
        return key if named and named[-1].id == item.id else item.id

    def field_of(self, item: Item) -> str:
        return self._bound.get(item.id, ("", WORDS[0]))[1]

    def places(self) -> Iterator[tuple[Namespace, Place]]:
        """Every place that holds something and has a namespace."""
        for place, items in self._places.items():
            if items and place.namespace is not None:
                yield place.namespace, place

    def items(self, places: Iterable[Place]) -> dict[ItemId, Item]:
        return {item_id: item for place in places for item_id, item in self._places.get(place, {}).items()}

    def _bind(self, event: Event) -> None:
        parts = (event.author.key or "").split(":", 3)
        if parts[0] == _OWN and len(parts) == 4 and event.changes:
            item_id = event.changes[0].item_id
            self._bound[item_id] = (parts[3], parts[2])
            named = self._by_key.setdefault(parts[3], [])
            named[:] = [*(each for each in named if each != item_id), item_id]


class PamphletStore(BaseStore):
    """A `BaseStore` over a library that the caller opened and closes; may be used by several threads.

    `actor` signs every write: what `person:NAME` puts is active at once, what a program puts is a candidate
    until a person approves it or tasks confirm it. `floor` is how near an item must be to a query.

    Raises:
        RefusedPut: a gate refuses the value, an item says the same already, the old one is a person's, or the
            library is frozen. Where a value is malformed or fails a gate, nothing of its batch is written.
        InvalidNamespaceError: a namespace that no scope can be.
        NotImplementedError: a time to live, or `index=False`: every item can be recalled.
    """

    def __init__(self, library: PamphletLibrary, *, actor: str, floor: float = 0.25) -> None:
        self._library, self._actor, self._floor = library, actor, floor
        self._directory = Directory(library)
        self._lock = threading.RLock()

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await asyncio.to_thread(self.batch, list(ops))

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Reads see memory as it was before the batch; of two puts under one key the last counts."""
        with self._lock:
            self._directory.refresh()
            puts: dict[tuple[Place, str], Wanted | None] = {}
            results: list[Result] = []
            for op in ops:
                validate_op_namespace(op)
                if isinstance(op, PutOp):
                    place = Place.of(op.namespace)
                    puts[place, op.key] = _asked(place, op)
                results.append(self._read(op))
            for (place, key), wanted in puts.items():
                self._write(place, key, wanted)
            return results

    def _read(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            item = self._directory.find(Place.of(op.namespace), op.key)
            return None if item is None else StoreItem(**self._shown(item))
        if isinstance(op, SearchOp):
            found = (SearchItem(**self._shown(item), score=score) for item, score in self._found(op))
            kept = (item for item in found if meets(item.value, op.filter or {}))
            return list(islice(kept, op.offset, op.offset + op.limit))
        if isinstance(op, ListNamespacesOp):
            conditions = op.match_conditions or ()
            names = [name for name, _ in self._directory.places() if _matches_all(conditions, name)]
            cut = sorted({name[: op.max_depth] for name in names})
            return cut[op.offset : op.offset + op.limit]
        if isinstance(op, PutOp):
            return None
        raise ValueError(f"no operation of a store: {type(op).__name__}")

    def _found(self, op: SearchOp) -> list[tuple[Item, float | None]]:
        """All below the prefix, the oldest first; with a query what fits it, the best first."""
        prefix = op.namespace_prefix
        # ("a", "student") is the namespace ("a",) alone, without what is below it.
        whole = Place.of(prefix).namespace if prefix[-1:] == (Audience.STUDENT.value,) else prefix
        names = self._directory.places()
        below = {place for name, place in names if name[: len(prefix)] == prefix or name == whole}
        items = self._directory.items(below)
        if not op.query:
            oldest = sorted(items.values(), key=lambda item: (item.created_at, item.id))
            return [(item, None) for item in oldest]
        scores = self._scores(op.query, below)
        best = sorted(items.keys() & scores.keys(), key=lambda each: (-scores[each], each))
        return [(items[each], scores[each]) for each in best]

    def _scores(self, query: str, places: Collection[Place]) -> dict[ItemId, float]:
        """One recall for each scope that has none below it: a recall takes in the scopes above."""
        scores: dict[ItemId, float] = {}
        for place in places:
            inner = [each for each in places if each.scope.startswith(f"{place.scope}/")]
            if place.audience in (each.audience for each in inner):
                continue
            asked = RecallQuery(
                text=query,
                scope=place.scope,
                audience=place.audience,
                token_budget=MOST_TOKENS,
                floor=self._floor,
            )
            for each in self._library.explain(asked).considered:
                if each.fate in FITTING:
                    scores[each.hit.item.id] = max(each.hit.score, scores.get(each.hit.item.id, 0.0))
        return scores

    def _shown(self, item: Item) -> dict[str, Any]:
        return {
            "namespace": Place.of_item(item).namespace,
            "key": self._directory.key_of(item),
            "value": value_of(item, self._directory.field_of(item)),
            "created_at": item.created_at,
            "updated_at": item.updated_at,
        }

    def _write(self, place: Place, key: str, wanted: Wanted | None) -> None:
        """The last writer wins: who lost a race looks again, and writes over what the other one wrote."""
        for _ in range(ATTEMPTS):
            old = self._directory.find(place, key)
            try:
                self._change(place, key, old, wanted)
                return
            except UserError as error:
                self._directory.refresh()
                if self._directory.find(place, key) == old:
                    reason = self._with_key(place, str(error))
                    raise RefusedPut(f"{place.namespace} {key!r}: {reason}") from error
        raise RefusedPut(f"{place.namespace} {key!r} keeps changing under other writers: try again")

    def _with_key(self, place: Place, message: str) -> str:
        """The message of an editor, who names items by their id, with the key of the item that it names."""
        items = self._directory.items([place]).values()
        keys = (self._directory.key_of(item) for item in items if item.id in message)
        return f"{message} (its key is {key!r})" if (key := next(keys, None)) else message

    def _change(self, place: Place, key: str, old: Item | None, wanted: Wanted | None) -> None:
        """One put or deletion; `old` is what the directory knows under the key."""
        editor = self._library.editor(self._actor)
        if wanted is None:
            self._retire((old, *self._directory.named(place, key)))
        elif old is None or old.kind is not wanted.draft.kind:
            self._require_free(old, wanted.draft)
            editor.add(wanted.draft, reason=_PUT, key=_event_key(wanted, key))
            self._directory.refresh()
            # Another kind is another item; and of two writers who raced, each made one: the later one stays.
            self._retire((old, *self._directory.named(place, key)[:-1]))
        elif wanted.edit.applied(old.state) != old.state:
            self._require_free(old, wanted.draft)
            editor.edit(old.id, wanted.edit, reason=_PUT, key=_event_key(wanted, key))
            self._directory.refresh()
        elif wanted.field != self._directory.field_of(old):
            raise UserError("the same words stand there under another field: delete the key first")

    def _require_free(self, old: Item | None, draft: ItemDraft) -> None:
        """A program changes nothing that a person stands behind, and brings back no words that are barred."""
        if self._actor.startswith(PERSON):
            return
        if old is not None and (old.pinned or old.trust is Trust.HUMAN):
            raise UserError(f"{old.id} is a person's: {self._actor} may not change it")
        digest = content_hash(draft)
        for tomb in self._library.items(scope=draft.scope, status=Status.RETIRED):
            if tomb.content_hash == digest and tomb.state.barred:
                raise UserError(f"equal to a retired item ({tomb.id}, {tomb.state.retired_for})")

    def _retire(self, items: Iterable[Item | None]) -> None:
        """What a person deletes is barred for good; what a program lets go of may be learned again."""
        because = RetiredFor.PERSON if self._actor.startswith(PERSON) else RetiredFor.EXPIRED
        editor = self._library.editor(self._actor)
        ids = {item.id for item in items if item is not None}
        for item_id in sorted(ids):
            try:
                editor.retire(item_id, reason="deleted through the store", because=because)
            except UserError:
                if self._library.get(item_id).live:
                    raise
        if ids:
            self._directory.refresh()


def _asked(place: Place, op: PutOp) -> Wanted | None:
    """What a put wants, None for a deletion; refused here, it leaves memory as it was."""
    if op.ttl is not None or op.index is False:
        raise NotImplementedError("items have no time to live, and every one of them can be recalled")
    if len(op.key) > MAX_KEY:
        raise RefusedPut(f"a key has {MAX_KEY} characters at most")
    if op.value is None:
        return None
    wanted = wanted_of(place, op.value)
    if reasons := inspect(wanted.draft).reasons:
        words = f"these words may not stand in memory: {'; '.join(reasons)}"
        raise RefusedPut(f"{op.namespace} {op.key!r}: {words}")
    return wanted


def _event_key(wanted: Wanted, key: str) -> str:
    return f"{_OWN}:{uuid.uuid4().hex[:12]}:{wanted.field}:{key}"


def _matches_all(conditions: Iterable[MatchCondition], namespace: Namespace) -> bool:
    for condition in conditions:
        path = condition.path
        if condition.match_type not in ("prefix", "suffix"):
            raise ValueError(f"no way to match: {condition.match_type}")
        start = 0 if condition.match_type == "prefix" else len(namespace) - len(path)
        part = namespace[max(start, 0) : max(start, 0) + len(path)]
        fits = (wanted in ("*", label) for wanted, label in zip(path, part, strict=False))
        if len(path) > len(namespace) or not all(fits):
            return False
    return True
