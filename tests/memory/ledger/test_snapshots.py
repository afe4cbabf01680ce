from __future__ import annotations

from dataclasses import replace

import pytest

from core.database import Database
from core.errors import UserError
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Credit, Item, Status
from memory.ledger.archive import Archive
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.drafts import Clock
from tests.memory.ledger.soundness import check
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, ask, task
from tests.memory.worker_crash import table

ANN = "person:ann"
QUERIES = (
    ask("which host", "answer_type:host"),
    ask("From which IP address did the account sign in?", "answer_type:ip"),
    ask("Which sender mailed the link?"),
    ask("Sort the rows of SigninLogs by time", "answer_type:host"),
)
ASCENDING = replace(HOSTS, content="Sort the rows of SigninLogs by time, ascending.")
DESCENDING = replace(HOSTS, content="Sort the rows of SigninLogs by time, descending.")


@pytest.fixture
def archive(library: PamphletLibrary) -> Archive:
    return library.archive


def fill(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    library.learn([ASCENDING], task(1))
    library.learn([DESCENDING], task(2))
    library.learn([ASCENDING, DESCENDING], task(3))  # both stand, and one of the two is shown
    library.learn([HOSTS, MAIL], task(2))
    library.log_exposures("run", "task-3", library.recall(QUERIES[0]))
    library.credit("run", "task-3", TaskOutcome(reward=1.0))


def same_but_for_times(items: tuple[Item, ...]) -> list[Item]:
    return sorted((replace(item, updated_at=item.created_at) for item in items), key=lambda item: item.id)


def test_a_snapshot_keeps_words_standing_and_credit(library: PamphletLibrary, archive: Archive) -> None:
    fill(library)
    then = library.items()
    made = archive.snapshot("before", actor=ANN, reason="the base of the comparison")
    assert (made.items, made.scope, made.actor, made.reason) == (
        6,
        "",
        ANN,
        "the base of the comparison",
    )
    ann = library.editor(ANN)
    for item in then:
        ann.edit(item.id, ItemEdit(content=f"{item.content} Changed."))
        ann.retire(item.id)
    assert same_but_for_times(archive.snapshot_items("before")) == same_but_for_times(then)
    assert archive.snapshot_named("before") == made
    assert archive.audit().intact
    hosts = next(item for item in archive.snapshot_items("before") if item.content == HOSTS.content)
    assert (hosts.credit, hosts.support, hosts.status) == (Credit(alpha=2.0, beta=1.0), 2, Status.ACTIVE)


def test_a_name_is_taken_once_and_for_good(archive: Archive, library: PamphletLibrary) -> None:
    fill(library)
    made = archive.snapshot("before", actor=ANN)
    library.editor(ANN).retire(library.items()[0].id)
    with pytest.raises(UserError, match="there is a snapshot before already") as refusal:
        archive.snapshot("before", actor=ANN)
    assert "\n" not in str(refusal.value)
    assert archive.snapshots() == (made,)
    for name in ("", "  ", " before", "before "):
        with pytest.raises(UserError, match="needs a name"):
            archive.snapshot(name, actor=ANN)
    with pytest.raises(UserError, match="no snapshot after"):
        archive.snapshot_items("after")


def test_equal_memories_have_equal_digests_and_others_do_not(database: Database) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), clock=Clock())
    fill(library)
    archive = library.archive
    one = archive.snapshot("one", actor=ANN)
    two = archive.snapshot("two", actor="person:bo")
    assert one.digest == two.digest
    item = library.items()[0]
    library.log_exposures("run", "task-9", library.recall(QUERIES[0]))
    library.credit("run", "task-9", TaskOutcome(reward=0.0))
    credited = archive.snapshot("credited", actor=ANN)
    library.editor(ANN).pin(item.id)
    pinned = archive.snapshot("pinned", actor=ANN)
    assert len({one.digest, credited.digest, pinned.digest}) == 3
    twin = PamphletLibrary.in_memory(LexicalEmbedder())
    fill(twin)
    assert twin.archive.snapshot("twin", actor=ANN).digest == one.digest
    twin.close()
    check(database)


def test_a_snapshot_of_a_scope_holds_it_and_what_is_below(library: PamphletLibrary, archive: Archive) -> None:
    scopes = (SCOPE, f"{SCOPE}/mail", f"{SCOPE}-2")
    library.learn([replace(MAIL, scope=scope) for scope in scopes], task(1))
    assert archive.snapshot("one", scope=SCOPE, actor=ANN).items == 2
    assert archive.snapshot("none", scope="elsewhere", actor=ANN).items == 0
    assert archive.snapshot_items("none") == ()


def test_a_snapshot_opens_as_a_frozen_library_that_recalls_as_then(
    library: PamphletLibrary, archive: Archive
) -> None:
    fill(library)
    then = [library.recall(query) for query in QUERIES]
    archive.snapshot("before", actor=ANN)
    ann = library.editor(ANN)
    for number, item in enumerate(library.items()):
        ann.edit(item.id, ItemEdit(content=f"All that counts is {table(number)}.", cue=""))
    old = library.at_snapshot("before")
    assert old.archive.audit().intact
    for query, recall in zip(QUERIES, then, strict=True):
        now = old.recall(query)
        assert [(hit.item.id, hit.score) for hit in now.hits] == [
            (hit.item.id, hit.score) for hit in recall.hits
        ]
        assert same_but_for_times(tuple(hit.item for hit in now.hits)) == same_but_for_times(
            tuple(hit.item for hit in recall.hits)
        )
    assert old.learn([SIGN_IN], task(7)).refused == ("the memory is frozen",)
    with pytest.raises(UserError, match="frozen"):
        old.editor(ANN)
    old.close()


def test_a_snapshot_of_what_is_retired_since_still_opens(library: PamphletLibrary, archive: Archive) -> None:
    fill(library)
    archive.snapshot("before", actor=ANN)
    archive.rollback(None, 0, actor=ANN)
    assert library.recall(QUERIES[0]).abstained
    old = library.at_snapshot("before")
    assert not old.recall(QUERIES[0]).abstained
    assert len(old.items()) == 6
    old.close()
