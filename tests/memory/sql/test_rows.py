from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.database import Database
from core.guidance import ActionTemplate
from memory.history import Author, Op, state_hash
from memory.items import Evidence, ItemDraft, ItemId, ItemState, Kind, RetiredFor, Status, Trust
from memory.ledger.editor import state_of_draft
from memory.ledger.writing import writing
from memory.library import PamphletLibrary
from memory.sql.rows import (
    add_evidence,
    distinct_tasks,
    in_scope,
    insert_new,
    item_of,
    memory_state,
    select_items,
    select_versions,
    upsert,
)
from memory.sql.tables import ItemRow, ItemVersionRow, OutboxRow
from tests.memory.samples import HOSTS, MAIL, task

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=40)
actions = st.builds(
    ActionTemplate,
    tool=texts,
    template=texts,
    bindings=st.dictionaries(texts, texts, max_size=3),
)
states = st.builds(
    ItemState,
    content=texts,
    cue=texts,
    action=st.none() | actions,
    boundary=texts,
    expected_effect=texts,
    status=st.sampled_from(Status),
    pinned=st.booleans(),
    trust=st.sampled_from(Trust),
    note=texts,
    retired_for=st.none() | st.sampled_from(RetiredFor),
    successors=st.lists(st.sampled_from(["it_a", "it_b", "it_c"]).map(ItemId), max_size=3).map(tuple),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=st.lists(states, min_size=1, max_size=4))
def test_every_version_comes_back_bit_for_bit(
    library: PamphletLibrary, database: Database, states: list[ItemState]
) -> None:
    with writing(database, lambda: datetime(2026, 1, 5, tzinfo=UTC)) as write:
        draft = ItemDraft(kind=Kind.GUARD, scope="soc", content=states[0].content, student_model="small")
        item = write.add(draft, states[0])
        write.record(Op.ADD, Author(actor="person:ann"))
        for state in states[1:]:
            item = write.put(item, state)
            write.record(Op.EDIT, Author(actor="person:ann"))
    with database.reading() as session:
        versions = select_versions().where(ItemRow.id == item.id).order_by(ItemVersionRow.version)
        rows = session.execute(versions).all()
        now = item_of(session.execute(select_items().where(ItemRow.id == item.id)).one())
    assert [item_of(row).state for row in rows] == states
    assert [row.state_hash for row in rows] == [
        state_hash(item.id, "guard", "soc", "small", state) for state in states
    ]
    assert now == item
    assert library.archive.audit().intact


SCOPES = ["soc", "soc/mail", "soc/mail/deep", "soc-2", "socks", "s_c", "s%c", "sxc/a", "s_c/a", "SOC"]


@pytest.mark.parametrize("scope", [*SCOPES, "soc/"])
def test_a_scope_holds_itself_and_what_is_below(
    library: PamphletLibrary, database: Database, scope: str
) -> None:
    with writing(database, lambda: datetime(2026, 1, 5, tzinfo=UTC)) as write:
        for each in SCOPES:
            draft = ItemDraft(kind=Kind.GUARD, scope=each, content="Read it.")
            write.add(draft, state_of_draft(draft))
        write.record(Op.ADD, Author(actor="person:ann"))
    with database.reading() as session:
        found = set(session.scalars(select(ItemRow.scope).where(in_scope(scope))))
    assert found == {each for each in SCOPES if each == scope or each.startswith(f"{scope}/")}


def test_evidence_counts_tasks_and_is_told_once(library: PamphletLibrary, database: Database) -> None:
    (item,) = library.learn([HOSTS], task(1)).added
    now = datetime(2026, 1, 5, tzinfo=UTC)
    with database.session() as session:
        connection = session.connection()
        told = [
            add_evidence(connection, item, Evidence(run_id=run, task_id=name, group="g", reward=None), now)
            for run, name in (("run", "task-1"), ("run", "task-2"), ("other", "task-2"), ("run", "task-2"))
        ]
        assert told == [False, True, True, False]
        assert distinct_tasks(connection, item) == 2
        assert distinct_tasks(connection, item, since=now) == 2
        assert distinct_tasks(connection, item, since=now + timedelta(days=1)) == 1  # the first, told today


def test_a_row_is_inserted_once_and_upserted_whole(library: PamphletLibrary, database: Database) -> None:
    (item,) = library.learn([MAIL], task(1)).added
    row = {"item_id": item, "seq": 9, "attempts": 1, "not_before": None, "claimed_by": "me"}
    row |= {"lease_until": None, "last_error": ""}
    with database.session() as session:
        connection = session.connection()
        assert not insert_new(connection, OutboxRow.__table__, row)
        upsert(connection, OutboxRow.__table__, row)
        (kept,) = connection.execute(select(OutboxRow.__table__)).mappings()
    assert dict(kept) == row


def test_a_memory_has_a_name_from_its_first_write_on(library: PamphletLibrary, database: Database) -> None:
    with database.reading() as session:
        assert memory_state(session) == ("", 0)
    library.learn([MAIL], task(1))
    with database.reading() as session:
        name, change = memory_state(session)
    library.learn([MAIL], task(2))
    with database.reading() as session:
        assert memory_state(session)[0] == name
        assert memory_state(session)[1] > change > 0
