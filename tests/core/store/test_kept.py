"""No secret is kept of a run, and nothing but secrets is lost."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import JSON, String, select

from core.chat import ChatReply, ChatRequest, Message, ToolCall
from core.database import Database
from core.episode import Action, AttemptStatus, Episode, Observation, Outcome, Step, Task, TaskId
from core.events import Event, Guided, Judged, Recalled, TaskFailed
from core.recorder import CallFailure
from core.redaction import SECRET
from core.store import RunId, RunSpec, RunStore, TaskScore
from core.store.tables import ALL_TABLES, events
from core.usage import Role

KEY = "t/1"
WORD = "Birch7wood"
TOLD = f"the DB_PASSWORD={WORD} opens it"
ITEM = "it_9f86d081884c7d659a2f"
TASK = Task(id=TaskId(KEY), prompt=TOLD, scope="s", group="g", tags=(TOLD,))
STEP = Step(
    index=0, action=Action(tool=TOLD, text=TOLD, thought=TOLD), observation=Observation(text=TOLD, rows=1)
)
EPISODE = Episode(task=TASK, number=0, steps=(STEP,), answer=TOLD, status=AttemptStatus.SUBMITTED, error=TOLD)
CALL = ToolCall(id="call_q7Zp0LxV3nRt8KdW1yBcQ2w4", name="sql", arguments=json.dumps({"text": f'"{TOLD}"'}))
REQUEST = ChatRequest(messages=(Message(role="tool", content=TOLD, tool_call_id=CALL.id),))


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database)


@pytest.fixture
def run_id(store: RunStore) -> RunId:
    run_id = store.create(RunSpec(name="kept", config={"student": TOLD, "password": "birch", "of": [TOLD]}))
    store.add_tasks(run_id, [(KEY, TASK)])
    recorder = store.recorder(run_id, KEY)
    recorder.step(0, STEP)
    recorder.attempt(EPISODE)
    for event in (
        Guided(notes=(TOLD,)),
        Judged(reward=1.0, rationale=TOLD),
        TaskFailed(error=TOLD, where=TOLD),
    ):
        recorder.event(event)
    recorder.event(Recalled(items=(ITEM,), abstained=False))
    recorder.call(Role.STUDENT, "m", REQUEST, ChatReply(text=TOLD, tool_calls=(CALL,), model=TOLD))
    recorder.call(Role.STUDENT, "m", REQUEST, CallFailure(message=TOLD, latency_seconds=0.0))
    score = TaskScore(value=1.0, success=True)
    outcome = Outcome(episodes=(EPISODE,), guidance_items=(ITEM,))
    store.finish_task(run_id, KEY, outcome, wall_seconds=0.0, score=score)
    return run_id


def test_every_text_of_a_run_is_kept_without_its_secret(store: RunStore, run_id: RunId) -> None:
    lines = list(store.export(run_id))
    assert [line for line in lines if WORD in line] == []
    kept = store.episode(run_id, KEY, 0)
    assert kept is not None
    masked = TOLD.replace(WORD, SECRET)
    assert (kept.answer, kept.error, kept.task.prompt, kept.task.tags) == (masked, masked, masked, (masked,))
    action = kept.steps[0].action
    assert (action.tool, action.text, action.thought, kept.steps[0].observation.text) == (masked,) * 4
    config = store.run(run_id).spec.config
    assert config == {"student": masked, "password": SECRET, "of": [masked]}
    store.fail_task(run_id, KEY, TOLD, wall_seconds=0.0)
    assert store.tasks(run_id)[0].error == masked


def test_what_is_no_secret_stays_as_it_is(store: RunStore, run_id: RunId) -> None:
    (task,) = store.tasks(run_id)
    assert (task.key, task.guidance_items, task.score) == (KEY, (ITEM,), TaskScore(value=1.0, success=True))
    history = store.history(run_id, KEY)
    assert history is not None
    assert history.events[-1].event == Recalled(items=(ITEM,), abstained=False)
    call = store.call(run_id, KEY, 0)
    assert call is not None
    assert call.request["messages"][0]["tool_call_id"] == CALL.id  # type: ignore[index,call-overload]
    (made,) = call.reply["tool_calls"]  # type: ignore[index,call-overload]
    assert made["id"] == CALL.id
    assert json.loads(made["arguments"]) == {"text": f'"{TOLD}"'.replace(WORD, SECRET)}


def test_no_digest_of_an_event_tells_its_secret(database: Database, store: RunStore, run_id: RunId) -> None:
    """Who knows the rest of the event could try passwords against a digest of the whole."""
    event: Event = Guided(notes=(TOLD,))
    store.recorder(run_id, KEY).event(event)
    query = select(events.c.digest).where(events.c.run_id == run_id, events.c.kind == "guided")
    with database.reading() as session:
        digests = session.execute(query).scalars().all()
    assert len(digests) == 1
    assert digests[0] != hashlib.sha256(event.model_dump_json().encode()).hexdigest()


def test_an_export_of_before_is_taken_in_without_its_secrets(store: RunStore, run_id: RunId) -> None:
    lines = [line.replace(SECRET, WORD) for line in store.export(run_id)]
    assert any(WORD in line for line in lines)
    store.remove(run_id)
    store.import_run(lines)
    assert [line for line in store.export(run_id) if WORD in line] == []


def test_every_column_that_holds_the_words_of_others_is_guarded() -> None:
    """Left as they come: keys, numbers, and words that the program itself chose."""
    chosen = {
        *("runs.id", "runs.name", "runs.status", "runs.prompt_digests", "runs.code_version"),
        *("runs.memory_mode", "runs.memory_snapshot"),
        *("tasks.task_id", "tasks.scope", "tasks.task_group", "tasks.status", "tasks.lane", "tasks.verdict"),
        *("tasks.key", "tasks.guidance_items", "attempts.status", "attempts.limit_reached"),
        *(
            "events.kind",
            "events.digest",
            "calls.role",
            "calls.price_row",
            "judgements.judge",
            "scores.scorer",
        ),
    }
    texts = {
        f"{table.name}.{column.name}"
        for table in ALL_TABLES
        for column in table.columns
        if isinstance(column.type, String | JSON) and column.name not in ("run_id", "task_key")
    }
    assert texts == chosen
