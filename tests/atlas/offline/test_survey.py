"""Looking around: tables in the order of their likeness, events weighed over all tables."""

from __future__ import annotations

import random
from pathlib import Path

from atlas.offline.desk import Desk
from atlas.offline.findings import Findings
from atlas.offline.routes import Place
from atlas.offline.survey import EventTable, Survey, event_names, rank_tables, read_events
from benchmarks.sql.database import Table, build_database
from benchmarks.sql.environment import SqlEnvironment
from tests.atlas.offline.samples import ADDRESS, LURED, PASTED, ROUTED, bakery, make_question
from tests.atlas.parts import ListRecorder


def _desk(path: Path, max_steps: int = 25) -> Desk:
    return Desk(SqlEnvironment(bakery(path), max_steps=max_steps), ListRecorder(), 0)


def test_tables_that_share_words_with_the_question_come_first() -> None:
    tables = ["WeatherReadings", "JamEvents", "PantryAlerts", "KettleEvents"]
    ranked = rank_tables(make_question("Which kettle was hot?"), tables)
    assert ranked[0] == "KettleEvents"
    assert set(ranked) == set(tables)


def test_where_nothing_is_shared_alerts_come_first_and_ties_by_name() -> None:
    ranked = rank_tables(make_question("What was it?"), ["Zebra", "PantryAlerts", "Apple"])
    assert ranked == ["PantryAlerts", "Apple", "Zebra"]
    shuffled = random.Random(3).sample(ranked, 3)
    assert rank_tables(make_question("What was it?"), shuffled) == ranked
    assert rank_tables(make_question(), []) == []


async def test_a_column_with_one_name_only_tells_no_event(tmp_path: Path) -> None:
    one = Table(name="One", columns=("Title", "Note"), rows=[("jam", "x"), ("jam", None), ("JAM", "y")])
    desk = Desk(SqlEnvironment(build_database(tmp_path / "x.db", [one])), ListRecorder(), 0)
    assert await event_names(desk, "One", "Title") == []
    assert sorted(await event_names(desk, "One", "Note")) == ["x", "y"]
    assert await event_names(desk, "Missing", "Title") == []


async def test_by_event_reads_the_asked_event_from_a_plain_column(tmp_path: Path) -> None:
    desk, findings = _desk(tmp_path), Findings(make_question())
    await Survey(make_question(), desk, findings).by_event("OvenNotices")
    best = findings.ranked()[0]
    assert (best.value, set(best.places)) == (ADDRESS, {("OvenNotices", Place(column="SourceIp"))})


async def test_by_event_looks_inside_cells_where_no_column_is_named_for_the_answer(tmp_path: Path) -> None:
    desk, findings = _desk(tmp_path), Findings(make_question())
    await Survey(make_question(), desk, findings).by_event("PantryAlerts")
    best = findings.ranked()[0]
    assert (best.value, set(best.places)) == (
        ADDRESS,
        {("PantryAlerts", Place(column="Things", key="Address"))},
    )


async def test_pivot_goes_from_a_value_of_the_question_to_the_answer(tmp_path: Path) -> None:
    question = make_question("It came from 203.0.113.77. What is the host name?")
    desk, findings = _desk(tmp_path), Findings(question)
    await Survey(question, desk, findings).pivot("OvenNotices")
    assert [c.value for c in findings.ranked()] == ["mill-lap7"]


async def test_a_table_without_fitting_columns_costs_one_look(tmp_path: Path) -> None:
    desk, findings = _desk(tmp_path), Findings(make_question())
    survey = Survey(make_question(), desk, findings)
    await survey.by_event("WeatherReadings")
    await survey.pivot("WeatherReadings")
    assert [step.action.text for step in desk.steps] == ["DESCRIBE WeatherReadings"]
    assert findings.ranked() == []


async def test_a_table_that_lacks_the_event_is_not_read_for_another(tmp_path: Path) -> None:
    rows = {
        "Near": [(PASTED, ADDRESS), (LURED, "198.51.100.1")],
        "Far": [(ROUTED, "198.51.100.2"), ("Jam pot", "198.51.100.3")],
    }
    tables = [Table(name=name, columns=("Title", "Ip"), rows=given) for name, given in rows.items()]
    desk = Desk(SqlEnvironment(build_database(tmp_path / "x.db", tables)), ListRecorder(), 0)
    findings = Findings(make_question())
    places = {Place(column="Ip"): 1.0}
    sources = [EventTable(table=name, event_column="Title", places=places) for name in ("Far", "Near")]
    await read_events(make_question(), desk, findings, sources)
    read = [step.action.text for step in desk.steps if "WHERE" in step.action.text]
    assert len(read) == 1
    assert "FROM Near" in read[0]
    assert findings.ranked()[0].value == ADDRESS
