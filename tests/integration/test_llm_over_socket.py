"""Student, Teacher and judge over a real socket: what the report counts, and what a run survives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from atlas.config import MemoryMode
from benchmarks.report import RunReport
from benchmarks.synthetic.benchmark import SyntheticBenchmark
from core.episode import Lane
from core.errors import UserError
from core.store import RunStatus, TaskStatus
from tests.core.fake_openai import Received, Turn, answer, error
from tests.integration.conftest import KEY, UNKNOWN, MakeBench
from tests.integration.investigator import (
    DISTILLER,
    JUDGE,
    PROBE,
    STUDENT,
    TEACHER,
    Trouble,
    host_of,
    role_of,
)

BUCKETS = {"input": 60, "cache_read": 40, "output": 15, "reasoning": 5}
CUT = Turn(body=b"{}", cut="before")
HALF = Turn(body=b'{"choices": [{"message": {"content": "half of an answer"}}]}', cut="middle")
PAGE = Turn(body=b"<html>proxy</html>", headers={"content-type": "text/html"})
SECOND_HOST = "mock-1-01"


def tokens_of(report: RunReport) -> dict[str, Any]:
    tokens = report.to_json()["tokens"]
    assert isinstance(tokens, dict)
    return tokens


def once(turn: Turn, role: str = STUDENT, at: int = 2) -> Trouble:
    """The trouble befalls one role's request number `at`, once."""
    seen = 0

    def trouble(asking: str, received: Received) -> Turn | None:
        nonlocal seen
        seen += asking == role
        return turn if asking == role and seen == at else None

    return trouble


def always(turn: Turn, role: str = STUDENT, host: str = SECOND_HOST) -> Trouble:
    """The trouble befalls every request of one role about one host."""

    def trouble(asking: str, received: Received) -> Turn | None:
        return turn if asking == role and host_of(received) == host else None

    return trouble


@pytest.mark.parametrize("speaks_tools", [True, False])
async def test_every_role_is_counted_apart_and_every_call_is_a_row(
    make_bench: MakeBench, speaks_tools: bool
) -> None:
    bench = make_bench(speaks_tools=speaks_tools)
    bench.memory = MemoryMode.ON
    report = await bench.run()
    expected = {PROBE: 1, STUDENT: 6, TEACHER: 3, JUDGE: 3, DISTILLER: 3}
    assert (report.success, report.errors, report.figures.n) == (1.0, 0, 3)
    assert dict(bench.think.answered) == expected
    tokens = tokens_of(report)
    for role, count in expected.items():
        assert tokens[role] == {**{b: n * count for b, n in BUCKETS.items()}, "cache_write": None}
    calls = bench.rows(report.run_id, "calls")
    replied = [call for call in calls if call["error"] is None]
    assert len(replied) == sum(expected.values())
    assert len(calls) == len(bench.server.received)
    assert {call["served_model"] for call in replied} == {"fake-model"}
    assert all(call["latency_seconds"] > 0 and call["request"]["messages"] for call in replied)


async def test_the_action_mode_is_found_by_probing_and_then_spoken(make_bench: MakeBench) -> None:
    bench = make_bench(speaks_tools=False)
    report = await bench.run()
    asked = [received.body for received in bench.server.received if role_of(received) == STUDENT]
    assert all("tools" not in body for body in asked)
    schema = asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["tool"]["enum"] == ["sql", "submit"]
    assert report.success == 1.0
    refused = [call for call in bench.rows(report.run_id, "calls") if call["error"]]
    assert [(call["role"], call["retries"]) for call in refused] == [(PROBE, 0)]


async def test_a_known_model_has_its_cost_from_the_row_that_is_kept(make_bench: MakeBench) -> None:
    bench = make_bench()
    report = await bench.run()
    prices = [json.loads(call["price_row"])["prices"] for call in bench.rows(report.run_id, "calls")]
    million = 1e6
    expected = sum(
        60 * float(row["input_mtok"]) / million
        + 40 * float(row["cache_read_mtok"]) / million
        + 20 * float(row["output_mtok"]) / million
        for row in prices
    )
    assert report.cost_known
    assert report.cost_usd == pytest.approx(expected)
    assert expected > 0


