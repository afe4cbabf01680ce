from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.baselines import BareAgent
from benchmarks.config import BenchConfig
from benchmarks.harness import run_benchmark
from benchmarks.report import RunReport
from benchmarks.task import Split
from core.database import Database
from core.episode import Task
from core.recorder import Recorder
from core.store import RunStore
from tests.benchmarks.counting import CountingBenchmark, FunctionStudent


@pytest.fixture
def store() -> Iterator[RunStore]:
    with Database.in_memory() as database:
        yield RunStore(database)


async def answers(store: RunStore, told: list[str | None]) -> RunReport:
    """One question, of which the attempts answer what was told."""
    left = iter(told)

    async def answer(task: Task, recorder: Recorder) -> str | None:
        return next(left)

    benchmark = CountingBenchmark(1, (1,))
    agent = BareAgent(FunctionStudent(answer), best_of=len(told))
    questions = benchmark.questions((1,), Split.TEST)
    return await run_benchmark(benchmark, agent, questions, store, BenchConfig(groups=(1,)))


@pytest.mark.parametrize(
    ("told", "given"),
    [
        (["7"], "7"),
        (["7", "200", "200"], "200"),
        (["7", " 200 ", "8", "200"], " 200 "),
        (["7", "8"], "7"),
        ([None, None, "7"], "7"),
        ([None], None),
    ],
)
async def test_the_answer_most_attempts_share_is_given(
    store: RunStore, told: list[str | None], given: str | None
) -> None:
    report = await answers(store, told)

    assert report.tasks[0].answer == given
    assert report.tasks[0].attempts == len(told)
    assert store.episode(report.run_id, report.tasks[0].key, len(told) - 1) is not None


async def test_gold_has_no_part_in_the_choice(store: RunStore) -> None:
    assert (await answers(store, ["200", "7", "7"])).success == 0.0


def test_attempts_are_counted_from_one() -> None:
    assert BareAgent(FunctionStudent(), best_of=3).name == "function best of 3"
    with pytest.raises(ValueError, match="best_of"):
        BareAgent(FunctionStudent(), best_of=0)
