from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.budget import Budget, BudgetLimits
from core.chat import ChatReply, ChatRequest, Message, ToolCall
from core.database import Database
from core.episode import (
    Action,
    AttemptStatus,
    Episode,
    Lane,
    Observation,
    Outcome,
    Step,
    Task,
    TaskId,
    Verdict,
)
from core.errors import Limit, LimitReached, UserError
from core.events import AttemptEnded, Judged, TaskStarted
from core.recorder import CallFailure
from core.store import RunId, RunSpec, RunStatus, RunStore, TaskScore, TaskStatus
from core.usage import Role, TokenUsage

KEY = "t/1"
REQUEST = ChatRequest(messages=(Message(role="user", content="hello"),), temperature=0.0)

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
steps = st.builds(
    lambda tool, words, thought, observation, is_error, rows: (
        Action(tool=tool, text=words, thought=thought),
        Observation(text=observation, is_error=is_error, rows=rows, elapsed_seconds=0.25),
    ),
    st.sampled_from(["sql", "submit"]),
    text,
    text,
    text,
    st.booleans(),
    st.none() | st.integers(0, 1000),
)


def task(key: str = KEY) -> Task:
    return Task(id=TaskId(key), prompt="who?", scope="s", group="incident_1", tags=("hard",))


def episode(number: int = 0, length: int = 2, answer: str | None = "it was me") -> Episode:
    return Episode(
        task=task(),
        number=number,
        steps=tuple(
            Step(
                index=i,
                action=Action(tool="sql", text=f"q{i}"),
                observation=Observation(text=f"r{i}", rows=i),
            )
            for i in range(length)
        ),
        answer=answer,
        status=AttemptStatus.SUBMITTED if answer is not None else AttemptStatus.LIMIT,
        limit=None if answer is not None else Limit.STEPS,
    )


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database)


@pytest.fixture
def run_id(store: RunStore) -> RunId:
    return started(store)


def started(store: RunStore) -> RunId:
    run_id = store.create(
        RunSpec(name="counting", config={"benchmark": "counting", "incidents": [1, 2]}, seed=3)
    )
    store.add_tasks(run_id, [(KEY, task())])
    return run_id


def test_a_run_is_made_finished_and_read_again(store: RunStore) -> None:
    run_id = store.create(RunSpec(name="x", config={"a": [1, None, "z"]}, seed=5, prompt_digests={"p": "d"}))
    store.finish(run_id, RunStatus.BUDGET, wall_seconds=2.0)
    store.resume(run_id)
    resumed = store.run(run_id)
    store.finish(run_id, RunStatus.DONE, wall_seconds=1.5, items_after=7)
    done = store.run(run_id)

    assert (resumed.status, resumed.finished_at) == (RunStatus.RUNNING, None)
    assert (done.status, done.wall_seconds, done.spec.memory.items_after) == (RunStatus.DONE, 3.5, 7)
    assert (done.spec.config, done.spec.seed, done.spec.prompt_digests) == (
        {"a": [1, None, "z"]},
        5,
        {"p": "d"},
    )
    assert store.runs(1)[0].id == max(run.id for run in store.runs())


def test_only_a_stopped_run_is_resumed(store: RunStore, run_id: RunId) -> None:
    store.finish(run_id, RunStatus.DONE, wall_seconds=0)

    with pytest.raises(UserError, match="is done"):
        store.resume(run_id)
    with pytest.raises(UserError, match="there is no run nowhere"):
        store.resume("nowhere")


@given(st.lists(steps, max_size=5), st.none() | text)
@settings(max_examples=25, deadline=None)
def test_an_episode_comes_back_as_it_went_in(
    database: Database, moves: list[tuple[Action, Observation]], answer: str | None
) -> None:
    store = RunStore(database)
    run_id = started(store)
    made = tuple(Step(index=i, action=a, observation=o) for i, (a, o) in enumerate(moves))
    given_ = Episode(
        task=task(), number=1, steps=made, answer=answer, status=AttemptStatus.FAILED, error="why"
    )
    store.recorder(run_id, KEY).attempt(given_)

    back = store.episode(run_id, KEY, 1)

    assert back == given_
    assert store.episode(run_id, KEY, 0) is None