async def test_a_model_without_a_price_has_an_unknown_cost(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.model = UNKNOWN
    report = await bench.run()
    document = report.to_json()
    assert report.success == 1.0
    assert (document["cost_known"], document["cost_usd"]) == (False, None)
    assert tokens_of(report)[STUDENT]["input"] == 6 * BUCKETS["input"]


async def test_a_server_that_withholds_its_usage_makes_it_unknown_and_never_zero(
    make_bench: MakeBench,
) -> None:
    silent = answer(json.dumps({"valid": True, "reasons": [], "guidance": []}))
    bench = make_bench(trouble=once(silent, TEACHER))
    report = await bench.run()
    assert set(tokens_of(report)[TEACHER].values()) == {None}
    assert tokens_of(report)[JUDGE]["input"] == 3 * BUCKETS["input"]
    assert not report.cost_known


@pytest.mark.parametrize(
    "role",
    [STUDENT, *(pytest.param(role, marks=pytest.mark.slow) for role in (TEACHER, JUDGE))],
)
@pytest.mark.parametrize(
    "turn",
    [
        pytest.param(error(429, "slow down", headers={"retry-after-ms": "50"}), id="429"),
        pytest.param(error(500), id="500"),
        pytest.param(CUT, id="cut"),
        pytest.param(HALF, id="half"),
        pytest.param(PAGE, id="page"),
        pytest.param(error(200, "the upstream is down"), id="error-in-200"),
    ],
)
async def test_trouble_in_the_middle_that_passes_costs_one_retry_and_nothing_else(
    make_bench: MakeBench, turn: Turn, role: str
) -> None:
    bench = make_bench(trouble=once(turn, role))
    report = await bench.run()
    calls = bench.rows(report.run_id, "calls")
    assert (report.status, report.success, report.errors) == (RunStatus.DONE, 1.0, 0)
    assert [call["role"] for call in calls if call["retries"]] == [role]
    assert sum(call["retries"] for call in calls) == 1
    assert tokens_of(report)[role]["input"] == BUCKETS["input"] * (6 if role == STUDENT else 3)


async def test_the_wait_that_a_server_asks_for_is_kept(make_bench: MakeBench) -> None:
    bench = make_bench(trouble=once(error(429, headers={"retry-after": "1"})))
    report = await bench.run()
    assert report.run.wall_seconds > 1.0
    assert report.success == 1.0


@pytest.mark.parametrize("turn", [error(500), CUT, HALF, PAGE], ids=["500", "cut", "half", "page"])
async def test_trouble_that_stays_fails_its_task_and_the_run_goes_on(
    make_bench: MakeBench, turn: Turn
) -> None:
    bench = make_bench(trouble=always(turn), retries=1)
    report = await bench.run()
    failed, *_ = [task for task in report.tasks if task.status is TaskStatus.FAILED]
    assert (report.status, report.figures.n, report.errors) == (RunStatus.DONE, 3, 1)
    assert report.success == pytest.approx(2 / 3)
    assert failed.score is not None
    assert (failed.score.value, failed.score.success, failed.answer) == (0.0, False, None)
    assert failed.error is not None
    assert "after 1 retry" in failed.error
    assert KEY not in failed.error
    calls = [call for call in bench.rows(report.run_id, "calls") if call["error"]]
    assert [(call["role"], call["task_key"]) for call in calls] == [(STUDENT, failed.key)]
    assert not report.cost_known


@pytest.mark.parametrize("role", [TEACHER, JUDGE])
async def test_an_answer_outlives_a_teacher_or_judge_that_is_down(make_bench: MakeBench, role: str) -> None:
    bench = make_bench(trouble=always(error(503), role), retries=0)
    report = await bench.run()
    assert (report.success, report.errors) == (1.0, 0)
    task = report.tasks[1]
    assert task.verdict == ("unverified" if role == TEACHER else "accepted")
    assert (task.reward is None) == (role == JUDGE)


async def test_a_server_that_hangs_is_given_up_in_time(make_bench: MakeBench) -> None:
    bench = make_bench(trouble=always(answer("late", delay_seconds=1.5)), retries=0, timeout=0.5)
    report = await bench.run()
    assert report.errors == 1
    assert report.tasks[1].error is not None
    assert "no answer within 0.5 s" in report.tasks[1].error
    assert report.success == pytest.approx(2 / 3)


async def test_a_refused_key_stops_the_run_and_names_the_variable(make_bench: MakeBench) -> None:
    bench = make_bench(trouble=always(error(401, f"wrong key {KEY}")))
    with pytest.raises(UserError, match="OPENAI_API_KEY") as raised:
        await bench.run()
    assert KEY not in str(raised.value)
    (run,) = bench.house.store.runs()
    assert run.status is RunStatus.FAILED
    assert [task.finished for task in bench.house.store.tasks(run.id)] == [True, False, False]


@pytest.mark.parametrize("speaks_tools", [True, False])
async def test_a_model_that_never_submits_ends_at_the_step_limit(
    make_bench: MakeBench, speaks_tools: bool
) -> None:
    bench = make_bench(speaks_tools=speaks_tools, submits=False)
    bench.lane, bench.max_steps, bench.limit = Lane.AUTO, 4, 1
    report = await bench.run()
    (attempt,) = bench.rows(report.run_id, "attempts")
    steps = bench.rows(report.run_id, "steps")
    assert (attempt["status"], attempt["limit_reached"], attempt["answer"]) == ("limit", "steps", None)
    assert [step["tool"] for step in steps] == ["sql", "sql", "sql", "unreadable"]
    assert (report.success, report.errors, report.to_json()["submit_rate"]) == (0.0, 0, 0.0)
    assert bench.think.answered == {PROBE: 1, STUDENT: 3 + 2}


async def test_what_one_run_learned_a_later_one_is_shown(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.memory = MemoryMode.ON
    report = await bench.run()
    first, *others = report.tasks
    assert first.guidance_items == ()
    assert all(len(task.guidance_items) == 1 for task in others)
    asked = [r for r in bench.server.received if role_of(r) == STUDENT and host_of(r) == SECOND_HOST]
    assert "SELECT address FROM Sightings WHERE host = '{host}'" in asked[0].body["messages"][1]["content"]


async def test_synthetic_questions_with_workers_side_by_side(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.benchmark, bench.limit = SyntheticBenchmark(incidents=1, questions_per_incident=12), 6
    report = await bench.run(workers=4)
    document = report.to_json()
    assert (document["n"], document["errors"], document["unscored"]) == (6, 0, 0)
    assert (document["queries_per_task"], document["submit_rate"]) == (1.0, 1.0)
    assert document["calls"] == {
        PROBE: {"all": 1, "failed": 0},
        **{role: {"all": n, "failed": 0} for role, n in ((STUDENT, 12), (TEACHER, 6), (JUDGE, 6))},
    }


async def test_half_a_server_does_not_mix_the_tasks_up(make_bench: MakeBench) -> None:
    """With workers side by side, each task's calls stand under its own key."""
    bench = make_bench(trouble=once(CUT, at=3))
    report = await bench.run(workers=3)
    for task in report.tasks:
        calls = [c for c in bench.rows(report.run_id, "calls") if c["task_key"] == task.key]
        own = [c for c in calls if c["role"] != PROBE]
        assert [c["role"] for c in own] == [STUDENT, STUDENT, TEACHER, JUDGE]
        assert len({_host(c) for c in own}) == 1
    assert report.success == 1.0


def _host(call: dict[str, Any]) -> str:
    text = json.dumps(call["request"], ensure_ascii=False)
    return text.split("The host `", 1)[1].split("`", 1)[0]
