from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.database import Database
from core.errors import UserError
from core.guidance import ActionTemplate
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Op
from memory.items import Credit, Item, ItemId, Kind, RetiredFor, Status, Trust
from memory.ledger.editor import Editor, ItemEdit
from memory.ledger.writing import Conflict
from memory.library import PamphletLibrary
from tests.memory.ledger.hands import ANN, ONE, OTHER_WORDS, TWO, draft
from tests.memory.ledger.soundness import check, everything
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SIGN_IN, ask, task


def ops(library: PamphletLibrary, item: ItemId) -> list[Op]:
    return [revision.op for revision in library.archive.history(item)]


def test_what_a_person_adds_is_active_and_what_a_program_adds_a_candidate(ann: Editor, rule: Editor) -> None:
    by_hand, by_rule = ann.add(ONE), rule.add(TWO)
    assert (by_hand.status, by_hand.trust) == (Status.ACTIVE, Trust.HUMAN)
    assert (by_rule.status, by_rule.trust) == (Status.CANDIDATE, Trust.CANDIDATE)
    assert (by_hand.version, by_hand.support, by_hand.credit) == (1, 0, Credit(alpha=1.0, beta=1.0))


def test_an_item_is_stored_as_it_was_given(ann: Editor, library: PamphletLibrary) -> None:
    given = replace(
        SIGN_IN, boundary=" not for services ", expected_effect="an address", student_model="small"
    )
    item = library.get(ann.add(given).id)
    assert (item.kind, item.scope, item.student_model) == (given.kind, given.scope, "small")
    assert (item.content, item.cue, item.action) == (given.content, given.cue, given.action)
    assert (item.boundary, item.expected_effect) == ("not for services", "an address")


def test_an_edit_makes_the_next_version_and_leaves_the_last_one_in_history(
    ann: Editor, library: PamphletLibrary
) -> None:
    item = ann.add(HOSTS)
    edited = ann.edit(item.id, replace(OTHER_WORDS, cue="hosts", boundary="short names"), reason=" clearer ")
    assert (edited.version, edited.content, edited.cue) == (2, OTHER_WORDS.content, "hosts")
    assert library.get(item.id) == edited
    first, second = library.archive.history(item.id)
    assert first.item.state == item.state
    assert (second.op, second.actor, second.reason) == (Op.EDIT, ANN, "clearer")
    assert [
        (change.field, change.before, change.after) for change in library.archive.diff(item.id, 1, 2)
    ] == [
        ("content", HOSTS.content, OTHER_WORDS.content),
        ("cue", HOSTS.cue, "hosts"),
        ("boundary", "", "short names"),
    ]


def test_an_action_can_be_changed_and_taken_away(ann: Editor) -> None:
    item = ann.add(SIGN_IN)
    other = ActionTemplate(tool="sql", template="SELECT {column} FROM {table}")
    assert ann.edit(item.id, ItemEdit(action=other)).action == other
    assert ann.edit(item.id, ItemEdit(cue="x")).action == other
    assert ann.edit(item.id, ItemEdit(no_action=True)).action is None


def test_an_edit_of_nothing_is_refused(ann: Editor, database: Database) -> None:
    item = ann.add(HOSTS)
    before = everything(database)
    with pytest.raises(UserError, match="nothing to change"):
        ann.edit(item.id, ItemEdit(content=f"  {HOSTS.content} "))
    assert everything(database) == before


def test_recall_follows_an_edit(ann: Editor, library: PamphletLibrary) -> None:
    item = ann.add(HOSTS)
    ann.edit(item.id, ItemEdit(content="Senders stand in EmailEvents.", cue=""))
    (hit,) = library.recall(ask("Which sender is in EmailEvents?")).hits
    assert (hit.item.id, hit.item.version) == (item.id, 2)
    assert library.recall(ask("which host", "answer_type:host")).abstained


