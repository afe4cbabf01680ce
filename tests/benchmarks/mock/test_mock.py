from __future__ import annotations

import pytest

from benchmarks.mock.benchmark import MockBenchmark, sightings
from benchmarks.task import Benchmark, Split
from core.episode import SUBMIT, Action
from core.errors import LimitReached, UserError


async def test_a_student_that_looks_up_the_host_is_right_and_one_that_guesses_is_wrong() -> None:
    benchmark: Benchmark = MockBenchmark(groups=2)
    for question in benchmark.questions((1, 2), Split.TEST):
        environment = benchmark.environment(question, max_steps=3)
        await environment.reset(question.task)
        host = question.task.prompt.split("`")[1]
        seen = await environment.step(
            Action(tool="sql", text=f"SELECT address FROM Sightings WHERE host = '{host}'")
        )
        assert seen.rows == 1
        answer = seen.text.strip("[](),'")
        await environment.step(Action(tool=SUBMIT, text=answer))
        assert (await benchmark.scorer.score(question, answer)).success
        assert (await benchmark.scorer.score(question, "192.0.2.1")).value == 0.0
        assert (await benchmark.scorer.score(question, None)).value == 0.0
        assert answer not in question.task.prompt
        await environment.close()


async def test_the_environment_refuses_writes_unknown_tools_and_a_step_too_many() -> None:
    benchmark = MockBenchmark()
    question = benchmark.questions((1,), Split.TRAIN)[0]
    environment = benchmark.environment(question, max_steps=3)
    assert (await environment.step(Action(tool="sql", text="DELETE FROM Sightings"))).is_error
    assert (await environment.step(Action(tool="shell", text="ls"))).is_error
    count = await environment.step(Action(tool="sql", text="SELECT COUNT(*) FROM Sightings"))
    assert count.text == "[(20,)]"
    with pytest.raises(LimitReached):
        await environment.step(Action(tool="sql", text="SELECT 1"))
    await environment.close()


def test_halves_are_apart_and_unknown_groups_are_refused() -> None:
    benchmark = MockBenchmark()
    test, train = (benchmark.questions((1,), split) for split in (Split.TEST, Split.TRAIN))
    assert len(test) == len(train) == 3
    assert not {question.task.id for question in test} & {question.task.id for question in train}
    assert len({row[2] for row in sightings(1)}) == 20
    with pytest.raises(UserError, match="no group 2"):
        benchmark.questions((2,), Split.TEST)
