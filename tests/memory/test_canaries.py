"""Secrets planted as canaries in all that goes in, and looked for in all that a home keeps or gives out."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.house import CHECKPOINT_FILE, House
from app.web.home import Home
from app.web.server import make_app
from atlas.agent import AtlasAgent
from atlas.checkpoints import SqliteCheckpoints
from atlas.config import AtlasConfig
from atlas.judges.llm import LlmJudge, LlmJudgeConfig
from atlas.students.actions import ActionMode
from atlas.students.llm import LlmStudent, LlmStudentConfig
from atlas.teachers.llm import LlmTeacher
from core.episode import AttemptStatus, Episode, Task
from core.errors import UserError
from core.guidance import ActionTemplate
from core.models.replay import RecordingModel
from core.models.scripted import ScriptedModel
from core.redaction import SECRET
from core.settings import Settings
from core.store import RunSpec, RunStatus
from core.store.run_store import RunStore
from memory.documents.jsonl import export_jsonl
from memory.documents.markdown import render
from memory.items import Audience, Evidence, ItemDraft, ItemId, Kind, RecallQuery
from memory.ledger.editor import Editor, ItemEdit
from memory.library import PamphletLibrary
from tests.atlas.parts import TableEnvironment, make_task
from tests.memory.soak.canaries import BY_LOT, CANARIES, FIELDS, PLACES, Script, planted, planted_apart

TASK = make_task("canary", f"Which address attacked host web-01? {planted('prompt of a task')}")
PLAIN = ItemDraft(
    kind=Kind.GUARD, scope=TASK.scope, content="Host names are short in one table and full in the other."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The run, and all that the models were asked: what they read was really there."""

    run_id: str
    asked: bytes


async def work(house: House, library: PamphletLibrary) -> Worked:
    """One task through the whole graph, and one that fails."""
    config = {"student": planted("configuration of a run"), "split": "test"}
    run_id = house.store.create(RunSpec(name="canaries", config=config))
    broken = replace(TASK, id=make_task("broken").id, prompt="Which host?")
    house.store.add_tasks(run_id, [(TASK.id, TASK), (broken.id, broken)])
    script = Script()
    student, teacher, judge = map(ScriptedModel, (script.student, script.teacher, script.teacher))
    recorded = RecordingModel(student, house.settings.home / "recording.jsonl")
    agent = AtlasAgent(
        LlmStudent(recorded, LlmStudentConfig(mode=ActionMode.TOOLS)),
        LlmTeacher(teacher),
        LlmJudge(judge, LlmJudgeConfig(samples=2)),
        library,
        AtlasConfig(),
        SqliteCheckpoints(house.settings.home / CHECKPOINT_FILE),
        store=house.store,
    )
    row = f"[('203.0.113.9', '{planted('rows of a log')}')]"
    environment = TableEnvironment({"SELECT ip FROM alerts": row})
    outcome = await agent.work(TASK, environment, house.store.recorder(run_id, TASK.id))
    await agent.close()
    assert len(outcome.episodes) == 2
    house.store.finish_task(run_id, TASK.id, outcome, wall_seconds=1.0)
    fail(house.store, run_id, broken)
    asked = repr([model.requests for model in (student, teacher, judge)])
    return Worked(run_id=run_id, asked=asked.encode())


def fail(store: RunStore, run_id: str, task: Task) -> None:
    error = planted("error of an attempt")
    status = AttemptStatus.FAILED
    episode = Episode(task=task, number=0, steps=(), answer=None, status=status, error=error)
    store.recorder(run_id, task.id).attempt(episode)
    store.fail_task(run_id, task.id, planted("error of a task"), wall_seconds=1.0)
    store.finish(run_id, RunStatus.DONE, wall_seconds=2.0)


def keep(library: PamphletLibrary) -> list[str]:
    """What people and programs do to memory; what they were told when they were refused."""
    note = planted("note of evidence")
    for run in ("earlier", "kept"):
        library.learn([PLAIN], Evidence(run_id=run, task_id=run, group="g", reward=1.0, note=note))
    eva, reason = library.editor("person:eva"), planted("reason of an edit")
    added = eva.add(replace(PLAIN, content="Sort the rows by time first."), reason=reason)
    eva.edit(added.id, ItemEdit(cue="time"), reason=reason)
    eva.pin(added.id, reason=reason)
    eva.retire(added.id, reason=reason)
    eva.restore(added.id, reason=reason)
    library.archive.rollback_item(added.id, 1, actor="person:eva", reason=reason)
    library.archive.snapshot("kept", actor="person:eva", reason=planted("reason of a snapshot"))
    library.archive.retire_episode("earlier", None, actor="person:eva", reason=reason)
    told = []
    for text in planted_apart("item of a person"):
        told += refusals(eva, added.id, text)
    for recalled in (library.recall, library.explain):
        query = RecallQuery(
            text=f"Which address? {planted('query of a recall')}",
            scope=TASK.scope,
            audience=Audience.STUDENT,
            draw="canary",
        )
        library.log_exposures("asked", "t", recalled(query))
    assert library.archive.audit().intact
    return told


