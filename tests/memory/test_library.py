from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from core.database import Database, open_database
from core.errors import UserError
from memory.items import Audience, Credit, Item, ItemId, Kind, Status
from memory.lexical_embedder import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.rows import raise_change
from memory.tables import CreditRow, EvidenceRow, ExposureRow, ItemRow, ItemVersionRow
from tests.memory.samples import DRAFTS, HOSTS, MAIL, SCOPE, SIGN_IN, STOP, ask, task


def retire(database: Database, item: ItemId) -> None:
    with database.session() as session:
        change = raise_change(session)
        session.execute(update(ItemRow).where(ItemRow.id == item).values(status="retired", change=change))


def test_a_new_lesson_is_a_candidate_and_a_second_task_makes_it_active(library: PamphletLibrary) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    assert library.get(item).status is Status.CANDIDATE
    assert library.learn([SIGN_IN], task(2)).supported == (item,)
    kept = library.get(item)
    assert (kept.status, kept.support, kept.version) == (Status.ACTIVE, 2, 1)
    assert (kept.content, kept.cue, kept.action) == (SIGN_IN.content, SIGN_IN.cue, SIGN_IN.action)
    assert kept.credit == Credit(alpha=1.0, beta=1.0)
    assert [evidence.task_id for evidence in library.evidence(item)] == ["task-1", "task-2"]


def test_the_same_task_of_another_run_is_no_second_task(library: PamphletLibrary) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    library.learn([SIGN_IN], task(1, run="again"))
    assert (library.get(item).status, library.get(item).support) == (Status.CANDIDATE, 1)


def test_learning_twice_changes_nothing_and_says_the_same(library: PamphletLibrary) -> None:
    first = library.learn(DRAFTS, task(1))
    before = library.items()
    assert library.learn(DRAFTS, task(1)) == first
    assert library.items() == before


def test_equal_words_are_one_item_whatever_their_case_and_spaces(library: PamphletLibrary) -> None:
    shouted = replace(HOSTS, content=f"  {HOSTS.content.upper()} ", cue="another cue")
    learned = library.learn([HOSTS, shouted], task(1))
    assert len(learned.added) == len(library.items()) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(HOSTS, scope="synthetic/other"),
        replace(HOSTS, kind=Kind.SUCCESS_CHECK),
        replace(HOSTS, content=f"{HOSTS.content} Always"),
        replace(HOSTS, action=SIGN_IN.action),
    ],
)
def test_another_scope_kind_content_or_action_is_another_item(
    private_library: PamphletLibrary, other: object
) -> None:
    assert len(private_library.learn([HOSTS, other], task(1)).added) == 2  # type: ignore[list-item]


def test_a_refused_draft_does_not_keep_others_out(library: PamphletLibrary) -> None:
    learned = library.learn([replace(HOSTS, content="Look at 10.1.2.3 first"), MAIL], task(1))
    assert learned.refused == ("an IP address",)
    assert [item.content for item in library.items()] == [MAIL.content]


def test_a_retired_lesson_is_not_learned_again(library: PamphletLibrary, database: Database) -> None:
    (item,) = library.learn([MAIL], task(1)).added
    retire(database, item)
    assert library.learn([MAIL], task(2)).refused == ("equal to a retired item",)
    assert library.recall(ask("sender of the mail", floor=0.0)).hits == ()
    assert library.get(item).status is Status.RETIRED


def test_a_failure_in_the_middle_leaves_nothing(database: Database) -> None:
    calls = iter([datetime(2026, 1, 1, tzinfo=UTC)])
    library = PamphletLibrary(database, LexicalEmbedder(), clock=lambda: next(calls))
    with pytest.raises(StopIteration):
        library.learn([SIGN_IN, HOSTS], task(1))
    with database.reading() as session:
        for table in (ItemRow, ItemVersionRow, EvidenceRow):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0
    calls = iter([datetime(2026, 1, 1, tzinfo=UTC)] * 2)
    assert len(library.learn([SIGN_IN, HOSTS], task(1)).added) == 2


def test_credit_is_a_beta_posterior_counted_once_a_task(library: PamphletLibrary) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    for _ in range(3):
        library.credit("run", "task-5", [item], 0.75)
    library.credit("run", "task-6", [item], 0.0)
    library.credit("run", "task-7", [item], None)
    assert library.get(item).credit == Credit(alpha=1.75, beta=2.25)


