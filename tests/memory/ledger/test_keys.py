"""A write under a key is done once, however often it is told, and says each time what the first one made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.database import Database
from core.errors import UserError
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Op
from memory.items import Item, ItemId, Status
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.soundness import check, everything
from tests.memory.samples import HOSTS, MAIL, SCOPE, SIGN_IN, task

ANN, KEY = "person:ann", "request 7"
ONE = replace(HOSTS, content="Start with the table AlertInfo.")
TWO = replace(HOSTS, content="End with the table AlertEvidence.")

Operation = Callable[[PamphletLibrary, tuple[ItemId, ...]], object]

OPERATIONS: dict[str, Operation] = {
    "add": lambda library, _: library.editor(ANN).add(SIGN_IN, key=KEY),
    "edit": lambda library, ids: library.editor(ANN).edit(ids[0], ItemEdit(cue="new"), key=KEY),
    "edit expecting": lambda library, ids: library.editor(ANN).edit(
        ids[0], ItemEdit(cue="new"), expected=1, key=KEY
    ),
    "merge": lambda library, ids: library.editor(ANN).merge(ids[:2], MAIL_AS_GUARD, key=KEY),
    "merge into one": lambda library, ids: library.editor(ANN).merge(ids[:2], TWO, key=KEY),
    "split": lambda library, ids: library.editor(ANN).split(ids[0], [SIGN_IN, MAIL], key=KEY),
    "retire": lambda library, ids: library.editor(ANN).retire(ids[0], key=KEY),
    "restore": lambda library, ids: library.editor(ANN).restore(ids[3], key=KEY),
    "approve": lambda library, ids: library.editor(ANN).approve(ids[2], key=KEY),
    "reject": lambda library, ids: library.editor(ANN).reject(ids[2], key=KEY),
    "pin": lambda library, ids: library.editor(ANN).pin(ids[0], key=KEY),
    "rollback item": lambda library, ids: library.archive.rollback_item(ids[3], 1, actor=ANN, key=KEY),
    "rollback": lambda library, _: library.archive.rollback(SCOPE, 2, actor=ANN, key=KEY),
    "rollback of nothing": lambda library, _: library.archive.rollback("elsewhere", 2, actor=ANN, key=KEY),
}
MAIL_AS_GUARD = replace(HOSTS, content="Both of it: AlertInfo, AlertEvidence.")


@pytest.fixture
def ids(library: PamphletLibrary) -> tuple[ItemId, ...]:
    """Two of a person's, a candidate, and a tombstone."""
    ann = library.editor(ANN)
    one, two = ann.add(ONE), ann.add(TWO)
    (candidate,) = library.learn([HOSTS], task(1)).added
    gone = ann.add(replace(HOSTS, content="Sort the rows of SigninLogs by time."))
    ann.retire(gone.id)
    return one.id, two.id, candidate, gone.id


def named(made: object) -> tuple[ItemId, ...]:
    if isinstance(made, Item):
        return (made.id,)
    assert isinstance(made, tuple)
    return tuple(each.id if isinstance(each, Item) else each for each in made)


@pytest.mark.parametrize("name", OPERATIONS)
def test_twice_under_one_key_is_once(
    library: PamphletLibrary, database: Database, ids: tuple[ItemId, ...], name: str
) -> None:
    before = len(library.archive.events())
    first = OPERATIONS[name](library, ids)
    after = everything(database)
    assert len(library.archive.events()) > before
    again = PamphletLibrary(database, LexicalEmbedder())  # another process, which heard no answer
    assert OPERATIONS[name](again, ids) == first
    assert everything(database) == after
    check(database)


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_stays_done_whatever_came_after(
    library: PamphletLibrary, database: Database, ids: tuple[ItemId, ...], name: str
) -> None:
    made = named(OPERATIONS[name](library, ids))
    ann = library.editor("person:bo")
    for item in library.items():
        if item.live:
            ann.edit(item.id, ItemEdit(boundary="since then"))
            ann.retire(item.id)
    after = everything(database)
    assert named(OPERATIONS[name](library, ids)) == made
    assert everything(database) == after
    assert all(library.get(each).status is Status.RETIRED for each in made)


def test_a_refused_write_leaves_its_key_free(library: PamphletLibrary) -> None:
    ann = library.editor(ANN)
    item = ann.add(ONE)
    with pytest.raises(UserError):
        ann.restore(item.id, key=KEY)
    assert ann.pin(item.id, key=KEY).pinned
    assert [event.op for event in library.archive.events() if event.author.key == KEY] == [Op.PIN]


def test_a_rollback_says_again_all_that_it_moved(library: PamphletLibrary, ids: tuple[ItemId, ...]) -> None:
    first, last = (library.archive.events()[at].seq for at in (0, -1))
    library.archive.rollback(None, first, actor=ANN)  # just before, in the same author's name
    moved = library.archive.rollback(None, last, actor=ANN, key=KEY)
    library.editor(ANN).pin(ids[0])
    assert len(moved) > 2
    assert library.archive.rollback(None, last, actor=ANN, key=KEY) == moved


def test_learning_and_credit_are_idempotent_by_their_episode(
    library: PamphletLibrary, database: Database
) -> None:
    first = library.learn([HOSTS, MAIL, replace(HOSTS, content="Look at 10.1.2.3")], task(1))
    after = everything(database)
    other = PamphletLibrary(database, LexicalEmbedder())
    assert other.learn([HOSTS, MAIL, replace(HOSTS, content="Look at 10.1.2.3")], task(1)) == first
    assert everything(database) == after
