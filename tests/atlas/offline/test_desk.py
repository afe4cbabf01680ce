"""The desk: steps kept and counted, the last one held back, statements that hostile values cannot break."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.offline.desk import Desk, StepsSpent, like, quoted
from benchmarks.sql.database import Table, build_database
from benchmarks.sql.environment import SqlEnvironment
from core.errors import Limit, LimitReached
from tests.atlas.parts import ListRecorder, TableEnvironment

HOSTILE = [
    "plain", "o'neil", "it''s", 'say "hi"', "C:\\jam\\pot", "a\\'b", "end\\", "\\", "new\\n", "a;b",
    "50%_off", "%", "_", "\\%", "'; DROP TABLE Jam; --", "/* x */", "`tick`", "-- c", "#x", "two\nlines",
    "tab\there", "Größe 東京", "{x}", ":name", "?", "''", "\\\\", "\\'",
]  # fmt: skip


@pytest.fixture
async def jam(tmp_path: Path):  # type: ignore[no-untyped-def]
    table = Table(name="Jam", columns=("v",), rows=[(value,) for value in HOSTILE])
    environment = SqlEnvironment(build_database(tmp_path / "jam.db", [table]), max_steps=200)
    yield environment
    await environment.close()


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_quoted_value_finds_itself_and_nothing_else(jam: SqlEnvironment, value: str) -> None:
    result = await Desk(jam, ListRecorder(), 0).query(f"SELECT v FROM Jam WHERE v = {quoted(value)}")
    assert (result.error, result.rows) == (False, [(value,)])


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_pattern_finds_its_value_as_text(jam: SqlEnvironment, value: str) -> None:
    result = await Desk(jam, ListRecorder(), 0).query(f"SELECT v FROM Jam WHERE v LIKE {like(value)}")
    assert not result.error
    if "\\" not in value:
        assert result.rows == [(other,) for other in HOSTILE if value.lower() in other.lower()]


async def test_a_pattern_finds_a_path_whose_backslashes_were_lost(tmp_path: Path) -> None:
    table = Table(name="Jam", columns=("v",), rows=[("C:jampot.exe",), ("C:jam",)])
    environment = SqlEnvironment(build_database(tmp_path / "jam.db", [table]))
    desk = Desk(environment, ListRecorder(), 0)
    result = await desk.query(
        f"SELECT v FROM Jam WHERE v LIKE {like('C:' + chr(92) + 'jam' + chr(92) + 'pot')}"
    )
    assert result.rows == [("C:jampot.exe",)]
    await environment.close()


async def test_one_step_is_kept_for_the_answer() -> None:
    environment, recorder = TableEnvironment({"A": "[]", "B": "[]", "C": "[]"}, max_steps=3), ListRecorder()
    desk = Desk(environment, recorder, 4)
    await desk.query("A")
    await desk.query("B")
    with pytest.raises(StepsSpent):
        await desk.query("C")
    await desk.submit("jam")
    assert environment.taken == 3
    assert [(s.index, s.action.text) for s in desk.steps] == [(0, "A"), (1, "B"), (2, "jam")]
    assert list(recorder.steps) == [(4, 0), (4, 1), (4, 2)]


async def test_a_statement_asked_twice_costs_nothing_even_when_no_step_is_left() -> None:
    environment = TableEnvironment({"A": "[('x',)]"}, max_steps=2)
    desk = Desk(environment, ListRecorder(), 0)
    first = await desk.query("A")
    again = await desk.query("A")
    assert first.rows == again.rows == [("x",)]
    assert environment.taken == len(desk.steps) == 1


async def test_a_refused_statement_is_remembered_as_an_error_without_rows() -> None:
    environment = TableEnvironment({}, max_steps=5)
    desk = Desk(environment, ListRecorder(), 0)
    for _ in range(2):
        result = await desk.query("SELECT jam")
        assert (result.error, result.rows) == (True, [])
    assert environment.taken == 1


async def test_the_budget_is_asked_before_each_step_and_nothing_is_taken_when_it_is_spent() -> None:
    environment = TableEnvironment({"A": "[]"})
    desk = Desk(environment, ListRecorder(limit=Limit.MONEY), 0)
    with pytest.raises(LimitReached):
        await desk.query("A")
    assert (environment.taken, desk.steps) == (0, [])
