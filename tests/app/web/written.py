"""A run written step by step, with model calls, an attempt that never ended, and markup in every text."""

from __future__ import annotations

from dataclasses import dataclass

from app.house import House
from core.chat import ChatReply, ChatRequest, Message, ToolCall, ToolSpec
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
from core.events import AttemptEnded, Distilled, Guided, Judged, LaneChosen, Recalled, TaskStarted, Validated
from core.guidance import ActionTemplate
from core.recorder import CallFailure, Recorder
from core.settings import Settings
from core.store import MemoryUse, RunSpec, TaskScore
from core.usage import Role, TokenUsage
from memory.credit.outcome import TaskOutcome
from memory.embedding.lexical import LexicalEmbedder
from memory.items import Evidence, Hit, ItemDraft, ItemId, Kind, Recall
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
KEY = "invented/1/a b?c#<d>"
UNFINISHED = "invented/1/unfinished"
NOTE = f"invented rows are easier {EVIL}"
MODEL = "invented/model-<i>"


@dataclass(frozen=True, kw_only=True)
class Written:
    settings: Settings
    run_id: str
    item_id: ItemId


def write_run(settings: Settings) -> Written:
    with House(settings) as house:
        spec = RunSpec(
            name="invented",
            config={"note": NOTE, "question_set": EVIL, "split": "test", "student": EVIL, "lane": "paired"},
            memory=MemoryUse(mode="on", items_before=0, items_after=1),
        )
        run_id = house.store.create(spec)
        house.store.add_tasks(run_id, [(KEY, _task(KEY)), (UNFINISHED, _task(UNFINISHED))])
        library = PamphletLibrary(house.database, LexicalEmbedder())
        item_id = _teach(library, run_id)
        _work(house.store.recorder(run_id, KEY), item_id)
        outcome = Outcome(
            episodes=(_episode(),),
            lane=Lane.PAIRED,
            verdict=Verdict.ACCEPTED,
            reward=1.0,
            guidance_items=(item_id,),
        )
        score = TaskScore(value=0.4, success=False, candidates=1)
        house.store.finish_task(run_id, KEY, outcome, wall_seconds=1.5, score=score)
        house.store.recorder(run_id, UNFINISHED).step(0, _step())
    return Written(settings=settings, run_id=run_id, item_id=item_id)


def _task(key: str) -> Task:
    return Task(id=TaskId(key), prompt=f"Which host? {EVIL}", scope="invented/soc", group=f"group {EVIL}")


def _step() -> Step:
    return Step(
        index=0,
        action=Action(tool="sql", text=f"SELECT '{EVIL}'", thought=f"look {EVIL}"),
        observation=Observation(text=f"[('{EVIL}',)]", rows=1, elapsed_seconds=0.2),
    )


def _episode() -> Episode:
    return Episode(
        task=_task(KEY), number=0, steps=(_step(),), answer=EVIL, status=AttemptStatus.SUBMITTED, error=EVIL
    )


def _teach(library: PamphletLibrary, run_id: str) -> ItemId:
    draft = ItemDraft(
        kind=Kind.ACTION_SCHEMA,
        scope="invented/soc",
        content="Read the hosts in order <b>of time</b>.",
        cue="answer_type:host",
        action=ActionTemplate(tool="sql", template="SELECT <column> FROM t", bindings={"column": "<i>"}),
        boundary="<u>never</u>",
        expected_effect="<u>one query</u>",
    )
    evidence = Evidence(run_id=run_id, task_id=KEY, group=f"group {EVIL}", reward=0.5, note=EVIL)
    learned = library.learn([draft], evidence)
    assert learned.added, learned.refused
    item_id = learned.added[0]
    hit = Hit(item=library.get(item_id), score=0.5, similarity=0.5, keyword=1.0, cue=1.0)
    library.log_exposures(
        run_id, UNFINISHED, Recall(hits=(hit,), abstained=False, degraded=False, embedder="x")
    )
    library.credit(run_id, UNFINISHED, TaskOutcome(reward=1.0, success=True, steps=3, tokens=100))
    library.editor("person:<b>").edit(item_id, ItemEdit(cue="answer_type:host, <u>"), reason=EVIL)
    return item_id


def _work(recorder: Recorder, item_id: ItemId) -> None:
    recorder.event(TaskStarted(task=KEY))
    recorder.event(LaneChosen(lane="paired", reason=EVIL))
    recorder.event(Recalled(items=(item_id, "it_gone"), abstained=False))
    request = ChatRequest(
        messages=(
            Message(role="system", content=EVIL),
            Message(role="assistant", content="", tool_calls=(ToolCall(id="1", name="sql", arguments=EVIL),)),
        ),
        tools=(ToolSpec(name=EVIL, description=EVIL, parameters={}),),
        temperature=0.5,
    )
    usage = TokenUsage(input=100, cache_read=10, cache_write=0, output=20)
    recorder.call(
        Role.STUDENT, MODEL, request, ChatReply(text=EVIL, usage=usage, model=EVIL, latency_seconds=2)
    )
    recorder.call(Role.TEACHER, MODEL, request, CallFailure(message=EVIL, latency_seconds=1.0))
    recorder.attempt(_episode())
    recorder.event(AttemptEnded(number=0, status="submitted", queries=1))
    recorder.event(Validated(number=0, verdict="accepted", reasons=(EVIL,)))
    recorder.event(Guided(notes=(EVIL,)))
    recorder.event(Judged(reward=1.0, rationale=EVIL))
    recorder.event(Distilled(added=(item_id,), supported=(), refused=(EVIL,)))
