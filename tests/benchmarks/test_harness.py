from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks.baselines import BareAgent
from benchmarks.config import BenchConfig, FeedbackMode, Progress
from benchmarks.harness import run_benchmark
from benchmarks.mock.benchmark import MockBenchmark
from benchmarks.report import RunReport
from benchmarks.task import Question, Score, Scorer, Split
from core.budget import BudgetLimits
from core.chat import ChatReply, ChatRequest
from core.database import Database
from core.episode import AttemptStatus, Environment, Episode, Feedback, Outcome, Task
from core.errors import Limit, LimitReached, ProviderError, UserError
from core.recorder import Recorder
from core.store import RunStatus, RunStore, TaskStatus
from core.usage import Role, TokenUsage
from tests.benchmarks.counting import Answerer, CountingBenchmark, FunctionStudent, double

CONFIG = BenchConfig(groups=(1, 2))


@pytest.fixture
def store() -> Iterator[RunStore]:
    with Database.in_memory() as database:
        yield RunStore(database)


@pytest.fixture
def counting() -> CountingBenchmark:
    return CountingBenchmark()


def questions(counting: CountingBenchmark) -> tuple[Question, ...]:
    return counting.questions((1, 2), Split.TEST)


def agent(answerer: Answerer) -> BareAgent:
    return BareAgent(FunctionStudent(answerer))


def breaks_at(number: int, failure: Exception) -> Answerer:
    """Right answers, but for one question."""

    async def answer(task: Task, recorder: Recorder) -> str | None:
        if task.prompt == f"double {number}":
            raise failure
        return double(task)

    return answer


async def test_a_run_is_scored_and_stored(counting: CountingBenchmark, store: RunStore) -> None:
    seen: list[Progress] = []

    async def wrong_in_incident_2(task: Task, recorder: Recorder) -> str | None:
        return double(task) if task.group == "incident_1" else "0"

    report = await run_benchmark(
        counting, agent(wrong_in_incident_2), questions(counting), store, CONFIG, on_progress=seen.append
    )

    document = report.to_json()
    assert report.status is RunStatus.DONE
    assert (document["n"], document["success"], document["reward"], document["errors"]) == (8, 0.5, 0.5, 0)
    assert (document["steps_per_task"], document["queries_per_task"], document["submit_rate"]) == (
        2.0,
        1.0,
        1.0,
    )
    assert (document["cost_usd"], document["cost_known"], document["tokens"]) == (0.0, True, {})
    assert [p.done for p in seen] == list(range(1, 9))
    assert [p.success for p in seen] == [True] * 4 + [False] * 4
    assert all(environment.closed for environment in counting.environments)


async def test_one_failing_question_scores_0_and_the_run_goes_on(
    counting: CountingBenchmark, store: RunStore
) -> None:
    broken = agent(breaks_at(101, ZeroDivisionError("seven\nlines")))
    report = await run_benchmark(counting, broken, questions(counting), store, CONFIG)

    failed = report.tasks[1]
    assert (report.errors, report.status, report.success) == (1, RunStatus.DONE, 7 / 8)
    assert (failed.status, failed.error, failed.answer) == (
        TaskStatus.FAILED,
        "ZeroDivisionError: seven lines",
        None,
    )
    assert failed.score is not None
    assert failed.score.value == 0.0
    assert any("Traceback" in line for line in store.export(report.run_id))
    assert all(environment.closed for environment in counting.environments)


async def test_a_provider_that_fails_is_one_tasks_failure(
    counting: CountingBenchmark, store: RunStore
) -> None:
    failing = agent(breaks_at(100, ProviderError("the endpoint is away")))

    assert (await run_benchmark(counting, failing, questions(counting), store, CONFIG)).errors == 1


async def test_what_the_user_must_mend_stops_the_run_and_leaves_it_resumable(
    counting: CountingBenchmark, store: RunStore
) -> None:
    unset = agent(breaks_at(102, UserError("set OPENAI_API_KEY")))
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        await run_benchmark(counting, unset, questions(counting), store, CONFIG)

    (run,) = store.runs()
    assert run.status is RunStatus.FAILED
    assert [t.finished for t in store.tasks(run.id)] == [True, True] + [False] * 6
    healed = await resumed(counting, store, run.id)
    assert (healed.run_id, healed.success, healed.planned) == (run.id, 1.0, 8)


async def resumed(counting: CountingBenchmark, store: RunStore, run_id: str) -> RunReport:
    right = BareAgent(FunctionStudent())
    return await run_benchmark(counting, right, questions(counting), store, CONFIG, resume=run_id)


