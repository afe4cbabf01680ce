from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.database import Database, open_database
from core.errors import UserError
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Audience, Credit, Item, ItemId, RecallQuery, Status
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from tests.memory.ledger.soundness import check, everything
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, STOP, ask, task

ANN = "person:ann"
QUERIES = (
    ask("which host", "answer_type:host"),
    ask("IP address of the sign-in", "answer_type:ip"),
    ask("Which sender mailed the link?"),
    ask("Accept an answer when one observation shows it", audience=Audience.TEACHER),
)


def retire(database: Database, item: ItemId) -> None:
    """By another process, which tells this one nothing."""
    library = PamphletLibrary(database, LexicalEmbedder())
    library.editor(ANN).retire(item)


def expose(library: PamphletLibrary, task_id: str, query: RecallQuery = QUERIES[1]) -> None:
    library.log_exposures("run", task_id, library.recall(query))


def test_items_are_listed_by_scope_and_status(library: PamphletLibrary) -> None:
    elsewhere = replace(MAIL, scope="synthetic/socks")
    library.learn([*DRAFTS, elsewhere], task(1))
    library.learn([HOSTS], task(2))
    assert len(library.items()) == 5
    assert len(library.items(scope="synthetic")) == 5
    assert len(library.items(scope=SCOPE)) == 4
    assert [item.content for item in library.items(status=Status.ACTIVE)] == [HOSTS.content]
    assert len(library.items(limit=2)) == 2
    with pytest.raises(UserError, match="it_nothing"):
        library.get(ItemId("it_nothing"))


@pytest.mark.parametrize("name", ["gpt\u200b-5", "gpt\u202e-5", "gpt-5\U000e0041"])
def test_a_model_s_name_hides_nothing(private_library: PamphletLibrary, name: str) -> None:
    draft = replace(HOSTS, student_model=name)
    learned = private_library.learn([draft], task(1))
    assert learned.added == ()
    assert learned.refused
    with pytest.raises(UserError, match="may not stand in memory"):
        private_library.editor(ANN).add(draft)
    assert all(item.student_model.isprintable() for item in private_library.items())


SCOPES = ("A/z", "B", "a-c", "a.b", "a/b", "a_a", "ab", "b")
"""As their code points order them; a locale puts `a` before `B` and hardly looks at signs."""


def test_items_and_evidence_have_the_same_order_in_every_locale(database: Database) -> None:
    library = PamphletLibrary(database, LexicalEmbedder())
    library.learn([replace(MAIL, scope=each) for each in reversed(SCOPES)], task(1))
    for run in reversed(SCOPES):
        library.learn([replace(MAIL, scope="a/b")], task(2, run=run))
    with in_english(database):
        assert [item.scope for item in library.items()] == list(SCOPES)
        (item,) = library.items(scope="a/b")
        stored = {evidence.run_id for evidence in library.evidence(item.id)}
        assert stored == {"run", *SCOPES}


@contextmanager
def in_english(database: Database) -> Iterator[None]:
    """PostgreSQL with texts that sort as people in one country would, whatever the server's own locale is."""
    if database.engine.dialect.name != "postgresql":
        yield
        return
    change = 'ALTER TABLE items ALTER COLUMN scope TYPE varchar(200) COLLATE "{}"'
    with database.session() as session:
        session.execute(text(change.format("en-x-icu")))
    try:
        yield
    finally:
        with database.session() as session:
            session.execute(text(change.format("default")))


@pytest.mark.parametrize("scope", ["a_b", "a%b", "a.b"])
def test_a_scope_is_no_pattern(private_library: PamphletLibrary, scope: str) -> None:
    private_library.learn([replace(MAIL, scope=each) for each in ("a_b/c", "axb/c", "a.b/c")], task(1))
    assert [item.scope for item in private_library.items(scope=scope)] == [
        each for each in ("a_b/c", "a.b/c") if each.startswith(scope)
    ]