def test_text_that_no_database_takes_is_kept_with_a_mark(store: RunStore, run_id: RunId) -> None:
    store.recorder(run_id, KEY).attempt(episode(answer="a\x00b \ud800 é"))

    back = store.episode(run_id, KEY, 0)

    assert back is not None
    assert back.answer == "a\N{REPLACEMENT CHARACTER}b ? é"


def test_telling_twice_changes_nothing(store: RunStore, run_id: RunId) -> None:
    recorder = store.recorder(run_id, KEY)
    told = []
    for _ in range(2):
        recorder.event(TaskStarted(task=KEY))
        for step in episode().steps:
            recorder.step(0, step)
        recorder.attempt(episode())
        recorder.event(AttemptEnded(number=0, status="submitted", queries=2))
        recorder.event(Judged(reward=0.5, rationale="so so"))
        told.append(list(store.export(run_id)))

    assert told[0] == told[1]
    assert sum('"table": "events"' in line for line in told[0]) == 3
    assert sum('"table": "judgements"' in line for line in told[0]) == 1


def test_a_shorter_repeat_leaves_no_step_of_the_go_that_was_cut_off(store: RunStore, run_id: RunId) -> None:
    recorder = store.recorder(run_id, KEY)
    for step in episode(length=5).steps:
        recorder.step(0, step)
    recorder.attempt(episode(0, length=2))
    recorder.attempt(episode(1, length=1))

    store.finish_task(run_id, KEY, Outcome(episodes=(episode(0, length=2),)), wall_seconds=0.1)

    assert (store.tasks(run_id)[0].attempts, store.tasks(run_id)[0].steps) == (1, 2)
    assert store.episode(run_id, KEY, 1) is None


def test_a_finished_task_is_read_with_its_score(store: RunStore, run_id: RunId) -> None:
    outcome = Outcome(
        episodes=(episode(),), lane=Lane.PAIRED, verdict=Verdict.ACCEPTED, reward=0.75, guidance_items=("i1",)
    )
    store.recorder(run_id, KEY).attempt(episode())
    pending = store.tasks(run_id)[0]
    score = TaskScore(value=0.4, success=False, candidates=3)
    store.finish_task(run_id, KEY, outcome, wall_seconds=1.25, score=score)

    done = store.tasks(run_id)[0]

    assert (pending.finished, pending.score) == (False, None)
    assert (done.status, done.lane, done.verdict, done.reward) == (
        TaskStatus.DONE,
        "paired",
        "accepted",
        0.75,
    )
    assert (done.answer, done.guidance_items, done.wall_seconds) == ("it was me", ("i1",), 1.25)
    assert (done.score, done.queries, done.group) == (score, 2, "incident_1")


def test_adding_tasks_again_keeps_what_was_done(store: RunStore, run_id: RunId) -> None:
    store.fail_task(run_id, KEY, "broke", wall_seconds=1.0, score=TaskScore(value=0.0, success=False))
    store.add_tasks(run_id, [(KEY, task()), ("t/2", task("t/2"))])

    assert [(t.key, t.status.value, t.error) for t in store.tasks(run_id)] == [
        (KEY, "failed", "broke"),
        ("t/2", "pending", None),
    ]


def test_calls_are_counted_by_role_in_exclusive_buckets(store: RunStore, run_id: RunId) -> None:
    recorder = store.recorder(run_id, KEY)
    usage = TokenUsage(input=100, cache_read=10, cache_write=0, output=7, reasoning=3)
    tool = ToolCall(id="1", name="sql", arguments='{"q": 1}')
    for _ in range(2):
        recorder.call(Role.STUDENT, "scripted", REQUEST, ChatReply(text="", tool_calls=(tool,), usage=usage))
    recorder.call(Role.TEACHER, "no/such-model", REQUEST, ChatReply(text="hi", usage=TokenUsage(input=5)))
    recorder.call(Role.TEACHER, "no/such-model", REQUEST, CallFailure(message="cut", latency_seconds=0.5))

    student, teacher = store.spend(run_id)

    assert (student.role, student.calls, student.failed, student.usage) == (Role.STUDENT, 2, 0, usage + usage)
    assert (teacher.calls, teacher.failed, teacher.cost_known) == (2, 1, False)
    assert (teacher.usage.input, teacher.usage.output) == (5, None)