async def test_what_cannot_be_scored_is_left_out_of_means_and_counted(
    counting: CountingBenchmark, store: RunStore
) -> None:
    async def answer(task: Task, recorder: Recorder) -> str | None:
        return {"double 100": "unclear", "double 101": "break the scorer"}.get(task.prompt, double(task))

    report = await run_benchmark(counting, agent(answer), questions(counting), store, CONFIG)

    assert (report.figures.n, report.figures.unscored, report.success, report.errors) == (8, 2, 1.0, 0)
    assert not any("the gold is" in line for line in store.export(report.run_id))


async def test_a_spent_budget_stops_the_run_in_good_order_and_a_larger_one_ends_it(
    counting: CountingBenchmark, store: RunStore
) -> None:
    async def paid(task: Task, recorder: Recorder) -> str | None:
        recorder.check_budget()
        usage = TokenUsage(input=10, cache_read=0, cache_write=0, output=0, reasoning=0)
        recorder.call(Role.STUDENT, "scripted", ChatRequest(messages=()), ChatReply(text="", usage=usage))
        return double(task)

    small = BenchConfig(groups=(1, 2), run_limits=BudgetLimits(tokens=25))
    report = await run_benchmark(counting, agent(paid), questions(counting), store, small)
    assert (report.status, report.figures.n, report.planned, report.errors) == (RunStatus.BUDGET, 3, 8, 0)

    again = await run_benchmark(
        counting, agent(paid), questions(counting), store, small, resume=report.run_id
    )
    assert again.figures.n == 3

    larger = BenchConfig(groups=(1, 2), run_limits=BudgetLimits(tokens=1000))
    whole = await run_benchmark(
        counting, agent(paid), questions(counting), store, larger, resume=report.run_id
    )
    assert (whole.status, whole.figures.n, whole.spend[0].usage.input) == (RunStatus.DONE, 8, 80)


async def test_a_tasks_own_limit_fails_the_task_alone(counting: CountingBenchmark, store: RunStore) -> None:
    limited = agent(breaks_at(103, LimitReached(Limit.TOKENS, "11 tokens spent of 10")))
    report = await run_benchmark(counting, limited, questions(counting), store, CONFIG)

    assert (report.status, report.errors, report.success) == (RunStatus.DONE, 1, 7 / 8)
    assert report.tasks[3].error == "tokens limit: 11 tokens spent of 10"


@pytest.mark.parametrize("workers", [1, 3])
async def test_a_cancelled_run_closes_its_environments_and_is_resumed_whole(
    counting: CountingBenchmark, store: RunStore, workers: int
) -> None:
    reached = asyncio.Event()

    async def stuck(task: Task, recorder: Recorder) -> str | None:
        if task.prompt == "double 200":
            reached.set()
            await asyncio.sleep(60)
        return double(task)

    work = asyncio.create_task(
        run_benchmark(counting, agent(stuck), questions(counting), store, CONFIG, workers=workers)
    )
    await reached.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    (run,) = store.runs()
    assert run.status is RunStatus.INTERRUPTED
    assert all(environment.closed for environment in counting.environments)
    done = sum(task.finished for task in store.tasks(run.id))
    assert 1 <= done < 8
    report = await resumed(counting, store, run.id)
    assert (report.status, report.figures.n, report.success) == (RunStatus.DONE, 8, 1.0)
    assert [task.attempts for task in report.tasks] == [1] * 8


async def test_finished_tasks_are_not_worked_again(counting: CountingBenchmark, store: RunStore) -> None:
    with pytest.raises(UserError):
        await run_benchmark(
            counting, agent(breaks_at(201, UserError("mend me"))), questions(counting), store, CONFIG
        )
    student = FunctionStudent()
    await run_benchmark(
        counting, BareAgent(student), questions(counting), store, CONFIG, resume=store.runs()[0].id
    )

    assert student.worked == [q.task.id for q in questions(counting)[5:]]


async def test_resuming_with_other_settings_or_questions_is_refused(
    counting: CountingBenchmark, store: RunStore
) -> None:
    with pytest.raises(UserError):
        await run_benchmark(
            counting, agent(breaks_at(100, UserError("x"))), questions(counting), store, CONFIG
        )
    run_id = store.runs()[0].id
    other = BenchConfig(groups=(1, 2), max_steps=9)
    right = BareAgent(FunctionStudent())

    with pytest.raises(UserError, match="other settings: max_steps"):
        await run_benchmark(counting, right, questions(counting), store, other, resume=run_id)
    turned = tuple(reversed(questions(counting)))
    with pytest.raises(UserError, match="other questions"):
        await run_benchmark(counting, right, turned, store, CONFIG, resume=run_id)
    assert store.run(run_id).status is RunStatus.FAILED


