from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.database import Database
from core.errors import UserError
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Op
from memory.items import Audience, ItemDraft, ItemId, Kind, RetiredFor, Status, Trust
from memory.ledger.archive import Archive
from memory.ledger.editor import Editor, ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.drafts import Clock
from tests.memory.ledger.soundness import check, everything, standing_of, there
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, ask, task

ANN, RULE = "person:ann", "rule:tidy"
BELOW, BESIDE = f"{SCOPE}/mail", f"{SCOPE}-2"
TWO = ItemDraft(kind=Kind.GUARD, scope=SCOPE, content="End with the table AlertEvidence.")


@pytest.fixture
def archive(library: PamphletLibrary) -> Archive:
    return library.archive


def last_seq(archive: Archive) -> int:
    return archive.events()[-1].seq


def test_history_tells_who_did_what_and_why(library: PamphletLibrary, archive: Archive, ann: Editor) -> None:
    (item,) = library.learn([HOSTS], task(1)).added
    library.learn([HOSTS], task(2))
    ann.edit(item, ItemEdit(cue="hosts"), reason="wider")
    told = [(each.item.version, each.op, each.actor, each.reason) for each in archive.history(item)]
    assert told == [
        (1, Op.ADD, "run:run", ""),
        (2, Op.PROMOTE, "rule:quorum", "2 distinct tasks"),
        (3, Op.EDIT, ANN, "wider"),
    ]
    assert archive.events()[0].author.task_id == "task-1"
    assert [event.seq for event in archive.events(after=archive.events()[0].seq, limit=1)] == [
        archive.history(item)[1].seq
    ]
    with pytest.raises(UserError, match="no item it_none"):
        archive.history(ItemId("it_none"))


def test_a_difference_needs_two_versions_that_are_there(archive: Archive, ann: Editor) -> None:
    item = ann.add(SIGN_IN)
    ann.edit(item.id, ItemEdit(no_action=True))
    fields = [change.field for change in archive.diff(item.id, 1, 2)]
    assert fields == ["tool", "template", "bindings"]
    assert archive.diff(item.id, 2, 2) == ()
    with pytest.raises(UserError, match="versions 1 to 2, not 3"):
        archive.diff(item.id, 1, 3)


def test_every_past_state_can_be_read_by_seq_and_by_time(database: Database) -> None:
    clock = Clock()
    library = PamphletLibrary(database, LexicalEmbedder(), clock=clock)
    ann, archive = library.editor(ANN), library.archive
    item = ann.add(HOSTS)
    seen = [(last_seq(archive), clock.now, standing_of(library.items()))]
    for step in ("edit", "pin", "learn", "retire"):
        clock.move(60)
        if step == "edit":
            ann.edit(item.id, ItemEdit(cue="other"))
        elif step == "pin":
            ann.pin(item.id)
        elif step == "learn":
            library.learn(DRAFTS, task(1))
        else:
            ann.retire(item.id)
        seen.append((last_seq(archive), clock.now, standing_of(library.items())))
    for seq, at, standing in seen:
        assert standing_of(archive.state_at(seq)) == standing
        assert standing_of(archive.state_at(at)) == standing
        assert standing_of(archive.state_at(at + timedelta(seconds=59))) == standing
    assert archive.state_at(seen[0][1] - timedelta(seconds=1)) == ()
    assert archive.state_at(0) == ()


def test_the_past_stays_in_order_when_a_clock_runs_backwards(database: Database) -> None:
    clock = Clock()
    library = PamphletLibrary(database, LexicalEmbedder(), clock=clock)
    item = library.editor(ANN).add(HOSTS)
    clock.move(-3600)
    library.editor(ANN).pin(item.id)
    times = [event.at for event in library.archive.events()]
    assert times == sorted(times)
    assert library.archive.state_at(times[0]) == library.items()
    check(database)


def test_an_item_goes_back_to_a_version_as_its_newest(
    library: PamphletLibrary, archive: Archive, ann: Editor
) -> None:
    item = ann.add(HOSTS)
    ann.edit(item.id, ItemEdit(content="Read the full host name from SecurityAlert."))
    ann.retire(item.id, reason="bad")
    back = archive.rollback_item(item.id, 1, actor=ANN, reason="was right")
    assert (back.state, back.version) == (item.state, 4)
    (hit,) = library.recall(ask("which host", "answer_type:host")).hits
    assert hit.item.version == 4
    assert (archive.history(item.id)[-1].op, archive.history(item.id)[-1].reason) == (
        Op.ROLLBACK,
        "was right",
    )
    with pytest.raises(UserError, match="stands as at version 1 already"):
        archive.rollback_item(item.id, 1, actor=ANN)
    with pytest.raises(UserError, match="has no version 9"):
        archive.rollback_item(item.id, 9, actor=ANN)


