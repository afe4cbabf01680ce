from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.baselines import BareAgent
from benchmarks.comparison import compare, comparison_text
from benchmarks.config import BenchConfig
from benchmarks.harness import run_benchmark
from benchmarks.plots import plot_learning_curve, rolling
from benchmarks.report import RunReport, build_report
from benchmarks.report_text import report_text, text_table
from benchmarks.task import Split
from core.chat import ChatReply, ChatRequest
from core.database import Database
from core.episode import Task
from core.errors import UserError
from core.recorder import CallFailure, Recorder
from core.store import RunSpec, RunStore
from core.usage import Role, TokenUsage
from tests.benchmarks.counting import Answerer, CountingBenchmark, FunctionStudent, double

KEYS = {
    *(
        "run_id",
        "benchmark",
        "question_set",
        "incidents",
        "n",
        "success",
        "success_ci95",
        "reward",
        "unscored",
    ),
    *(
        "steps_per_task",
        "queries_per_task",
        "tokens",
        "cost_usd",
        "cost_known",
        "wall_seconds",
        "memory",
        "errors",
    ),
    *("multi_candidate_share", "by_incident", "submit_rate", "seed", "note"),
}


@pytest.fixture
def store() -> Iterator[RunStore]:
    with Database.in_memory() as database:
        yield RunStore(database)


async def run(store: RunStore, answerer: Answerer, *, looks: int = 1, size: int = 4) -> RunReport:
    benchmark = CountingBenchmark(size)
    agent = BareAgent(FunctionStudent(answerer, looks=looks))
    questions = benchmark.questions((1, 2), Split.TEST)
    return await run_benchmark(benchmark, agent, questions, store, BenchConfig(groups=(1, 2)))


async def right(task: Task, recorder: Recorder) -> str | None:
    return double(task)


async def right_in_incident_1(task: Task, recorder: Recorder) -> str | None:
    return double(task) if task.group == "incident_1" else None


async def test_the_document_names_what_the_contract_names(store: RunStore) -> None:
    report = await run(store, right_in_incident_1)
    document = json.loads(json.dumps(report.to_json()))

    assert set(document) >= KEYS
    assert document["success_ci95"] == pytest.approx([0.2152, 0.7848], abs=1e-4)
    assert {k: (v["n"], v["success"]) for k, v in document["by_incident"].items()} == {
        "incident_1": (4, 1.0),
        "incident_2": (4, 0.0),
    }
    assert (document["submit_rate"], document["multi_candidate_share"]) == (0.5, 0.0)
    assert build_report(store, report.run_id) == report


async def test_tokens_stand_by_role_and_an_unknown_cost_is_no_cost(store: RunStore) -> None:
    async def paid(task: Task, recorder: Recorder) -> str | None:
        request = ChatRequest(messages=())
        usage = TokenUsage(input=10, cache_read=1, cache_write=0, output=2)
        recorder.call(Role.STUDENT, "no/such-model", request, ChatReply(text="", usage=usage))
        recorder.call(Role.SCORER, "no/such-model", request, CallFailure(message="x", latency_seconds=1.0))
        return double(task)

    document = (await run(store, paid, size=2)).to_json()

    assert document["tokens"] == {
        "student": {"input": 40, "cache_read": 4, "cache_write": 0, "output": 8, "reasoning": None},
        "scorer": {"input": 0, "cache_read": 0, "cache_write": 0, "output": 0, "reasoning": 0},
    }
    assert document["calls"] == {"student": {"all": 4, "failed": 0}, "scorer": {"all": 4, "failed": 4}}
    assert (document["cost_usd"], document["cost_known"]) == (None, False)


def test_a_run_of_nothing_has_no_figures_but_reports(store: RunStore) -> None:
    report = build_report(store, store.create(RunSpec(name="x", config={})))

    assert (report.success, report.to_json()["success_ci95"], report.to_json()["n"]) == (None, None, 0)
    assert "0 of 0 tasks" in report_text(report)
    with pytest.raises(UserError, match="there is no run"):
        build_report(store, "nowhere")


async def test_two_runs_are_compared_in_pairs(store: RunStore) -> None:
    weak = await run(store, right_in_incident_1, looks=3)
    strong = await run(store, right)
    small = await run(store, right, size=3)

    comparison = compare(weak, strong)
    assert (comparison["n"], comparison["difference"], comparison["gained"], comparison["lost"]) == (
        8,
        0.5,
        4,
        0,
    )
    assert comparison["mcnemar_p"] == 0.125
    assert comparison["queries_difference"] == -2.0
    assert comparison["queries_difference_ci95"] == [-2.0, -2.0]
    assert compare(strong, weak)["difference"] == -0.5
    assert (compare(strong, small)["n"], compare(strong, small)["only_first"]) == (6, 2)
    assert comparison_text(comparison).startswith("8 paired questions: success +0.500")


async def test_the_text_says_the_totals_and_each_incident(store: RunStore) -> None:
    text = report_text(await run(store, right_in_incident_1))

    assert "8 of 8 tasks, 0 failed, 0 unscored, 1.00 queries a task, 0.0000 USD" in text
    assert [line.split()[:3] for line in text.splitlines()[-3:]] == [
        ["all", "8", "0.500"],
        ["incident_1", "4", "1.000"],
        ["incident_2", "4", "0.000"],
    ]
    assert text_table([]) == ""


def test_a_rolling_mean_starts_with_what_there_is() -> None:
    assert rolling([1.0, 0.0, 0.0, 1.0], 2) == [1.0, 0.5, 0.0, 0.5]
    assert rolling([], 3) == []
    with pytest.raises(ValueError, match="window"):
        rolling([1.0], 0)


async def test_the_learning_curve_is_a_picture(store: RunStore, tmp_path: Path) -> None:
    first, second = await run(store, right_in_incident_1), await run(store, right)
    plot_learning_curve(first, second, tmp_path / "curve.png")

    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
