"""What a program may do to items, and what stands of its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.database import Database
from core.errors import UserError
from memory.items import ItemId, Status, Trust
from memory.ledger.editor import Editor, ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.hands import ONE, OTHER_WORDS, TWO, draft
from tests.memory.ledger.soundness import everything
from tests.memory.samples import HOSTS, MAIL, task


def test_a_programs_merge_raises_no_item_above_what_it_was(rule: Editor, library: PamphletLibrary) -> None:
    (proven,) = library.learn([ONE], task(1)).added
    library.learn([ONE], task(2))
    other = rule.add(TWO)
    assert rule.merge([other.id, proven], ONE).status is Status.ACTIVE
    third = rule.add(HOSTS)
    assert rule.merge([proven, third.id], draft("Both: AlertInfo, DeviceInfo.")).status is Status.CANDIDATE


@pytest.mark.parametrize("how", ["edit", "merge", "split"])
def test_words_of_a_program_need_a_quorum_of_their_own(
    rule: Editor, library: PamphletLibrary, how: str
) -> None:
    for number in (1, 2):
        library.learn([ONE, TWO], task(number))
    one, two = (item.id for item in library.items())
    said = draft("Read the sender of a mail in EmailEvents.")
    if how == "edit":
        new = rule.edit(one, ItemEdit(content=said.content))
    elif how == "merge":
        new = rule.merge([one, two], said)
    else:
        new = rule.split(one, [said, HOSTS])[0]
    assert (new.status, new.trust, new.support) == (Status.CANDIDATE, Trust.CANDIDATE, 2)
    library.learn([said], task(3))
    assert library.get(new.id).status is Status.CANDIDATE
    library.learn([said], task(4))
    assert (library.get(new.id).status, library.get(new.id).trust) == (Status.ACTIVE, Trust.PROVEN)


def test_a_program_that_leaves_the_words_leaves_their_standing(
    rule: Editor, library: PamphletLibrary
) -> None:
    (item,) = library.learn([ONE], task(1)).added
    library.learn([ONE], task(2))
    assert rule.edit(item, ItemEdit(boundary="Not for mail.")).trust is Trust.PROVEN
    same, other = rule.split(item, [ONE, TWO])
    assert [(each.status, each.trust) for each in (same, other)] == [
        (Status.ACTIVE, Trust.PROVEN),
        (Status.CANDIDATE, Trust.CANDIDATE),
    ]


def test_a_program_may_not_touch_what_is_a_persons(ann: Editor, rule: Editor, database: Database) -> None:
    pinned, human = rule.add(ONE), ann.add(TWO)
    ann.pin(pinned.id)
    free = rule.add(HOSTS)
    before = everything(database)
    touches: list[Callable[[ItemId], object]] = [
        lambda item: rule.edit(item, OTHER_WORDS),
        lambda item: rule.retire(item),
        lambda item: rule.pin(item, False),
        lambda item: rule.merge([item, free.id], MAIL),
        lambda item: rule.split(item, [MAIL, HOSTS]),
    ]
    for item in (pinned.id, human.id):
        for touch in touches:
            with pytest.raises(UserError, match="is a person's"):
                touch(item)
    assert everything(database) == before


def test_a_program_approves_nothing_and_brings_back_nothing_that_is_barred(ann: Editor, rule: Editor) -> None:
    item = rule.add(ONE)
    with pytest.raises(UserError, match="only a person approves"):
        rule.approve(item.id)
    ann.retire(item.id)
    with pytest.raises(UserError, match="retired for good"):
        rule.restore(item.id)
    merged = [rule.add(TWO).id, rule.add(HOSTS).id]
    rule.merge(merged, draft("Both: AlertInfo, DeviceInfo."))
    assert rule.restore(merged[0]).status is Status.CANDIDATE
