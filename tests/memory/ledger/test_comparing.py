"""What a task was shown and says again, and what comes close to a tombstone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memory.items import Audience, ItemDraft, ItemId, Recall, RecallQuery, Status
from memory.ledger.learning import LIKE_A_TOMB
from memory.library import PamphletLibrary
from tests.memory.samples import HOSTS, SCOPE, task

FOLLOW = "Follow the devices of DeviceLogonEvents from the first one."
TRACE = "Trace the devices of DeviceLogonEvents from the first one."
ELSEWHERE = "Follow the devices of DeviceNetworkEvents from the first one."


def worded(content: str) -> ItemDraft:
    return replace(HOSTS, content=content, cue="lateral move")


def shown(library: PamphletLibrary, number: int) -> Recall:
    query = RecallQuery(text="lateral move of devices", scope=SCOPE, audience=Audience.STUDENT)
    recalled = library.recall(query)
    library.log_exposures("run", task(number).task_id, recalled)
    return recalled


@pytest.fixture
def item(library: PamphletLibrary) -> ItemId:
    (added,) = library.learn([worded(FOLLOW)], task(1)).added
    return added


def test_an_echo_is_no_witness(library: PamphletLibrary, item: ItemId) -> None:
    assert [hit.item.id for hit in shown(library, 2).hits] == [item]
    assert library.learn([worded(FOLLOW)], task(2)).supported == (item,)
    assert (library.get(item).status, library.get(item).support) == (Status.CANDIDATE, 1)
    assert [each.echo for each in library.evidence(item)] == [False, True]
    library.learn([worded(FOLLOW)], task(3))
    assert (library.get(item).status, library.get(item).support) == (Status.ACTIVE, 2)


def test_an_echo_does_not_become_a_witness_by_a_merge(library: PamphletLibrary, item: ItemId) -> None:
    shown(library, 2)
    library.learn([worded(FOLLOW)], task(2))
    editor = library.editor("person:ann")
    other = editor.add(worded("Walk from logon to logon."))
    heir = editor.merge([item, other.id], worded("Follow logons from device to device."))
    assert heir.support == 1


def test_who_was_shown_a_lesson_says_it_again_in_other_words(library: PamphletLibrary, item: ItemId) -> None:
    shown(library, 2)
    assert library.learn([worded(TRACE)], task(2)).supported == (item,)
    assert library.learn([worded(ELSEWHERE)], task(2)).added != (), "another table is another lesson"
    assert [each.content for each in library.items()].count(TRACE) == 0


def test_who_was_not_shown_it_says_something_of_its_own(library: PamphletLibrary, item: ItemId) -> None:
    assert library.learn([worded(TRACE)], task(2)).added != ()


def test_what_comes_close_to_a_tombstone_waits_for_a_person(library: PamphletLibrary, item: ItemId) -> None:
    library.editor("person:ann").retire(item, reason="it misled us")
    learned = library.learn([worded(TRACE), worded(ELSEWHERE)], task(2))
    [kept] = map(library.get, learned.quarantined)
    assert (kept.content, kept.status) == (TRACE, Status.QUARANTINED)
    assert kept.state.note == f"{LIKE_A_TOMB} ({item}, person)"
    assert [library.get(each).content for each in learned.added] == [ELSEWHERE]
    library.editor("person:ann").approve(kept.id)
    assert library.get(kept.id).status is Status.ACTIVE


def test_an_expired_item_does_not_rise_beside_its_twin(library: PamphletLibrary, item: ItemId) -> None:
    editor = library.editor("person:ann")
    twin = editor.add(worded("Follow the device of DeviceLogonEvents from the first one."))
    library.archive.retire_episode("run", None, actor="person:ann")
    assert not library.get(item).live
    assert library.learn([worded(FOLLOW)], task(9, run="later")).supported == (twin.id,)
    assert not library.get(item).live
