"""Sixteen workers over an agent that waits 300 ms a task: how much of the ideal throughput is left.

Run it by name: `pytest tests/benchmarks/bench_throughput.py`.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.baselines import BareAgent
from benchmarks.config import BenchConfig
from benchmarks.harness import run_benchmark
from benchmarks.task import Split
from core.database import Database, upgrade
from core.episode import Action, Observation, Step, Task
from core.recorder import Recorder
from core.store import RunSpec, RunStore
from tests.benchmarks.counting import CountingBenchmark, FunctionStudent, double

WORKERS = 16
SECONDS = 0.3
ROUNDS = 20


async def waiting(task: Task, recorder: Recorder) -> str | None:
    await asyncio.sleep(SECONDS)
    return double(task)


def _database(tmp_path: Path) -> Database:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    upgrade(url)
    return Database(url)


def test_throughput(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    counting = CountingBenchmark(WORKERS * ROUNDS, (1,))
    questions = counting.questions((1,), Split.TEST)
    agent = BareAgent(FunctionStudent(waiting, looks=10))
    with _database(tmp_path) as database:
        store = RunStore(database)

        def run() -> None:
            config = BenchConfig(groups=(1,))
            asyncio.run(run_benchmark(counting, agent, questions, store, config, workers=WORKERS))

        started = time.perf_counter()
        benchmark.pedantic(run, rounds=1, iterations=1)  # type: ignore[no-untyped-call]
        share = SECONDS * ROUNDS / (time.perf_counter() - started)
    benchmark.extra_info["share_of_ideal"] = share
    assert share >= 0.9


def test_step(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    with _database(tmp_path) as database:
        store = RunStore(database)
        run_id = store.create(RunSpec(name="x", config={}))
        task = CountingBenchmark(1, (1,)).questions((1,), Split.TEST)[0].task
        store.add_tasks(run_id, [(task.id, task)])
        recorder = store.recorder(run_id, task.id)
        action = Action(tool="sql", text="SELECT 1", thought="look")
        step = Step(index=0, action=action, observation=Observation(text="row " * 2000))
        benchmark(lambda: recorder.step(0, step))
    assert benchmark.stats is not None
    assert benchmark.stats.stats.median < 1e-3
