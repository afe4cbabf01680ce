"""A run in a process of its own, slow enough to be killed in the middle: `python -m ... URL`."""

from __future__ import annotations

import asyncio
import sys

from benchmarks.baselines import BareAgent
from benchmarks.config import BenchConfig, Progress
from benchmarks.harness import run_benchmark
from benchmarks.task import Split
from core.database import Database
from core.episode import Task
from core.recorder import Recorder
from core.store import RunStore
from tests.benchmarks.counting import CountingBenchmark, FunctionStudent, double

CONFIG = BenchConfig(groups=(1, 2))
SIZE = 15


async def slow_answer(task: Task, recorder: Recorder) -> str | None:
    await asyncio.sleep(0.05)
    return double(task)


def say(progress: Progress) -> None:
    sys.stdout.write(f"{progress.done}\n")
    sys.stdout.flush()


def main(url: str) -> None:
    benchmark = CountingBenchmark(SIZE)
    agent = BareAgent(FunctionStudent(slow_answer, looks=5))
    questions = benchmark.questions((1, 2), Split.TEST)
    with Database(url) as database:
        store = RunStore(database)
        asyncio.run(run_benchmark(benchmark, agent, questions, store, CONFIG, workers=3, on_progress=say))


if __name__ == "__main__":
    main(sys.argv[1])