def test_a_priced_model_has_a_cost_and_its_price_row(store: RunStore, run_id: RunId) -> None:
    usage = TokenUsage(input=1_000_000, cache_read=0, cache_write=0, output=0, reasoning=0)
    budget = Budget(BudgetLimits(usd=0.01))
    recorder = store.recorder(run_id, KEY, budget)
    recorder.check_budget()
    recorder.call(Role.STUDENT, "openai/gpt-4o-mini", REQUEST, ChatReply(text="", usage=usage))

    (spend,) = store.spend(run_id)

    assert spend.cost_known
    assert spend.cost_usd == pytest.approx(0.15, rel=0.5)
    with pytest.raises(LimitReached, match="USD spent"):
        recorder.check_budget()


def test_every_budget_given_is_held(store: RunStore, run_id: RunId) -> None:
    run_budget, task_budget = Budget(BudgetLimits()), Budget(BudgetLimits(tokens=10))
    recorder = store.recorder(run_id, KEY, run_budget, task_budget)
    recorder.call(Role.STUDENT, "scripted", REQUEST, ChatReply(text="", usage=TokenUsage(input=11)))

    assert run_budget.tokens == 11
    with pytest.raises(LimitReached, match="11 tokens spent of 10"):
        recorder.check_budget()


@given(
    st.lists(st.tuples(text, st.none() | st.floats(0, 1), st.booleans()), min_size=1, max_size=4),
    st.lists(st.tuples(st.none() | st.integers(0, 9999), st.floats(0, 9)), max_size=3),
)
@settings(max_examples=20, deadline=None)
def test_an_exported_run_imports_to_the_same_export(
    database: Database,
    finished: list[tuple[str, float | None, bool]],
    paid: list[tuple[int | None, float]],
) -> None:
    store = RunStore(database)
    run_id = store.create(RunSpec(name="x", config={"benchmark": "x"}))
    keys = [f"t/{n}" for n in range(len(finished))]
    store.add_tasks(run_id, [(key, task(key)) for key in keys])
    for key, (answer, value, fails) in zip(keys, finished, strict=True):
        recorder = store.recorder(run_id, key)
        recorder.event(Judged(reward=value, rationale=answer))
        recorder.attempt(episode(answer=answer))
        for tokens, seconds in paid:
            reply = ChatReply(text=answer, usage=TokenUsage(input=tokens), latency_seconds=seconds)
            recorder.call(Role.JUDGE, "scripted", REQUEST, reply)
        score = TaskScore(value=value, success=None if value is None else value > 0.5)
        if fails:
            store.fail_task(run_id, key, answer, wall_seconds=0.5, score=score)
        else:
            store.finish_task(run_id, key, Outcome(episodes=(episode(),)), wall_seconds=0.5, score=score)
    exported = list(store.export(run_id))

    with Database.in_memory() as elsewhere:
        other = RunStore(elsewhere)
        assert other.import_run(exported) == run_id
        assert other.import_run(exported) == run_id
        assert list(other.export(run_id)) == exported
        assert other.tasks(run_id) == store.tasks(run_id)
        assert other.spend(run_id) == store.spend(run_id)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda lines: [], "there is no run in the file"),
        (lambda lines: lines[1:], "line 1: an exported run begins"),
        (lambda lines: [lines[0], "{broken"], "line 2: not a line"),
        (lambda lines: [lines[0], lines[1].replace('"position"', '"place"')], "line 2: not a line"),
        (lambda lines: [lines[0], *lines[2:]], "line 2 to 3: rows of steps|line 2 to 2: rows of attempts"),
        (lambda lines: [*lines, lines[0]], "belongs to another run"),
    ],
)
def test_a_damaged_export_is_refused_whole(spoil: object, message: str) -> None:
    with Database.in_memory() as database:
        store = RunStore(database)
        run_id = started(store)
        store.recorder(run_id, KEY).attempt(episode())
        lines = list(store.export(run_id))
    assert callable(spoil)
    with Database.in_memory() as database:
        empty = RunStore(database)
        with pytest.raises(UserError, match=message):
            empty.import_run(spoil(lines))
        assert empty.runs() == ()


def test_an_unknown_run_has_no_export(store: RunStore) -> None:
    with pytest.raises(UserError, match="there is no run"):
        list(store.export("nowhere"))


def test_removing_a_run_takes_all_that_hangs_on_it(store: RunStore, run_id: RunId) -> None:
    store.recorder(run_id, KEY).attempt(episode())
    store.remove(run_id)

    assert store.tasks(run_id) == ()
    assert store.episode(run_id, KEY, 0) is None
