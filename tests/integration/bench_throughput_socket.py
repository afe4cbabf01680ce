"""Sixteen workers over real HTTP to a server that takes 300 ms a call: how much of the ideal is left.

Run it by name: `pytest tests/integration/bench_throughput_socket.py`. The whole of Atlas is in it: graph with
durable checkpoints, run store, Student, Teacher and judge, four calls a question.
"""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_benchmark.fixture import BenchmarkFixture

from app.house import AgentPlan, House
from atlas.config import AtlasConfig, MemoryMode
from benchmarks.config import BenchConfig
from benchmarks.harness import run_benchmark
from benchmarks.mock.benchmark import QUESTIONS, MockBenchmark
from benchmarks.report import RunReport
from benchmarks.task import Split
from core.settings import Settings
from core.spec import parse_spec
from tests.integration.slow_server import slow_server

WORKERS = 16
SECONDS = 0.3
SPEC = parse_spec("openai/gpt-5-mini")


async def work(house: House, count: int, memory: MemoryMode) -> RunReport:
    mock = MockBenchmark(groups=math.ceil(count / QUESTIONS))
    questions = mock.questions(mock.groups, Split.TEST)[:count]
    library = None if memory is MemoryMode.OFF else house.blank_library()
    agent = house.agent(AgentPlan(student=SPEC, teacher=SPEC, config=AtlasConfig(memory=memory)), library)
    try:
        config = BenchConfig(groups=mock.groups)
        return await run_benchmark(mock, agent, questions, house.store, config, workers=WORKERS)
    finally:
        await agent.close()


@pytest.mark.parametrize(
    ("count", "memory", "least"), [(112, "off", 0.9), (100, "off", 0.9), (112, "on", 0.8)]
)
def test_throughput(
    benchmark: BenchmarkFixture, tmp_path: Path, count: int, memory: str, least: float
) -> None:
    """The ideal is that of whole rounds (100 questions are seven rounds of sixteen, as 112 are), after the
    one call by which the Student finds out how the model acts, and for which all wait. Memory adds a
    distilling call, and some milliseconds of the processor for the embedding of each new question.
    """
    reports: list[RunReport] = []
    with slow_server(SECONDS) as url:
        settings = Settings(home=tmp_path, openai_api_key=SecretStr("key"), openai_base_url=url)
        with House(settings) as house:
            asyncio.run(work(house, 1, MemoryMode(memory)))  # imports and models are loaded once a process
            started = time.perf_counter()
            benchmark.pedantic(  # type: ignore[no-untyped-call]
                lambda: reports.append(asyncio.run(work(house, count, MemoryMode(memory)))),
                rounds=1,
                iterations=1,
            )
            seconds = time.perf_counter() - started
    (report,) = reports
    assert (report.success, report.errors) == (1.0, 0)
    each = 4 if memory == "off" else 5
    assert sum(role.calls for role in report.spend) == each * count + 1
    ideal = (1 + math.ceil(count / WORKERS) * each) * SECONDS
    benchmark.extra_info["share_of_ideal"] = ideal / seconds
    benchmark.extra_info["share_of_calls"] = each * count * SECONDS / WORKERS / seconds
    assert ideal / seconds >= least, f"{ideal / seconds:.3f} of the ideal in {seconds:.2f} s"