def test_other_words_begin_with_new_credit_and_the_same_words_keep_it(
    ann: Editor, library: PamphletLibrary
) -> None:
    item = ann.add(HOSTS)
    library.log_exposures("run", "task-1", library.recall(ask("which host", "answer_type:host")))
    library.credit("run", "task-1", TaskOutcome(reward=1.0))
    earned = Credit(alpha=2.0, beta=1.0)
    assert library.get(item.id).credit == earned
    assert ann.edit(item.id, ItemEdit(cue="hosts")).credit == earned
    assert ann.edit(item.id, OTHER_WORDS).credit == Credit(alpha=1.0, beta=1.0)
    assert library.get(item.id).credit == Credit(alpha=1.0, beta=1.0)


@pytest.mark.parametrize(
    ("words", "reason"),
    [("Look at 10.1.2.3 first", "IP address"), (" ", "no content"), ("x" * 700, "longer")],
)
def test_gates_hold_for_people_too(ann: Editor, database: Database, words: str, reason: str) -> None:
    item, other = ann.add(HOSTS), ann.add(ONE)
    before = everything(database)
    with pytest.raises(UserError, match=reason):
        ann.add(draft(words))
    with pytest.raises(UserError, match=reason):
        ann.edit(item.id, ItemEdit(content=words))
    with pytest.raises(UserError, match=reason):
        ann.merge([item.id, other.id], replace(HOSTS, content=words))
    assert everything(database) == before


def test_no_two_live_items_say_the_same(ann: Editor, library: PamphletLibrary) -> None:
    one, two = ann.add(ONE), ann.add(TWO)
    shouted = ItemEdit(content=TWO.content.upper())
    for again in (
        lambda: ann.add(replace(ONE, content=ONE.content.upper())),
        lambda: ann.edit(one.id, shouted),
        lambda: ann.split(two.id, [ONE, HOSTS]),
        lambda: ann.split(two.id, [HOSTS, HOSTS]),
    ):
        with pytest.raises(UserError, match="says the same already"):
            again()
    ann.retire(one.id, because=RetiredFor.EXPIRED)
    third = ann.add(ONE)
    assert third.id != one.id
    with pytest.raises(UserError, match=f"{third.id} says the same already"):
        ann.restore(one.id)


def test_only_a_person_says_again_what_was_retired_for_good(ann: Editor, rule: Editor) -> None:
    two = rule.add(TWO)
    free = rule.add(HOSTS)
    ann.retire(free.id)
    for again in (lambda: rule.add(HOSTS), lambda: rule.edit(two.id, ItemEdit(content=HOSTS.content))):
        with pytest.raises(UserError, match=rf"{free.id} is retired for good \(person\): only a person"):
            again()
    assert ann.add(HOSTS).live


def test_a_merge_is_one_event_and_the_old_items_name_the_new_one(
    ann: Editor, library: PamphletLibrary
) -> None:
    one, two = ann.add(ONE), ann.add(TWO)
    events = len(library.archive.events())
    heir = ann.merge([one.id, two.id], draft("Start with AlertInfo, end with AlertEvidence."))
    assert len(library.archive.events()) == events + 1
    for old in map(library.get, (one.id, two.id)):
        assert (old.status, old.state.retired_for) == (Status.RETIRED, RetiredFor.MERGED)
        assert old.state.successors == (heir.id,)
    assert [item.id for item in library.items() if item.live] == [heir.id]


def test_a_merge_hands_on_evidence_and_credit(library: PamphletLibrary, database: Database) -> None:
    a = library.learn([HOSTS], task(1)).added[0]
    b = library.learn([MAIL], task(2)).added[0]
    library.learn([HOSTS, MAIL], task(3))
    library.log_exposures("run", "task-8", library.recall(ask("which host", "answer_type:host")))
    library.credit("run", "task-8", TaskOutcome(reward=1.0))
    assert library.get(a).credit == Credit(alpha=2.0, beta=1.0)
    ann, kind = library.editor(ANN), library.get(a).kind
    ann.split(b, [replace(ONE, kind=kind), replace(TWO, kind=kind)])
    ids = [item.id for item in library.items() if item.live]
    heir = ann.merge(ids, replace(ONE, content="All of it: AlertInfo."))
    assert heir.support == 3
    assert heir.credit == Credit(alpha=2.0, beta=1.0)
    assert {each.task_id for each in library.evidence(heir.id)} == {"task-1", "task-2", "task-3"}
    check(database)