async def test_a_run_whose_settings_held_a_secret_is_resumed(
    counting: CountingBenchmark, store: RunStore
) -> None:
    config = BenchConfig(groups=(1, 2), labels={"student": "http://me:Pw7hunter@host/v1"})
    broken = agent(breaks_at(100, UserError("x")))
    with pytest.raises(UserError, match="x"):
        await run_benchmark(counting, broken, questions(counting), store, config)
    run = store.runs()[0]
    assert run.spec.config["student"] == "http://me:[secret]@host/v1"

    right = BareAgent(FunctionStudent())
    report = await run_benchmark(counting, right, questions(counting), store, config, resume=run.id)
    assert (report.status, report.success) == (RunStatus.DONE, 1.0)


async def test_a_question_asked_twice_is_two_tasks(counting: CountingBenchmark, store: RunStore) -> None:
    twice = questions(counting)[:1] * 2
    report = await run_benchmark(counting, BareAgent(FunctionStudent()), twice, store, CONFIG)

    assert [task.key for task in report.tasks] == ["counting/1/test/0", "counting/1/test/0#2"]


class Listener:
    """An agent that keeps what feedback told it."""

    name = "listener"

    def __init__(self) -> None:
        self.heard: list[float | None] = []

    async def work(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None = None
    ) -> Outcome:
        answer = double(task) if task.group == "incident_1" else "0"
        episode = Episode(task=task, number=0, steps=(), answer=answer, status=AttemptStatus.SUBMITTED)
        self.heard.append(None if feedback is None else await feedback(episode))
        return Outcome(episodes=(episode,), reward=0.25)

    async def close(self) -> None:
        return None


async def test_feedback_is_the_scores_number_on_train_questions_only(
    counting: CountingBenchmark, store: RunStore
) -> None:
    listener, deaf = Listener(), Listener()
    train = BenchConfig(groups=(1, 2), split=Split.TRAIN, feedback=FeedbackMode.SCORE)
    await run_benchmark(counting, listener, counting.questions((1, 2), Split.TRAIN), store, train)
    report = await run_benchmark(counting, deaf, questions(counting), store, CONFIG)

    assert listener.heard == [1.0] * 4 + [0.0] * 4
    assert deaf.heard == [None] * 8
    assert report.to_json()["judge_reward"] == 0.25
    bad = BenchConfig(groups=(1, 2), feedback=FeedbackMode.SCORE)
    with pytest.raises(UserError, match="--split train"):
        await run_benchmark(counting, deaf, questions(counting), store, bad)


class Shelf:
    mode, snapshot = "on", "spring"

    def __init__(self) -> None:
        self.count = 0

    def items(self) -> int:
        self.count += 3
        return self.count


async def test_the_report_tells_of_memory_before_and_after(
    counting: CountingBenchmark, store: RunStore
) -> None:
    report = await run_benchmark(
        counting, BareAgent(FunctionStudent()), questions(counting), store, CONFIG, memory=Shelf()
    )

    assert report.to_json()["memory"] == {
        "mode": "on",
        "items_before": 3,
        "items_after": 6,
        "snapshot": "spring",
    }


async def test_no_workers_is_wrong_use(counting: CountingBenchmark, store: RunStore) -> None:
    with pytest.raises(UserError, match="--workers"):
        await run_benchmark(counting, BareAgent(FunctionStudent()), (), store, CONFIG, workers=0)
    assert store.runs() == ()


async def test_no_gold_stands_in_what_a_run_keeps(store: RunStore) -> None:
    class Opener(Scorer):
        async def score(self, question: Question, answer: str | None) -> Score:
            raise AssertionError("only used to open gold in this test")

    async def wrong(task: Task, recorder: Recorder) -> str | None:
        raise RuntimeError(f"cannot answer {task}")

    mock = MockBenchmark()
    asked = mock.questions(mock.groups, Split.TEST)
    config = BenchConfig(groups=mock.groups)
    report = await run_benchmark(mock, agent(wrong), asked, store, config)

    kept = "".join(store.export(report.run_id))
    golds = [question.gold.reveal_to(Opener()).answer for question in asked]
    assert report.errors == len(asked) > 0
    assert [gold for gold in golds if gold in kept] == []