def refusals(editor: Editor, item_id: ItemId, text: str) -> Iterator[str]:
    """What a person is told who puts a secret into an item."""
    action = ActionTemplate(tool="sql", template=f"SELECT '{text}'")
    with pytest.raises(UserError) as refused:
        editor.add(replace(PLAIN, content=f"Use {text}."))
    yield str(refused.value)
    for edit in (ItemEdit(boundary=text), ItemEdit(action=action)):
        with pytest.raises(UserError) as refused:
            editor.edit(item_id, edit)
        yield str(refused.value)


@contextmanager
def listening() -> Iterator[list[str]]:
    """All that is logged, from DEBUG on."""
    lines: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, ear = logging.getLogger(), Ear(logging.DEBUG)
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def files_of(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it lies there: databases with their write-ahead logs, the vector index."""
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        yield f"file {path.relative_to(home)}", path.read_bytes()


def cells_of(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of every SQLite file."""
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        if not path.read_bytes().startswith(b"SQLite format 3"):
            continue
        with closing(sqlite3.connect(path)) as database:
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):
                    values = (value if isinstance(value, bytes) else str(value).encode() for value in row)
                    yield f"table {path.name}:{table}", b"\n".join(values)


def pages_of(settings: Settings) -> Iterator[tuple[str, bytes]]:
    """Every page of the inspector that a link leads to, and each of them as JSON."""
    with Home(settings) as home:
        client = TestClient(make_app(home), base_url="http://127.0.0.1")
        waiting, seen = ["/"], set[str]()
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = client.get(path)
            yield f"page {path.partition('?')[0].split('/')[1]}", answer.content
            if answer.headers["content-type"].startswith("text/html"):
                links = re.findall(r'(?:href|action)="([^"]*)"', answer.text)
                waiting += [link.partition("#")[0].replace("&amp;", "&") for link in links if link[:1] == "/"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Everything that a home keeps or gives out, each with the name of where it stands."""

    sinks: tuple[tuple[str, bytes], ...]
    asked: bytes

    def leaks(self, place: str, *, by_lot: bool) -> dict[str, list[str]]:
        """For each sink the forms of the place's canaries that are found in it."""
        mine = [each for each in CANARIES if each.place == place and (each.form == BY_LOT) is by_lot]
        found: dict[str, list[str]] = {}
        for canary in mine:
            for sink in dict.fromkeys(name for name, content in self.sinks if canary.sung_in(content)):
                found.setdefault(sink, []).append(canary.form)
        return found


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    settings = Settings(home=tmp_path_factory.mktemp("canaries") / "home", embedder="lexical")
    sinks: list[tuple[str, bytes]] = []
    with listening() as lines:
        with House(settings) as house:
            library = house.library()
            worked = asyncio.run(work(house, library))
            told = keep(library)
            sinks.append(("words of a refusal", "\n".join(told).encode()))
            sinks += files_of(settings.home)  # while all is open: the write-ahead log is full
            sinks.append(("export of a run", "".join(house.store.export(worked.run_id)).encode()))
            sinks.append(("export of memory as JSON Lines", "".join(export_jsonl(house.database)).encode()))
            sinks.append(("export of memory as Markdown", render(library.items()).encode()))
        sinks += files_of(settings.home)
        sinks += cells_of(settings.home)
        sinks += pages_of(settings)
    sinks.append(("log", "\n".join(lines).encode()))
    return Left(sinks=tuple(sinks), asked=worked.asked)


HEARD = ("prompt of a task", "rows of a log", "statement of the student", "answer", "reasons of a review")
"""Places whose canaries a model is told; what models and people say themselves is planted as it is said."""


def test_the_canaries_were_sent(left: Left) -> None:
    names = {name for name, _ in left.sinks}
    for table in ("steps", "calls", "events", "judgements", "evidence", "memory_events", "snapshots"):
        assert f"table atlas.sqlite3:{table}" in names
    for name in ("table checkpoints.sqlite3:checkpoints", "file atlas.sqlite3-wal", "page queue", "log"):
        assert name in names
    assert any(name.startswith("file chroma/") and name.endswith("chroma.sqlite3") for name in names)
    assert [each for each in CANARIES if each.place in HEARD and not each.sung_in(left.asked)] == []
    calls = b"".join(content for name, content in left.sinks if name == "table atlas.sqlite3:calls")
    for said in (b'"judgement"', b'"review"', b'"items"', b"401 from the endpoint"):
        assert said in calls
    kept = b"".join(content for name, content in left.sinks if name == "table atlas.sqlite3:item_versions")
    assert kept.count(b"a secret") >= len(FIELDS)


MASKED = (
    *("runs", "tasks", "attempts", "steps", "calls", "events", "judgements"),
    *("evidence", "item_versions", "memory_events", "snapshots"),
)


def test_what_is_kept_says_where_a_secret_was(left: Left) -> None:
    masked = {name for name, content in left.sinks if SECRET.encode() in content}
    assert {f"table atlas.sqlite3:{table}" for table in MASKED} <= masked
    assert {f"table checkpoints.sqlite3:{table}" for table in ("checkpoints", "writes")} <= masked
    assert {"file recording.jsonl", "export of a run"} <= masked


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_of_a_known_form_is_found_anywhere(left: Left, place: str) -> None:
    assert left.leaks(place, by_lot=False) == {}


@pytest.mark.parametrize("place", PLACES)
def test_no_string_drawn_by_lot_is_found_anywhere(left: Left, place: str) -> None:
    assert left.leaks(place, by_lot=True) == {}