def test_a_merge_into_one_of_them_keeps_its_id_and_takes_the_drafts_cue(
    ann: Editor, library: PamphletLibrary
) -> None:
    one, two = ann.add(ONE), ann.add(TWO)
    ann.pin(two.id)
    heir = ann.merge([one.id, two.id], replace(ONE, cue="alerts", boundary="not for mail"))
    assert (heir.id, heir.version, heir.content) == (one.id, 2, ONE.content)
    assert (heir.cue, heir.boundary, heir.pinned) == ("alerts", "not for mail", True)
    assert ops(library, one.id) == [Op.ADD, Op.MERGE]
    assert library.get(two.id).state.successors == (one.id,)


def test_a_merge_or_a_split_of_what_has_moved_on_is_told(ann: Editor, database: Database) -> None:
    one, two = ann.add(ONE), ann.add(TWO)
    ann.edit(two.id, ItemEdit(cue="written in between"))
    before = everything(database)
    with pytest.raises(Conflict, match=f"{two.id} is at version 2, not 1"):
        ann.merge([one.id, two.id], ONE, expected={one.id: one.version, two.id: two.version})
    with pytest.raises(Conflict, match=f"{two.id} is at version 2, not 1"):
        ann.split(two.id, [ONE, HOSTS], expected=two.version)
    assert everything(database) == before


@pytest.mark.parametrize("count", [1, 64])
def test_a_merge_takes_two_to_sixty_three(ann: Editor, count: int) -> None:
    ids = [ann.add(draft(f"Look into Table{chr(65 + n // 26)}{chr(97 + n % 26)}.")).id for n in range(count)]
    with pytest.raises(UserError, match="2 to 63"):
        ann.merge(ids, ONE)


def test_the_largest_merge_and_split_are_one_event(ann: Editor, database: Database) -> None:
    drafts = [draft(f"Look into Table{chr(65 + n // 26)}{chr(97 + n % 26)}.") for n in range(63)]
    heir = ann.merge([ann.add(each).id for each in drafts], ONE)
    children = ann.split(heir.id, drafts)
    assert len({child.id for child in children}) == 63
    check(database)


def test_a_merge_across_scopes_or_kinds_is_refused(ann: Editor) -> None:
    one, elsewhere = ann.add(ONE), ann.add(replace(TWO, scope="synthetic/mail"))
    for other in (elsewhere, ann.add(replace(TWO, kind=Kind.SUCCESS_CHECK))):
        with pytest.raises(UserError, match=f"{other.id} is of another scope or kind"):
            ann.merge([one.id, other.id], HOSTS)


def test_a_split_passes_on_evidence_and_standing(ann: Editor, library: PamphletLibrary) -> None:
    (item,) = library.learn([HOSTS], task(1)).added
    library.learn([HOSTS], task(2))
    ann.pin(item)
    one, two = ann.split(item, [ONE, TWO])
    for child in (one, two):
        assert (child.support, child.status, child.pinned, child.version) == (2, Status.ACTIVE, True, 1)
        assert child.credit == Credit(alpha=1.0, beta=1.0)
    old = library.get(item)
    assert (old.state.retired_for, old.state.successors) == (RetiredFor.SPLIT, (one.id, two.id))
    assert (old.status, old.pinned) == (Status.RETIRED, False)
    assert ops(library, item)[-1] is Op.SPLIT


def test_a_split_may_keep_the_words_of_the_old_item(ann: Editor, library: PamphletLibrary) -> None:
    item = ann.add(ONE)
    same, other = ann.split(item.id, [ONE, TWO])
    assert same.id != item.id
    assert library.get(same.id).content == ONE.content
    with pytest.raises(UserError, match="2 to 63"):
        ann.split(other.id, [HOSTS])


def test_retire_restore_and_their_reasons(ann: Editor, library: PamphletLibrary) -> None:
    item = ann.add(HOSTS)
    ann.pin(item.id)
    gone = ann.retire(item.id, reason="wrong since the change of tables")
    assert (gone.status, gone.pinned, gone.state.retired_for) == (Status.RETIRED, False, RetiredFor.PERSON)
    assert gone.state.note == "wrong since the change of tables"
    assert library.recall(ask("which host", "answer_type:host")).abstained
    back = ann.restore(item.id)
    assert (back.status, back.state.note, back.state.retired_for) == (Status.ACTIVE, "", None)
    assert ops(library, item.id) == [Op.ADD, Op.PIN, Op.RETIRE, Op.RESTORE]


