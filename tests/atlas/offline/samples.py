"""Invented questions, tables and episodes that the tests of the offline parts share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from atlas.offline.question import Question, read_question
from benchmarks.sql.database import IncidentDatabase, Table, build_database
from core.episode import SUBMIT, Action, AttemptStatus, Episode, Observation, Step, Task, TaskId

LURED, PASTED, ROUTED = "Crumb lured through oven", "Strange jam pasted aboard", "Kettle routed overseas"
CONTEXT = f"A baker saw an alert about {LURED.lower()} on host `mill-lap7`."
PROMPT = f"{CONTEXT} Later a strange jam was pasted aboard. What is the IP address seen in that event?"
ADDRESS, DECOY = "203.0.113.77", "198.51.100.5"
TOOL_PROMPT = "Which file was dropped in the event where a kettle routed overseas?"


def make_task(prompt: str = PROMPT) -> Task:
    return Task(id=TaskId("t1"), prompt=prompt, scope="mock/bakery", group="g1")


def make_question(prompt: str = PROMPT) -> Question:
    return read_question(prompt)


def cell(*objects: dict[str, str]) -> str:
    return json.dumps(list(objects), separators=(",", ":"))


def bakery(path: Path, *, pasted: str = ADDRESS, spare_tables: int = 0) -> IncidentDatabase:
    """A table with a title and plain columns, one with JSON-like cells, a decoy, and a diary."""
    names = (LURED, PASTED, ROUTED)
    addresses = (DECOY, pasted, "192.0.2.44")
    return build_database(
        path / "bakery.db",
        [
            Table(
                name="OvenNotices",
                columns=("Title", "SourceIp", "DeviceName"),
                rows=[
                    (name, ip, "mill-lap7")
                    for name, ip in zip(names, addresses, strict=True)
                    for _ in range(2)
                ],
            ),
            Table(
                name="PantryAlerts",
                columns=("AlertName", "Things"),
                rows=[
                    (name, cell({"Address": ip, "Shelf": "low"}, {"HostName": "mill-lap7"}))
                    for name, ip in zip(names, addresses, strict=True)
                ],
            ),
            Table(
                name="WeatherReadings", columns=("Degrees", "Town"), rows=[("12", "Uppford"), ("9", "Low")]
            ),
            Table(
                name="Diary",
                columns=("EventName", "FileName"),
                rows=[(LURED, "note.txt"), (PASTED, "jam.txt"), (ROUTED, "spout.dll")],
            ),
            *(Table(name=f"Spare{i}", columns=("Colour",), rows=[("red",)]) for i in range(spare_tables)),
        ],
    )


Told = tuple[str, str] | tuple[str, str, bool]
"""A statement, what came back, and whether it was an error."""


def make_episode(*told: Told, answer: str | None = ADDRESS, task: Task | None = None) -> Episode:
    """An attempt of these statements, with the answer submitted at its end."""
    task = task or make_task()
    steps = [
        Step(
            index=index,
            action=Action(tool="sql", text=statement),
            observation=Observation(text=text, is_error=bool(error)),
        )
        for index, (statement, text, *error_mark) in enumerate(told)
        for error in (error_mark[0] if error_mark else False,)
    ]
    if answer is not None:
        submitted = Action(tool=SUBMIT, text=answer)
        steps.append(Step(index=len(steps), action=submitted, observation=Observation(text="Submitted.")))
    status = AttemptStatus.SUBMITTED if answer is not None else AttemptStatus.LIMIT
    return Episode(task=task, number=0, steps=tuple(steps), answer=answer, status=status)


def rows(*given: Sequence[object]) -> str:
    return str([tuple(row) for row in given])
