"""The Student without a model, over small databases that it has never seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.offline.advice import Advice
from atlas.offline.investigator import OfflineStudent
from atlas.offline.routes import Place, Route, route_action
from atlas.offline.vocabulary import AnswerType
from benchmarks.sql.database import IncidentDatabase, Table, build_database
from benchmarks.sql.environment import SqlEnvironment
from core.episode import AttemptStatus, Episode
from core.errors import Limit, LimitReached
from core.guidance import Guidance, GuidanceItem
from tests.atlas.offline.samples import ADDRESS, CONTEXT, LURED, PASTED, PROMPT, ROUTED, bakery, make_task
from tests.atlas.parts import ListRecorder, TableEnvironment

NOTHING = Guidance()


def _route(table: str, column: str, key: str = "", event: str = "Title", **worth: float) -> GuidanceItem:
    route = Route(
        answer_type=AnswerType.IP, table=table, event_column=event, place=Place(column=column, key=key)
    )
    return GuidanceItem(
        id=f"{table}.{column}.{key}",
        version=1,
        kind="action_schema",
        content="a route",
        action=route_action(route),
        worth=worth.get("worth", 0.8),
        support=int(worth.get("support", 3)),
    )


async def _attempt(
    database: IncidentDatabase, guidance: Guidance = NOTHING, prompt: str = PROMPT, max_steps: int = 25
) -> Episode:
    environment = SqlEnvironment(database, max_steps=max_steps)
    recorder = ListRecorder()
    episode = await OfflineStudent().attempt(make_task(prompt), environment, guidance, recorder, 0)
    await environment.close()
    assert tuple(recorder.steps.values()) == episode.steps
    assert len(episode.steps) <= max_steps
    return episode


def _texts(episode: Episode) -> list[str]:
    return [step.action.text for step in episode.steps]


async def test_it_finds_the_answer_by_looking_around(tmp_path: Path) -> None:
    episode = await _attempt(bakery(tmp_path))
    assert (episode.answer, episode.status) == (ADDRESS, AttemptStatus.SUBMITTED)
    assert _texts(episode)[0] == "SHOW TABLES"
    assert [step.action.is_submit for step in episode.steps].index(True) == len(episode.steps) - 1


async def test_the_same_question_is_worked_in_the_same_way_twice(tmp_path: Path) -> None:
    assert _texts(await _attempt(bakery(tmp_path))) == _texts(await _attempt(bakery(tmp_path)))


@pytest.mark.parametrize(
    ("item", "table"),
    [
        (_route("OvenNotices", "SourceIp"), "OvenNotices"),
        (_route("PantryAlerts", "Things", "Address", event="AlertName"), "PantryAlerts"),
    ],
)
async def test_with_a_route_it_asks_less_and_touches_that_table_only(
    tmp_path: Path, item: GuidanceItem, table: str
) -> None:
    database = bakery(tmp_path)
    alone, guided = await _attempt(database), await _attempt(database, Guidance(items=(item,)))
    assert guided.answer == alone.answer == ADDRESS
    assert guided.queries == 2 < alone.queries
    assert all(f"FROM {table}" in text for text in _texts(guided)[:-1])


async def test_a_route_for_another_type_is_left_alone(tmp_path: Path) -> None:
    other = Route(
        answer_type=AnswerType.FILE, table="Diary", event_column="EventName", place=Place(column="FileName")
    )
    item = GuidanceItem(id="x", version=1, kind="action_schema", content="c", action=route_action(other))
    database = bakery(tmp_path)
    assert _texts(await _attempt(database, Guidance(items=(item,)))) == _texts(await _attempt(database))


async def test_items_without_a_route_are_left_alone(tmp_path: Path) -> None:
    plain = GuidanceItem(id="x", version=1, kind="guard", content="Eat jam.")
    assert (await _attempt(bakery(tmp_path), Guidance(items=(plain,)))).answer == ADDRESS


async def test_a_stale_route_falls_back_to_looking_around(tmp_path: Path) -> None:
    database = bakery(tmp_path)
    episode = await _attempt(database, Guidance(items=(_route("GoneTable", "SourceIp"),)))
    alone = await _attempt(database)
    assert episode.answer == ADDRESS
    assert episode.steps[0].observation.is_error
    assert episode.queries == alone.queries + 1


@pytest.mark.parametrize("item", [_route("Only", "GoneIp"), _route("Only", "Ip", event="GoneTitle")])
async def test_a_route_with_a_renamed_column_does_not_hide_its_table(
    tmp_path: Path, item: GuidanceItem
) -> None:
    rows = [(LURED, "198.51.100.5"), (PASTED, ADDRESS), (ROUTED, "192.0.2.44")]
    only = build_database(tmp_path / "x.db", [Table(name="Only", columns=("Title", "Ip"), rows=rows)])
    assert (await _attempt(only, Guidance(items=(item,)))).answer == ADDRESS


async def test_of_two_routes_the_better_supported_one_decides(tmp_path: Path) -> None:
    rows = [(name, f"203.0.113.{n}", f"192.0.2.{n}") for n, name in enumerate((LURED, PASTED, ROUTED), 1)]
    table = Table(name="Two", columns=("Title", "NearIp", "FarIp"), rows=rows)
    database = build_database(tmp_path / "x.db", [table])
    for near_support, far_support, answer in ((1, 8, "192.0.2.2"), (8, 1, "203.0.113.2")):
        near = _route("Two", "NearIp", support=near_support)
        far = _route("Two", "FarIp", support=far_support)
        for items in ((near, far), (far, near)):
            assert (await _attempt(database, Guidance(items=items))).answer == answer


async def test_asked_to_corroborate_it_looks_for_a_second_table(tmp_path: Path) -> None:
    database, item = bakery(tmp_path), _route("OvenNotices", "SourceIp")
    again = await _attempt(database, Guidance(items=(item,), notes=(Advice.CORROBORATE.value,)))
    assert again.answer == ADDRESS
    assert any("FROM PantryAlerts" in text for text in _texts(again))


@pytest.mark.parametrize("max_steps", range(1, 12))
async def test_it_never_takes_more_steps_than_there_are(tmp_path: Path, max_steps: int) -> None:
    episode = await _attempt(bakery(tmp_path, spare_tables=20), max_steps=max_steps)
    submitted = episode.status is AttemptStatus.SUBMITTED
    assert submitted == (episode.answer is not None) == any(s.action.is_submit for s in episode.steps)


async def test_few_steps_are_enough_with_a_route(tmp_path: Path) -> None:
    episode = await _attempt(
        bakery(tmp_path), Guidance(items=(_route("OvenNotices", "SourceIp"),)), max_steps=3
    )
    assert episode.answer == ADDRESS


async def test_it_submits_nothing_when_nothing_fits(tmp_path: Path) -> None:
    episode = await _attempt(
        bakery(tmp_path), prompt=f"{CONTEXT} What is the security identifier of the baker?"
    )
    assert (episode.answer, episode.status) == (None, AttemptStatus.LIMIT)
    assert not any(step.action.is_submit for step in episode.steps)


@pytest.mark.parametrize("prompt", ["", "?", "How many times?", "Which file? `'; --` %s {0}", "(" * 300])
async def test_odd_prompts_end_in_good_order(tmp_path: Path, prompt: str) -> None:
    assert not (await _attempt(bakery(tmp_path), prompt=prompt)).error


@pytest.mark.parametrize(("asked", "several"), [("Which IP was", False), ("Which IPs were", True)])
async def test_several_answers_only_where_several_are_asked_for(
    tmp_path: Path, asked: str, several: bool
) -> None:
    rows = [(LURED, "198.51.100.5"), (PASTED, "203.0.113.1"), (PASTED, "203.0.113.2"), (ROUTED, "192.0.2.4")]
    table = Table(name="Notices", columns=("Title", "Ip"), rows=rows)
    database = build_database(tmp_path / "x.db", [table])
    episode = await _attempt(database, prompt=f"{asked} seen when a strange jam was pasted aboard?")
    assert episode.answer is not None
    parts = set(episode.answer.split(", "))
    assert parts <= {"203.0.113.1", "203.0.113.2"}
    assert len(parts) == (2 if several else 1)


async def test_an_empty_database_gives_no_answer(tmp_path: Path) -> None:
    episode = await _attempt(build_database(tmp_path / "x.db", []))
    assert (episode.answer, episode.queries) == (None, 1)


async def test_a_spent_budget_ends_the_attempt() -> None:
    recorder = ListRecorder(limit=Limit.TOKENS)
    with pytest.raises(LimitReached):
        await OfflineStudent().attempt(make_task(), TableEnvironment(), NOTHING, recorder, 0)
