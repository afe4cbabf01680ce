from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sql.database import IncidentDatabase, Table, build_database
from benchmarks.sql.environment import SqlEnvironment, show_rows
from core.episode import SUBMIT, Action, Environment, Task, TaskId
from core.errors import Limit, LimitReached, StorageError

TASK = Task(id=TaskId("t"), prompt="?", scope="s", group="g")


def _sql(text: str) -> Action:
    return Action(tool="sql", text=text)


async def test_an_attempt_sees_rows_errors_and_the_end_of_its_steps(database: IncidentDatabase) -> None:
    environment: Environment = SqlEnvironment(database, max_steps=4)
    await environment.reset(TASK)
    seen = await environment.step(_sql("SELECT Team FROM People ORDER BY Team"))
    assert (seen.text, seen.rows, seen.is_error) == ("[(None,), ('red',)]", 2, False)
    wrong = await environment.step(_sql("SELECT nope FROM People"))
    assert (wrong.is_error, wrong.rows) == (True, None)
    other = await environment.step(Action(tool="shell", text="ls"))
    assert other.is_error
    assert "'sql'" in other.text
    assert not (await environment.step(Action(tool=SUBMIT, text="x"))).is_error
    with pytest.raises(LimitReached) as caught:
        await environment.step(_sql("SELECT 1"))
    assert caught.value.limit is Limit.STEPS
    await environment.reset(TASK)
    assert (await environment.step(_sql("SELECT 1"))).text == "[(1,)]"
    await environment.close()


async def test_two_environments_on_one_file_work_at_once(database: IncidentDatabase) -> None:
    environments = [SqlEnvironment(database.path) for _ in range(4)]
    seen = await asyncio.gather(*(e.step(_sql("SELECT COUNT(*) FROM People")) for e in environments))
    assert [o.text for o in seen] == ["[(2,)]"] * 4
    for environment in environments:
        await environment.close()


def test_a_missing_file_is_the_operators_affair(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        SqlEnvironment(tmp_path / "none.sqlite")


def test_rows_are_cut_only_when_they_are_many_and_long() -> None:
    long = "x" * 100_000
    assert show_rows([(long,)] * 15) == str([(long,)] * 15)
    assert show_rows([("x",)] * 5000) == str([("x",)] * 5000)
    many = [("x" * 7000,)] * 16
    assert show_rows(many) == f"Retrieved 16 entries. Displaying first 15 entries.\n{many[:15]}"


def test_a_text_of_exactly_the_limit_is_not_cut() -> None:
    rows = [("x" * 10,)] * 20
    rows[0] = ("x" * (10 + 100_000 - len(str(rows))),)
    assert len(show_rows(rows)) == 100_000
    rows[0] = (rows[0][0] + "x",)
    assert show_rows(rows).startswith("Retrieved 20 entries.")


_CELL = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(rows=st.lists(st.tuples(_CELL, _CELL), max_size=6))
def test_what_is_stored_is_what_is_shown(
    rows: list[tuple[str | None, str | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("db") / "x.sqlite"
    build_database(path, [Table(name="T", columns=("a", "b"), rows=rows)])
    environment = SqlEnvironment(path)
    seen = asyncio.run(environment.step(_sql("SELECT * FROM T")))
    assert seen.text == str(rows)
    asyncio.run(environment.close())