def test_an_item_does_not_go_back_to_what_another_says_by_now(
    archive: Archive, ann: Editor, database: Database
) -> None:
    item = ann.add(HOSTS)
    ann.edit(item.id, ItemEdit(content="Read the full host name from SecurityAlert."))
    twin = ann.add(HOSTS)
    before = everything(database)
    with pytest.raises(UserError, match=f"{twin.id} says what {item.id} said at version 1") as refusal:
        archive.rollback_item(item.id, 1, actor=ANN)
    assert "\n" not in str(refusal.value)
    assert everything(database) == before
    ann.retire(twin.id)
    archive.rollback_item(item.id, 1, actor=ANN)
    check(database)


def test_a_tombstone_may_go_back_to_a_tombstone_whatever_others_say(archive: Archive, ann: Editor) -> None:
    item = ann.add(HOSTS)
    ann.retire(item.id, reason="first")
    ann.restore(item.id)
    ann.edit(item.id, ItemEdit(content="Read the full host name from SecurityAlert."))
    ann.add(HOSTS)
    assert archive.rollback_item(item.id, 2, actor=ANN).state.note == "first"


def fill(library: PamphletLibrary) -> None:
    library.learn([*DRAFTS, replace(HOSTS, scope=BELOW), replace(HOSTS, scope=BESIDE)], task(1))


def change_all(library: PamphletLibrary) -> None:
    ann = library.editor(ANN)
    for item in library.items():
        ann.edit(item.id, ItemEdit(cue=f"{item.cue} changed"))
    ann.add(replace(TWO))
    ann.add(replace(TWO, scope=BESIDE))
    ann.retire(library.items(scope=BELOW)[0].id)


@pytest.mark.parametrize("scope", [None, "synthetic", SCOPE, BELOW, BESIDE])
def test_a_rollback_brings_its_scope_back_and_leaves_the_rest(
    library: PamphletLibrary, archive: Archive, database: Database, scope: str | None
) -> None:
    fill(library)
    then, seq = standing_of(library.items()), last_seq(archive)
    change_all(library)
    now = standing_of(library.items())
    inside = {item.id for item in library.items(scope=scope)}
    moved = archive.rollback(scope, seq, actor=ANN, reason="back")
    assert set(moved) <= inside
    kept = {each: now[each] for each in now if each not in inside}
    assert standing_of(there(library.items())) == kept | {each: then[each] for each in then if each in inside}
    assert standing_of(archive.state_at(seq, scope=scope)) == {
        each: then[each] for each in then if each in inside
    }
    assert archive.rollback(scope, seq, actor=ANN) == ()
    check(database)


@pytest.mark.parametrize("audience", list(Audience))
def test_a_rollback_of_one_pamphlet_leaves_those_below_and_the_other_audience(
    library: PamphletLibrary, archive: Archive, database: Database, audience: Audience
) -> None:
    fill(library)
    then, seq = standing_of(library.items()), last_seq(archive)
    change_all(library)
    now = standing_of(library.items())
    inside = {item.id for item in library.items() if (item.scope, item.audience) == (SCOPE, audience)}
    assert set(archive.rollback(SCOPE, seq, audience=audience, actor=ANN)) == inside
    kept = {each: now[each] for each in now if each not in inside}
    back = {each: then[each] for each in then if each in inside}
    assert standing_of(there(library.items())) == kept | back
    assert standing_of(archive.state_at(seq, scope=SCOPE, audience=audience)) == back
    with pytest.raises(UserError, match="a pamphlet has a scope"):
        archive.rollback(None, seq, audience=audience, actor=ANN)
    check(database)


def test_what_was_added_since_is_withdrawn_and_comes_back_by_going_forward(
    library: PamphletLibrary, archive: Archive
) -> None:
    fill(library)
    before = last_seq(archive)
    change_all(library)
    after, standing = last_seq(archive), standing_of(library.items())
    archive.rollback(None, before, actor=ANN)
    withdrawn = [item for item in library.items() if item.state.retired_for is RetiredFor.ROLLBACK]
    assert {item.content for item in withdrawn} == {TWO.content}
    assert all(item.status is Status.RETIRED and not item.pinned for item in withdrawn)
    archive.rollback(None, after, actor=ANN)
    assert standing_of(library.items()) == standing


def test_a_rollback_by_time_and_to_before_everything(database: Database) -> None:
    clock = Clock()
    library = PamphletLibrary(database, LexicalEmbedder(), clock=clock)
    start: datetime = clock.now
    clock.move(1)
    fill(library)
    moved = library.archive.rollback(None, start, actor=ANN)
    assert list(moved) == sorted(item.id for item in library.items())
    assert there(library.items()) == ()
    assert library.recall(ask("which host", "answer_type:host")).abstained
    check(database)