def test_the_teachers_lessons_are_not_the_students(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    words = "Accept an answer when one observation shows the value"
    assert [hit.item.content for hit in library.recall(ask(words, audience=Audience.TEACHER)).hits] == [
        STOP.content
    ]
    assert all(hit.item.audience is Audience.STUDENT for hit in library.recall(ask(words, floor=0.0)).hits)


def frozen_libraries(library: PamphletLibrary, database: Database) -> list[PamphletLibrary]:
    library.archive.snapshot("now", actor=ANN)
    return [
        library.frozen_copy(),
        library.at_snapshot("now"),
        PamphletLibrary(database, LexicalEmbedder(), frozen=True),
    ]


def test_a_frozen_library_refuses_every_write(library: PamphletLibrary, database: Database) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    expose(library, "task-3")
    writes: list[Callable[[PamphletLibrary], object]] = [
        lambda frozen: frozen.editor(ANN),
        lambda frozen: frozen.archive.rollback_item(item, 1, actor=ANN),
        lambda frozen: frozen.archive.rollback(None, 0, actor=ANN),
        lambda frozen: frozen.archive.retire_episode("run", None, actor=ANN),
        lambda frozen: frozen.archive.snapshot("another", actor=ANN),
    ]
    for frozen in frozen_libraries(library, database):
        before = frozen.items()
        assert frozen.learn(DRAFTS, task(2)).refused == ("the memory is frozen",) * len(DRAFTS)
        assert frozen.credit("run", "task-3", TaskOutcome(reward=1.0)) == ()
        for write in writes:
            with pytest.raises(UserError, match="frozen") as refusal:
                write(frozen)
            assert "\n" not in str(refusal.value)
        assert frozen.items() == before
        assert [hit.item.id for hit in frozen.recall(QUERIES[1]).hits] == [item]
        expose(frozen, "task-4")  # which belongs to the run
        assert frozen.exposures(item)[0].task_id == "task-4"
        assert frozen.archive.audit().intact
        frozen.close()


def test_a_frozen_copy_stays_whatever_becomes_of_the_library(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    frozen = library.frozen_copy()
    then = frozen.items()
    recalled = [frozen.recall(query) for query in QUERIES]
    for item in library.items():
        library.editor(ANN).retire(item.id)
    assert frozen.items() == then
    assert [frozen.recall(query) for query in QUERIES] == recalled
    frozen.close()


def fill(library: PamphletLibrary) -> None:
    """Something in every table that a copy takes over."""
    opposite = replace(SIGN_IN, content=SIGN_IN.content.replace("join", "do not join"))
    library.learn([*DRAFTS, opposite, replace(MAIL, content="Look at 10.1.2.3 of EmailEvents")], task(1))
    library.learn([HOSTS, replace(HOSTS, content=HOSTS.content.replace("match on", "match"))], task(2))
    expose(library, "task-3")
    library.credit("run", "task-3", TaskOutcome(reward=1.0, steps=3))
    ann = library.editor(ANN)
    mail = next(item for item in library.items() if item.content == MAIL.content)
    ann.pin(mail.id, reason="always")
    ann.retire(next(item.id for item in library.items() if item.content == STOP.content))
    library.archive.snapshot("before", actor=ANN)


def test_a_copy_is_the_same_in_all_that_was_and_is(library: PamphletLibrary, database: Database) -> None:
    fill(library)
    with Database.in_memory() as target:
        copy = library.copy_to(target)
        assert copy.items() == library.items()
        assert everything(target) == everything(database)
        for query in QUERIES:
            assert copy.recall(query) == library.recall(query)
            assert copy.explain(query) == library.explain(query)
        for item in library.items():
            assert copy.archive.history(item.id) == library.archive.history(item.id)
            assert copy.evidence(item.id) == library.evidence(item.id)
            assert copy.exposures(item.id) == library.exposures(item.id)
            assert copy.trials(item.id) == library.trials(item.id)
        assert copy.archive.events() == library.archive.events()
        assert copy.archive.snapshots() == library.archive.snapshots()
        assert copy.queue() == library.queue()
        check(target)


def test_a_copy_goes_its_own_way(library: PamphletLibrary) -> None:
    fill(library)
    before = library.items()
    with Database.in_memory() as target:
        copy = library.copy_to(target)
        copy.learn([replace(HOSTS, content="Count each host of DeviceInfo once.")], task(8))
        copy.editor(ANN).edit(before[0].id, ItemEdit(cue="other"))
        check(target)
        assert copy.archive.audit().events == library.archive.audit().events + 2
        with pytest.raises(UserError, match="holds a memory already"):
            library.copy_to(target)
    assert library.items() == before


def test_a_copy_goes_between_a_file_and_memory_and_back(library: PamphletLibrary, tmp_path: Path) -> None:
    fill(library)
    with open_database(f"sqlite:///{tmp_path / 'copy.db'}") as target:
        copy = library.copy_to(target)
        back = copy.frozen_copy()
        assert back.items() == library.items()
        assert [back.recall(query) for query in QUERIES] == [library.recall(query) for query in QUERIES]
        assert back.archive.audit() == library.archive.audit()
        back.close()


def test_a_copy_made_while_others_write_is_of_one_moment(database: Database) -> None:
    """The second reader sees what the first began with: events, versions and items that belong together."""
    library = PamphletLibrary(database, LexicalEmbedder())
    library.learn(DRAFTS, task(1))
    if database.path is None and database.engine.dialect.name == "sqlite":
        pytest.skip("a database in memory has one connection")
    with database.reading() as session:
        before = session.execute(text("SELECT count(*) FROM memory_events")).scalar_one()
        PamphletLibrary(database, LexicalEmbedder()).learn([HOSTS], task(2))
        assert session.execute(text("SELECT count(*) FROM memory_events")).scalar_one() == before
    assert library.archive.audit().events == before + 1


def test_another_writer_is_seen_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'atlas.db'}"
    with open_database(url) as one, open_database(url) as two:
        reader, writer = PamphletLibrary(one, LexicalEmbedder()), PamphletLibrary(two, LexicalEmbedder())
        query = ask("which host", "answer_type:host")
        assert reader.recall(query).abstained
        (item,) = writer.learn([HOSTS], task(1)).added
        assert [hit.item.id for hit in reader.recall(query).hits] == [item]
        expose(writer, "task-8", query)
        writer.credit("run", "task-8", TaskOutcome(reward=1.0))
        assert reader.recall(query).hits[0].item.credit.alpha == 2.0
        retire(two, item)
        assert reader.recall(query).abstained


events = st.lists(
    st.tuples(
        st.sampled_from(["learn", "credit"]),
        st.integers(0, len(DRAFTS) - 1),
        st.integers(1, 4),
        st.sampled_from([0.0, 0.5, 1.0]),
    ),
    max_size=12,
)


def told(sequence: list[tuple[str, int, int, float]]) -> list[tuple[object, ...]]:
    library = PamphletLibrary.in_memory(LexicalEmbedder(8))
    library.learn(DRAFTS, task(0))
    for verb, draft, number, reward in sequence:
        if verb == "learn":
            library.learn([DRAFTS[draft]], task(number))
        else:
            expose(library, f"task-{number}", QUERIES[draft % 3])
            library.credit("run", f"task-{number}", TaskOutcome(reward=reward))
    state = [standing(item) for item in library.items()]
    library.close()
    return sorted(state)


def standing(item: Item) -> tuple[object, ...]:
    return (item.id, item.status.value, item.support, item.credit.alpha, item.credit.beta)


@settings(max_examples=12, deadline=None)
@given(events, st.data())
def test_what_is_told_again_at_once_changes_nothing(
    sequence: list[tuple[str, int, int, float]], data: st.DataObject
) -> None:
    twice = [each for event in sequence for each in [event] * data.draw(st.integers(1, 3))]
    assert told(twice) == told(sequence)


def test_the_credit_of_a_task_reaches_what_it_was_shown(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    expose(library, "task-5")
    shown = {hit.item.id for hit in library.recall(QUERIES[1]).hits}
    library.credit("run", "task-5", TaskOutcome(reward=0.25))
    credits = {item.id: item.credit for item in library.items()}
    assert shown
    for item, credit in credits.items():
        expected = Credit(alpha=1.25, beta=1.75) if item in shown else Credit(alpha=1.0, beta=1.0)
        assert credit == expected


def test_a_task_is_drawn_alike_until_a_run_of_it_has_ended(library: PamphletLibrary) -> None:
    first = library.draw("one", "task-1", seed=3)
    assert library.draw("another", "task-1", seed=3) == first
    assert first not in {library.draw("one", "task-2", seed=3), library.draw("one", "task-1", seed=4)}
    library.credit("one", "task-1", TaskOutcome(reward=1.0))
    assert library.draw("one", "task-1", seed=3) == first, "a resumed run draws what it drew"
    assert library.draw("another", "task-1", seed=3) != first
