"""A machine that does anything to a memory in any order, and a model of what must be left of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.database import Database
from core.errors import UserError
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Snapshot
from memory.items import Audience, Evidence, Item, ItemId, RecallQuery, Status, Trust
from memory.ledger.editor import Editor, ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.drafts import ALL, PLAIN, SCOPES, Clock
from tests.memory.ledger.soundness import Standing, check, everything, standing_of, there

EMBEDDER = LexicalEmbedder(64)
PEOPLE, PROGRAM = ("person:ann", "person:bo"), "rule:tidy"

actors = st.sampled_from([*PEOPLE, PROGRAM])
places = st.integers(0, 40)
drafts = st.integers(0, len(PLAIN) - 1)
keyed = st.booleans()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What memory held after an event."""

    seq: int
    at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An operation that was done under a key, and the items that it named."""

    again: Callable[[], object]
    items: tuple[ItemId, ...]


class LedgerMachine(RuleBasedStateMachine):
    """Every rule either does its whole work or leaves no trace; `check` holds after each."""

    def __init__(self, open_memory: Callable[[Clock], tuple[Database, PamphletLibrary]]) -> None:
        super().__init__()
        self.clock = Clock()
        self.database, self.library = open_memory(self.clock)
        self.moments: list[Moment] = []
        self.told: list[Told] = []
        self.snapshots: dict[str, tuple[Snapshot, tuple[Item, ...]]] = {}
        self.image = everything(self.database)
        self.keys = 0

    # What is done.

    @rule(
        chosen=st.lists(st.integers(0, len(ALL) - 1), min_size=1, max_size=3),
        run=st.sampled_from(["run", "again"]),
        task=st.integers(0, 3),
        reward=st.sampled_from([None, 0.0, 1.0]),
    )
    def learn(self, chosen: list[int], run: str, task: int, reward: float | None) -> None:
        evidence = Evidence(run_id=run, task_id=f"task-{task}", group="g", reward=reward)
        told = [ALL[each] for each in chosen]
        learned = self._by_program(lambda: self.library.learn(told, evidence))
        after = everything(self.database)
        assert self.library.learn(told, evidence) == learned
        assert everything(self.database) == after

    @rule(actor=actors, draft=drafts, with_key=keyed)
    def add(self, actor: str, draft: int, with_key: bool) -> None:
        self._edit(actor, with_key, lambda editor, key: editor.add(PLAIN[draft], key=key))

    @rule(actor=actors, place=places, draft=drafts, cue=st.sampled_from([None, "", "mail"]), with_key=keyed)
    def edit(self, actor: str, place: int, draft: int, cue: str | None, with_key: bool) -> None:
        if item := self._item(place):
            edit = ItemEdit(content=PLAIN[draft].content, cue=cue, action=PLAIN[draft].action)
            self._edit(actor, with_key, lambda editor, key: editor.edit(item.id, edit, key=key))

    @rule(actor=actors, place=places, others=st.lists(places, min_size=1, max_size=3), draft=drafts)
    def merge(self, actor: str, place: int, others: list[int], draft: int) -> None:
        if item := self._item(place, live=True):
            alike = [
                each for each in self._items(live=True) if (each.scope, each.kind) == (item.scope, item.kind)
            ]
            ids = [item.id, *(alike[other % len(alike)].id for other in others)]
            into = replace(PLAIN[draft], scope=item.scope, kind=item.kind)
            self._edit(actor, True, lambda editor, key: editor.merge(ids, into, key=key))

    @rule(actor=actors, place=places, parts=st.lists(drafts, min_size=2, max_size=3))
    def split(self, actor: str, place: int, parts: list[int]) -> None:
        if item := self._item(place, live=True):
            children = [PLAIN[part] for part in parts]
            self._edit(actor, True, lambda editor, key: editor.split(item.id, children, key=key))

    @rule(
        actor=actors,
        place=places,
        verb=st.sampled_from(["retire", "restore", "approve", "reject", "pin", "unpin"]),
        with_key=keyed,
    )
    def stand(self, actor: str, place: int, verb: str, with_key: bool) -> None:
        item = self._item(place)
        if item is None:
            return

        def run(editor: Editor, key: str | None) -> object:
            if verb in ("pin", "unpin"):
                return editor.pin(item.id, verb == "pin", key=key)
            return getattr(editor, verb)(item.id, reason="because", key=key)

        self._edit(actor, with_key, run)

    @rule(task=st.integers(0, 5), scope=st.sampled_from(SCOPES), reward=st.sampled_from([0.0, 0.5, 1.0]))
    def expose_and_credit(self, task: int, scope: str, reward: float) -> None:
        query = RecallQuery(
            text="Sort host names", scope=scope, audience=Audience.STUDENT, floor=-1.0, draw=str(task)
        )
        self.library.log_exposures("credited", f"task-{task}", self.library.recall(query))
        outcome = TaskOutcome(reward=reward)
        self._by_program(lambda: self.library.credit("credited", f"task-{task}", outcome))
        credit = {item.id: item.credit for item in self.library.items()}
        self.library.credit("credited", f"task-{task}", TaskOutcome(reward=1.0 - reward))
        assert {item.id: item.credit for item in self.library.items()} == credit

    @rule(actor=actors, place=places, version=st.integers(1, 6), with_key=keyed)
    def rollback_item(self, actor: str, place: int, version: int, with_key: bool) -> None:
        item = self._item(place)
        if item is None:
            return
        then = 1 + version % item.version
        key, archive = self._key(with_key), self.library.archive

        def run() -> Item:
            return archive.rollback_item(item.id, then, actor=actor, key=key)

        if (done := self._try(actor, run)) is not None:
            assert done.state == archive.history(item.id)[then - 1].item.state
            self._remember(key, run, (item.id,))

    @precondition(lambda self: self.moments)
    @rule(
        actor=actors,
        scope=st.sampled_from([None, *SCOPES]),
        number=places,
        by_time=st.booleans(),
        with_key=keyed,
    )
    def rollback(self, actor: str, scope: str | None, number: int, by_time: bool, with_key: bool) -> None:
        moment = self.moments[number % len(self.moments)]
        if by_time:  # the last one of that time: a clock that stands still gives several the same
            moment = next(each for each in reversed(self.moments) if each.at == moment.at)
        when = moment.at if by_time else moment.seq
        before, key, archive = self._standing(), self._key(with_key), self.library.archive

        def run() -> tuple[ItemId, ...]:
            return archive.rollback(scope, when, actor=actor, key=key)

        if (moved := self._try(actor, run)) is None:
            return
        inside = {item.id for item in self.library.items(scope=scope)}
        kept = {each: value for each, value in before.items() if each not in inside}
        back = {each: value for each, value in moment.standing.items() if each in inside}
        assert self._standing() == kept | back
        assert standing_of(archive.state_at(when, scope=scope)) == back
        self._remember(key, run, moved)

    @rule(actor=actors, run=st.sampled_from(["run", "again"]), task=st.sampled_from([None, 0, 1, 2]))
    def retire_episode(self, actor: str, run: str, task: int | None) -> None:
        name = None if task is None else f"task-{task}"
        self._try(actor, lambda: self.library.archive.retire_episode(run, name, actor=actor))
        spoken = [each for item in self._items() for each in self.library.evidence(item.id)]
        assert not [each for each in spoken if each.run_id == run and name in (None, each.task_id)]

    @rule(scope=st.sampled_from(["", *SCOPES]))
    def snapshot(self, scope: str) -> None:
        name, archive = f"snapshot {len(self.snapshots)}", self.library.archive
        made = archive.snapshot(name, scope=scope, actor=PEOPLE[0])
        held = archive.snapshot_items(name)
        assert {item.id: item for item in held} == {
            item.id: replace(item, updated_at=item.updated_at)
            for item in there(self.library.items(scope=scope or None))
        }
        self.snapshots[name] = made, held

    @precondition(lambda self: self.told)
    @rule(number=places)
    def tell_again(self, number: int) -> None:
        told, before = self.told[number % len(self.told)], everything(self.database)
        assert _ids(told.again()) == told.items
        assert everything(self.database) == before

    @rule(seconds=st.sampled_from([-30.0, 0.0, 0.5, 60.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule()
    def open_again(self) -> None:
        self.library = PamphletLibrary(self.database, EMBEDDER, clock=self.clock)

    # What must hold.

    @invariant()
    def holds(self) -> None:
        self.image = everything(self.database)
        check(self.database)
        events = self.library.archive.events(after=self.moments[-1].seq if self.moments else 0)
        if events:
            last = events[-1]
            self.moments.append(Moment(seq=last.seq, at=last.at, standing=self._standing()))
        for moment in self.moments[-1:]:
            assert standing_of(self.library.archive.state_at(moment.seq)) == moment.standing
        if self.snapshots:
            self._check_snapshots()

    def teardown(self) -> None:
        for moment in self.moments:
            assert standing_of(self.library.archive.state_at(moment.seq)) == moment.standing
        for moment in {moment.at: moment for moment in self.moments}.values():
            assert standing_of(self.library.archive.state_at(moment.at)) == moment.standing
        self.library.close()
        self.database.close()

    def _check_snapshots(self) -> None:
        kept = {snapshot.name: snapshot for snapshot in self.library.archive.snapshots()}
        assert kept.keys() == self.snapshots.keys()
        for name, (made, held) in self.snapshots.items():
            assert kept[name] == made
            now = self.library.archive.snapshot_items(name)
            assert [replace(item, updated_at=made.at) for item in now] == [
                replace(item, updated_at=made.at) for item in held
            ]

    # How rules go about it.

    def _items(self, *, live: bool = False) -> list[Item]:
        return sorted(
            (item for item in self.library.items() if item.live or not live), key=lambda each: each.id
        )

    def _item(self, place: int, *, live: bool = False) -> Item | None:
        items = self._items(live=live)
        return items[place % len(items)] if items else None

    def _standing(self) -> Standing:
        return standing_of(there(self.library.items()))

    def _key(self, wanted: bool) -> str | None:
        self.keys += wanted
        return f"key {self.keys}" if wanted else None

    def _edit(self, actor: str, with_key: bool, run: Callable[[Editor, str | None], object]) -> None:
        key, editor = self._key(with_key), self.library.editor(actor)
        made = self._try(actor, lambda: run(editor, key))
        if made is not None:
            self._remember(key, lambda: run(editor, key), _ids(made))

    def _remember(self, key: str | None, again: Callable[[], object], items: tuple[ItemId, ...]) -> None:
        if key is not None:
            self.told.append(Told(again=again, items=items))

    def _try(self, actor: str, run: Callable[[], Any]) -> Any:
        """Do it, or be refused and find nothing changed."""
        try:
            return self._by_program(run) if actor == PROGRAM else run()
        except UserError as error:
            refusal = str(error)
        assert "\n" not in refusal
        assert everything(self.database) == self.image
        return None

    def _by_program(self, run: Callable[[], Any]) -> Any:
        """Do it, and see that what is a person's, and what is barred, stayed as it was."""
        before = {item.id: item for item in self.library.items()}
        done = run()
        for item in self.library.items():
            old = before.get(item.id)
            if old is not None and (old.pinned or old.trust is Trust.HUMAN):
                assert _a_persons_still(old, item)
            if old is not None and old.state.barred:
                assert item.state.barred
        return done


def _a_persons_still(old: Item, now: Item) -> bool:
    """Only evidence may move it: a quorum makes a candidate active, a later task lifts an expired one."""
    if old.state == now.state:
        return True
    moved = (old.status, now.status)
    assert moved in (
        (Status.CANDIDATE, Status.ACTIVE),
        (Status.RETIRED, Status.CANDIDATE),
        (Status.RETIRED, Status.ACTIVE),
    )
    standing = {"status": now.status, "note": "", "retired_for": None, "successors": ()}
    return replace(old.state, **standing) == now.state  # type: ignore[arg-type]


def _ids(made: object) -> tuple[ItemId, ...]:
    if isinstance(made, Item):
        return (made.id,)
    assert isinstance(made, tuple)
    return tuple(each.id if isinstance(each, Item) else each for each in made)