def test_the_task_that_made_an_item_gives_it_no_credit(library: PamphletLibrary) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    library.credit("run", "task-1", [item], 1.0)
    assert library.get(item).credit == Credit(alpha=1.0, beta=1.0)


def test_a_reward_out_of_range_is_refused_whole(library: PamphletLibrary, database: Database) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    with pytest.raises(UserError, match="between 0 and 1"):
        library.credit("run", "task-9", [item], 1.5)
    with database.reading() as session:
        assert session.execute(select(func.count()).select_from(CreditRow)).scalar_one() == 0


def test_exposures_are_logged_once(library: PamphletLibrary, database: Database) -> None:
    library.learn(DRAFTS, task(1))
    recall = library.recall(ask("IP address of the sign-in", "answer_type:ip"))
    library.log_exposures("run", "task-5", recall)
    library.log_exposures("run", "task-5", recall)
    with database.reading() as session:
        rows = session.scalars(select(ExposureRow)).all()
    assert {row.item_id for row in rows} == {hit.item.id for hit in recall.hits}
    assert {(row.outcome, row.propensity, row.version) for row in rows} == {("shown", 1.0, 1)}


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


def test_a_frozen_library_learns_and_credits_nothing(library: PamphletLibrary) -> None:
    (item,) = library.learn([SIGN_IN], task(1)).added
    frozen = library.frozen_copy()
    assert frozen.learn(DRAFTS, task(2)).refused == ("the memory is frozen",) * len(DRAFTS)
    frozen.credit("run", "task-3", [item], 1.0)
    assert frozen.items() == library.items()
    library.learn([HOSTS], task(4))
    assert len(frozen.items()) == 1
    frozen.close()


def test_a_copy_recalls_the_same_and_goes_its_own_way(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    with Database.in_memory() as target:
        copy = library.copy_to(target)
        query = ask("IP address of the sign-in", "answer_type:ip")
        assert copy.recall(query) == library.recall(query)
        copy.learn([HOSTS], task(2))
        assert copy.get(library.items()[0].id)
        assert {item.status for item in library.items()} == {Status.CANDIDATE}
        with pytest.raises(UserError, match="holds a memory already"):
            library.copy_to(target)


def test_another_writer_is_seen_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'atlas.db'}"
    with open_database(url) as one, open_database(url) as two:
        reader, writer = PamphletLibrary(one, LexicalEmbedder()), PamphletLibrary(two, LexicalEmbedder())
        query = ask("which host", "answer_type:host")
        assert reader.recall(query).abstained
        (item,) = writer.learn([HOSTS], task(1)).added
        assert [hit.item.id for hit in reader.recall(query).hits] == [item]
        writer.credit("run", "task-8", [item], 1.0)
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
    ids = library.learn(DRAFTS, task(0)).added
    for verb, draft, number, reward in sequence:
        if verb == "learn":
            library.learn([DRAFTS[draft]], task(number))
        else:
            library.credit("run", f"task-{number}", [ids[draft]], reward)
    state = [standing(item) for item in library.items()]
    library.close()
    return sorted(state)


def standing(item: Item) -> tuple[object, ...]:
    return (item.id, item.status.value, item.support, item.credit.alpha, item.credit.beta)


@settings(max_examples=25, deadline=None)
@given(events, st.data())
def test_what_is_told_again_changes_nothing(
    sequence: list[tuple[str, int, int, float]], data: st.DataObject
) -> None:
    repeated: list[tuple[str, int, int, float]] = []
    for event in sequence:
        repeated.append(event)
        repeated.append(data.draw(st.sampled_from(repeated)))
    once = {(verb, draft, number): reward for verb, draft, number, reward in reversed(sequence)}
    steady = [(verb, draft, number, once[verb, draft, number]) for verb, draft, number, _ in repeated]
    plain = [(verb, draft, number, once[verb, draft, number]) for verb, draft, number, _ in sequence]
    assert told(steady) == told(plain)


def test_the_teachers_lessons_are_not_the_students(library: PamphletLibrary) -> None:
    library.learn(DRAFTS, task(1))
    text = "Accept an answer when one observation shows the value"
    assert [hit.item.content for hit in library.recall(ask(text, audience=Audience.TEACHER)).hits] == [
        STOP.content
    ]
    assert all(hit.item.audience is Audience.STUDENT for hit in library.recall(ask(text, floor=0.0)).hits)
