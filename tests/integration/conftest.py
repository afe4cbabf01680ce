"""A house over a server on loopback, and runs of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from app.house import AgentPlan, House
from atlas.config import AtlasConfig, MemoryMode
from benchmarks.config import BenchConfig
from benchmarks.harness import run_benchmark
from benchmarks.mock.benchmark import MockBenchmark
from benchmarks.report import RunReport
from benchmarks.task import Benchmark, Split
from core.episode import Lane
from core.settings import Settings
from core.spec import parse_spec
from tests.core.fake_openai import FakeOpenAI, Turn
from tests.integration.investigator import Investigator

KEY = "a-key-that-must-not-be-told"
KNOWN = "openai/gpt-5-mini"
UNKNOWN = "openai/a-model-of-no-price"


@dataclass(kw_only=True)
class Bench:
    """Runs benchmarks through the whole composition, with every role played by one server."""

    house: House
    server: FakeOpenAI
    think: Investigator
    benchmark: Benchmark = field(default_factory=MockBenchmark)
    model: str = KNOWN
    teacher: str = ""
    lane: Lane = Lane.PAIRED
    memory: MemoryMode = MemoryMode.OFF
    max_steps: int = 6
    limit: int | None = None

    async def run(self, workers: int = 1) -> RunReport:
        config = AtlasConfig(lane=self.lane, memory=self.memory, withhold=0.0)
        teacher = parse_spec(self.teacher or self.model)
        plan = AgentPlan(student=parse_spec(self.model), teacher=teacher, config=config)
        library = None if self.memory is MemoryMode.OFF else self.house.blank_library()
        agent = self.house.agent(plan, library)
        questions = self.benchmark.questions((1,), Split.TEST)[: self.limit]
        bench = BenchConfig(groups=(1,), max_steps=self.max_steps)
        try:
            return await run_benchmark(
                self.benchmark, agent, questions, self.house.store, bench, workers=workers
            )
        finally:
            await agent.close()

    def rows(self, run_id: str, table: str) -> list[dict[str, Any]]:
        """The stored rows of a run, as its export has them."""
        lines = (json.loads(line) for line in self.house.store.export(run_id))
        return [line["row"] for line in lines if line["table"] == table]


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """`make_bench(turns..., retries=2, brain options...)`; everything is closed at the end."""
    opened: list[Bench] = []

    def make(*turns: Turn, retries: int = 2, timeout: float = 5.0, **options: Any) -> Bench:
        think = Investigator(**options)
        server = FakeOpenAI(*turns, think=think)
        server.__enter__()
        settings = Settings(
            home=tmp_path / "home",
            embedder="lexical",
            openai_api_key=SecretStr(KEY),
            openai_base_url=server.base_url,
            max_retries=retries,
            request_timeout_seconds=timeout,
        )
        opened.append(Bench(house=House(settings), server=server, think=think))
        return opened[-1]

    yield make
    for bench in opened:
        bench.house.close()
        bench.server.__exit__(None, None, None)
