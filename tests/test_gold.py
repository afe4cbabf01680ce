"""The gold answer has one door: planted gold is looked for in all that a run leaves behind."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.house import CHECKPOINT_FILE, House
from app.options import FeedbackWord, LaneWord, MemoryWord
from app.plans import make_plan
from atlas.agent import AtlasAgent
from atlas.checkpoints import SqliteCheckpoints
from atlas.config import AtlasConfig, FeedbackSource, MemoryMode
from atlas.judges.llm import LlmJudge
from atlas.students.actions import ActionMode
from atlas.students.llm import LlmStudent, LlmStudentConfig
from atlas.teachers.llm import LlmTeacher
from benchmarks.config import BenchConfig, FeedbackMode
from benchmarks.excytin.benchmark import ExcytinBenchmark
from benchmarks.harness import run_benchmark
from benchmarks.report import RunReport
from benchmarks.task import Question, Split
from core.chat import ChatReply, ChatRequest, ToolCall
from core.gold import GoldReader
from core.models.scripted import ScriptedModel
from core.settings import Settings, load_settings
from memory.gates import contains_entity_value
from memory.items import Item
from tests.app.invented import INCIDENT, make_data, make_question

MARK = "GOLDMARK"
GOLD = f"{MARK}-ANSWER"
STEPS = (f"An account `{MARK}-STEP` was used.", "A host `lab-host02` was reached.", f"Then `{MARK}-LAST`.")
SUBMITTED = "SUBMITMARK-9 on lab-host02"
"""Names the value of one golden step, so that feedback by score is a number between 0 and 1."""


class Reader(GoldReader):
    """Opens gold for the tests that look for it."""


def student_says(request: ChatRequest) -> ChatReply:
    asked = any(message.role == "tool" for message in request.messages)
    name, arguments = ("submit", {"answer": SUBMITTED}) if asked else ("sql", {"text": "SHOW TABLES"})
    return ChatReply(text="", tool_calls=(ToolCall(id="c1", name=name, arguments=json.dumps(arguments)),))


def teacher_says(request: ChatRequest) -> str:
    match request.schema_name:
        case "review":
            notes = ["Look at the other side."]
            return json.dumps({"valid": False, "reasons": ["wrong side"], "guidance": notes})
        case "judgement":
            weighed = [{"name": "evidence", "weight": 1.0}]
            return json.dumps({"principles": weighed, "rationale": "half", "score": 0.5, "uncertainty": 0.1})
        case _:
            return json.dumps({"items": [new_item("tool_plan"), new_item("failure_mode")]})


def new_item(kind: str) -> dict[str, str]:
    rest = dict.fromkeys(("cue", "boundary", "expected_effect", "tool", "template"), "")
    return {"kind": kind, "content": f"Read the alert table first ({kind}).", **rest}


@dataclass(kw_only=True)
class Planted:
    """A run over gold that stands in no row, with all that it left behind."""

    home: Path
    report: RunReport
    prompts: str
    exported: str
    questions: str
    drafts: int


async def run_planted(folder: Path, feedback: FeedbackSource) -> Planted:
    marked = [make_question(day, GOLD, STEPS) for day in (1, 2, 3)]
    data = make_data(folder / "data", train=marked, test=marked)
    settings = Settings(home=folder / "home")
    bench = ExcytinBenchmark(data, settings.home / "cache")
    questions = bench.questions((INCIDENT,), Split.TRAIN)
    student, teacher, judge = (ScriptedModel(says) for says in (student_says, teacher_says, teacher_says))
    with House(settings) as house:
        library = house.library()
        agent = AtlasAgent(
            LlmStudent(student, LlmStudentConfig(mode=ActionMode.TOOLS)),
            LlmTeacher(teacher),
            LlmJudge(judge),
            library,
            AtlasConfig(memory=MemoryMode.ON, feedback=feedback),
            SqliteCheckpoints(settings.home / CHECKPOINT_FILE),
            store=house.store,
        )
        config = BenchConfig(groups=(INCIDENT,), split=Split.TRAIN, feedback=FeedbackMode(feedback.value))
        report = await run_benchmark(
            bench, agent, questions, house.store, config, memory=house.probe(MemoryMode.ON, library)
        )
        await agent.close()
        return Planted(
            home=settings.home,
            report=report,
            prompts=repr([model.requests for model in (student, teacher, judge)]),
            exported="".join(house.store.export(report.run_id)),
            questions=f"{questions} {questions[0]!s}",
            drafts=len(library.items()),
        )


def values_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it lies there, and every value of the tables of those that are SQLite's."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        yield path.name, content
        if content.startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(path)) as database:
                yield from ((f"{path.name}:{table}", value) for table, value in cells(database))


def cells(database: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for row in database.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                yield table, value if isinstance(value, bytes) else str(value).encode()


def places_of(word: str, values: Iterable[tuple[str, bytes]]) -> set[str]:
    return {name for name, value in values if word.encode() in value}


@pytest.mark.parametrize("feedback", FeedbackSource)
async def test_planted_gold_is_nowhere(
    tmp_path: Path, feedback: FeedbackSource, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = await run_planted(tmp_path, feedback)
    left = list(values_of(planted.home))

    assert (planted.report.figures.n, planted.report.errors, planted.drafts) == (3, 0, 2)
    assert planted.report.figures.reward == pytest.approx(0.16)
    found = places_of("SUBMITMARK", left)
    assert {"atlas.sqlite3:steps", "atlas.sqlite3:calls", "atlas.sqlite3:tasks"} <= found
    assert {"chroma.sqlite3", "checkpoints.sqlite3:checkpoints"} <= {name for name, _ in left}
    assert "SUBMITMARK" in planted.prompts
    assert "SUBMITMARK" in planted.exported

    assert places_of(MARK, left) == set()
    told = {
        "prompts": planted.prompts,
        "export": planted.exported,
        "questions": planted.questions,
        "report": repr(planted.report) + json.dumps(planted.report.to_json()),
        "log": caplog.text,
    }
    assert [name for name, text in told.items() if MARK in text] == []


async def test_feedback_by_score_is_a_number_that_learning_hears(tmp_path: Path) -> None:
    """The reward that evidence keeps is the scorer's or the judge's, and nothing else of the gold."""
    for feedback, reward in ((FeedbackSource.SCORE, 0.16), (FeedbackSource.JUDGE, 0.5)):
        planted = await run_planted(tmp_path / feedback, feedback)
        with closing(sqlite3.connect(planted.home / "atlas.sqlite3")) as database:
            rewards = {value for (value,) in database.execute("SELECT reward FROM evidence")}
        assert [round(value, 6) for value in rewards] == [reward]


def texts_of(item: Item) -> tuple[str, ...]:
    action = item.action
    bound = () if action is None else (action.template, *action.bindings.values())
    return (item.content, item.cue, item.boundary, item.expected_effect, *bound)


def golds(questions: Iterable[Question]) -> set[str]:
    """Answers of some length: a number of one or two digits stands in any text."""
    answers = (question.gold.reveal_to(Reader()).answer.strip().lower() for question in questions)
    return {answer for answer in answers if len(answer) > 3}


async def test_no_gold_answer_of_the_real_data_is_learned(shared_data: Path, tmp_path: Path) -> None:
    settings = load_settings(False).model_copy(update={"home": tmp_path / "home"})
    bench = ExcytinBenchmark(shared_data / "excytin", settings.home / "cache")
    questions = bench.questions((34,), Split.TRAIN)[:12]
    plan = make_plan("offline", "offline", LaneWord.PAIRED, MemoryWord.ON, FeedbackWord.SCORE)
    with House(settings) as house:
        library = house.library()
        agent = house.agent(plan, library)
        config = BenchConfig(groups=(34,), split=Split.TRAIN, feedback=FeedbackMode.SCORE)
        report = await run_benchmark(bench, agent, questions, house.store, config)
        await agent.close()
        items = library.items()
        lines = [json.loads(line) for line in house.store.export(report.run_id)]
    assert report.figures.n == len(questions)
    assert items, "something is learned"
    texts = [text.lower() for item in items for text in texts_of(item)]
    assert [text for text in texts if contains_entity_value(text) is not None] == []
    every = golds(bench.questions(bench.groups, Split.TRAIN))
    assert len(every) > 100
    assert [gold for gold in every if any(gold in text for text in texts)] == []
    notes = notes_by_task(lines)
    assert notes, "the Teacher said something"
    own = {question.task.id: golds([question]) for question in questions}
    told = [(task, gold) for task, said in notes for gold in own[task] if gold in said.lower()]
    assert told == []


def notes_by_task(lines: Iterable[dict[str, dict[str, object]]]) -> list[tuple[str, str]]:
    """What the Teacher gave the Student and wrote down, by task."""
    rows = [line["row"] for line in lines if str(line["table"]) == "events"]
    return [
        (str(row["task_key"]), json.dumps(body))
        for row in rows
        if isinstance(body := row["body"], dict) and body["kind"] in ("guided", "validated", "distilled")
    ]
