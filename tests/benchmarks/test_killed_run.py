from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.baselines import BareAgent
from benchmarks.harness import run_benchmark
from benchmarks.report import RunReport
from benchmarks.task import Split
from core.database import Database, upgrade
from core.store import RunStatus, RunStore
from tests.benchmarks.counting import CountingBenchmark, FunctionStudent
from tests.benchmarks.killed_run import CONFIG, SIZE

ROOT = Path(__file__).parents[2]


def run_and_stop(url: str, after: int, sign: signal.Signals) -> int:
    """Start the run, send the signal once `after` tasks are done, and give the exit status."""
    command = [sys.executable, "-m", "tests.benchmarks.killed_run", url]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= after:
                break
        os.kill(process.pid, sign)
        process.stdout.read()
        return process.wait()


async def resumed(store: RunStore, run_id: str) -> tuple[RunReport, FunctionStudent]:
    benchmark, student = CountingBenchmark(SIZE), FunctionStudent()
    questions = benchmark.questions((1, 2), Split.TEST)
    report = await run_benchmark(benchmark, BareAgent(student), questions, store, CONFIG, resume=run_id)
    return report, student


@pytest.mark.parametrize(
    ("sign", "left_as"), [(signal.SIGKILL, RunStatus.RUNNING), (signal.SIGINT, RunStatus.INTERRUPTED)]
)
async def test_a_stopped_run_is_resumed_with_no_task_lost_and_none_doubled(
    tmp_path: Path, sign: signal.Signals, left_as: RunStatus
) -> None:
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    upgrade(url)
    status = run_and_stop(url, 7, sign)
    with Database(url) as database:
        store = RunStore(database)
        (run,) = store.runs()
        before = [task.key for task in store.tasks(run.id) if task.finished]
        report, student = await resumed(store, run.id)

    assert status != 0
    assert run.status is left_as
    assert 7 <= len(before) < 2 * SIZE
    assert sorted([*before, *student.worked]) == sorted(task.key for task in report.tasks)
    assert (report.status, report.figures.n, report.success) == (RunStatus.DONE, 2 * SIZE, 1.0)
    assert {task.attempts for task in report.tasks} == {1}
    steps = {task.key: task.steps for task in report.tasks}
    assert all(steps[key] == 6 for key in before)
    assert all(steps[key] == 2 for key in student.worked)