def test_a_rollback_is_one_moment_though_it_is_an_event_for_each_item(
    library: PamphletLibrary, archive: Archive, ann: Editor
) -> None:
    one, two = ann.add(HOSTS), ann.add(TWO)
    seq = last_seq(archive)
    standing = standing_of(library.items())
    ann.edit(one.id, ItemEdit(content="Read the full host name from SecurityAlert.", cue=""))
    ann.edit(two.id, ItemEdit(content=one.content, cue=one.cue))
    ann.edit(one.id, ItemEdit(content=two.content, cue=two.cue))  # they have changed places
    then = last_seq(archive)
    archive.rollback(None, seq, actor=ANN)
    first, second = archive.events(after=then)
    assert (second.seq, first.op, second.op) == (first.seq + 1, Op.ROLLBACK, Op.ROLLBACK)
    assert standing_of(archive.state_at(first.seq)) == standing
    assert archive.rollback(None, first.seq, actor=ANN) == ()


def test_a_program_rolls_back_nothing_that_is_a_persons_or_barred(
    library: PamphletLibrary, archive: Archive, ann: Editor, database: Database
) -> None:
    (learned,) = library.learn([MAIL], task(1)).added
    human = ann.add(HOSTS)
    seq = last_seq(archive)
    ann.edit(human.id, ItemEdit(cue="ann"))
    ann.retire(learned)
    before = everything(database)
    for refused, why in (
        (lambda: archive.rollback_item(human.id, 1, actor=RULE), "is a person's"),
        (lambda: archive.rollback_item(learned, 1, actor=RULE), "retired for good"),
        (lambda: archive.rollback(None, seq, actor=RULE), "a person's|retired for good"),
    ):
        with pytest.raises(UserError, match=why):
            refused()
    assert everything(database) == before


def test_an_episode_is_taken_back_and_what_others_support_stays(
    library: PamphletLibrary, archive: Archive, database: Database
) -> None:
    library.learn([HOSTS, MAIL], task(1))
    library.learn([MAIL], task(2))
    library.learn([SIGN_IN], task(1, run="other"))
    ids = {item.content: item.id for item in library.items()}
    library.editor(ANN).pin(ids[HOSTS.content])
    assert archive.retire_episode("run", "task-1", actor=ANN, reason="poisoned") == (ids[HOSTS.content],)
    gone, kept, other = (library.get(ids[each.content]) for each in (HOSTS, MAIL, SIGN_IN))
    assert (gone.status, gone.support, gone.pinned) == (Status.RETIRED, 0, False)
    assert (gone.state.retired_for, gone.state.note) == (RetiredFor.EPISODE, "from run run, task task-1")
    assert (kept.status, kept.support) == (Status.ACTIVE, 1)
    assert [each.task_id for each in library.evidence(kept.id)] == ["task-2"]
    assert (other.live, other.support) == (True, 1)
    event = archive.events()[-1]
    assert (event.op, event.author.actor, event.author.reason) == (Op.RETIRE, ANN, "poisoned")
    assert (event.author.run_id, event.author.task_id) == ("run", "task-1")
    assert archive.retire_episode("run", "task-1", actor=ANN) == ()
    check(database)


def test_all_of_a_run_is_taken_back_at_once(library: PamphletLibrary, archive: Archive) -> None:
    library.learn([HOSTS, MAIL], task(1))
    library.learn([MAIL], task(2))
    library.learn([SIGN_IN], task(1, run="other"))
    assert len(archive.retire_episode("run", None, actor=ANN)) == 2
    assert library.learn([HOSTS], task(3)).refused == (f"{ANN} took the episode back",)
    assert [item.content for item in library.items() if item.live] == [SIGN_IN.content]


def test_a_later_task_lifts_what_came_from_an_episode_alone_and_that_episode_does_not(
    library: PamphletLibrary, archive: Archive
) -> None:
    (item,) = library.learn([HOSTS], task(1)).added
    archive.retire_episode("run", "task-1", actor=ANN)
    assert library.learn([HOSTS, MAIL], task(1)).refused == (f"{ANN} took the episode back",) * 2
    assert [library.get(item).live, len(library.items())] == [False, 1]
    assert library.learn([HOSTS], task(2)).supported == (item,)
    lifted = library.get(item)
    assert (lifted.status, lifted.support, lifted.state.note) == (Status.CANDIDATE, 1, "")
    assert archive.history(item)[-1].op is Op.RESTORE


def test_a_program_leaves_a_persons_item_though_its_episode_is_taken_back(
    library: PamphletLibrary, archive: Archive, ann: Editor
) -> None:
    (item,) = library.learn([HOSTS], task(1)).added
    ann.edit(item, ItemEdit(cue="ann"))
    assert archive.retire_episode("run", "task-1", actor=RULE) == ()
    assert (library.get(item).trust, library.get(item).live, library.get(item).support) == (
        Trust.HUMAN,
        True,
        0,
    )