def test_a_person_approves_what_a_gate_or_a_quorum_holds_back(ann: Editor, library: PamphletLibrary) -> None:
    (candidate,) = library.learn([HOSTS], task(1)).added
    stopped = library.learn([draft("Look at 10.1.2.3 in AlertInfo")], task(1)).quarantined[0]
    assert ann.approve(candidate).status is Status.ACTIVE
    assert ann.approve(stopped, reason="masked").trust is Trust.HUMAN
    assert library.get(stopped).state.note == ""
    with pytest.raises(UserError, match="approved already"):
        ann.approve(stopped)


def test_a_person_rejects_for_good(ann: Editor, library: PamphletLibrary) -> None:
    (candidate,) = library.learn([HOSTS], task(1)).added
    assert ann.reject(candidate, reason="no").state.retired_for is RetiredFor.PERSON
    assert "retired item" in library.learn([HOSTS], task(2)).refused[0]
    with pytest.raises(UserError, match="only a candidate"):
        ann.reject(ann.add(ONE).id)


def test_what_an_items_status_does_not_allow_is_refused_in_one_line(ann: Editor, database: Database) -> None:
    live, gone = ann.add(ONE).id, ann.retire(ann.add(TWO).id).id
    before = everything(database)
    refusals: list[tuple[Callable[[], object], str]] = [
        (lambda: ann.edit(gone, OTHER_WORDS), "restore it before you edit it"),
        (lambda: ann.retire(gone), "it is retired already"),
        (lambda: ann.restore(live), "only a retired item"),
        (lambda: ann.approve(gone), "restore it instead"),
        (lambda: ann.pin(gone), "only a live item is pinned"),
        (lambda: ann.pin(live, False), "it is not pinned"),
        (lambda: ann.merge([live, gone], HOSTS), "only live items merge"),
        (lambda: ann.split(gone, [HOSTS, MAIL]), "only a live item is split"),
        (lambda: ann.edit(ItemId("it_none"), OTHER_WORDS), "no item it_none"),
    ]
    for refused, line in refusals:
        with pytest.raises(UserError, match=line) as refusal:
            refused()
        assert "\n" not in str(refusal.value)
    assert everything(database) == before


def test_of_two_editors_one_is_told_and_nothing_is_lost(
    ann: Editor, library: PamphletLibrary, database: Database
) -> None:
    bo = PamphletLibrary(database, LexicalEmbedder()).editor("person:bo")
    item = ann.add(HOSTS)
    ann.edit(item.id, ItemEdit(cue="ann"), expected=1)
    changes: list[Callable[[], Item]] = [
        lambda: bo.edit(item.id, ItemEdit(boundary="bo"), expected=1),
        lambda: bo.retire(item.id, expected=1),
        lambda: bo.pin(item.id, expected=1),
        lambda: bo.approve(item.id, expected=1),
        lambda: bo.reject(item.id, expected=1),
        lambda: library.archive.rollback_item(item.id, 1, actor="person:bo", expected=1),
    ]
    before = everything(database)
    for change in changes:
        with pytest.raises(Conflict, match=f"{item.id} is at version 2, not 1") as told:
            change()
        assert f"atlas memory diff {item.id} 1 2" in str(told.value)
        assert "\n" not in str(told.value)
    assert everything(database) == before
    both = bo.edit(item.id, ItemEdit(boundary="bo"), expected=2)
    assert (both.cue, both.boundary, both.version) == ("ann", "bo", 3)


def test_an_editor_needs_a_name(library: PamphletLibrary) -> None:
    with pytest.raises(UserError, match="needs a name"):
        library.editor("  ")


def test_drafts_of_the_samples_can_all_be_added(ann: Editor, library: PamphletLibrary) -> None:
    assert {ann.add(each).id for each in DRAFTS} == {item.id for item in library.items()}
