"""`MockBenchmark`: one small table for each group, three questions in each half, exact scoring."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from benchmarks.task import GoldAnswer, Question, Score, Scorer, Split
from core.chat import ToolSpec
from core.episode import Action, Observation, Task, TaskId
from core.errors import Limit, LimitReached, UserError
from core.gold import Gold

ROWS = 20
QUESTIONS = 3
SCOPE = "mock/sightings"
SQL_TOOL = ToolSpec(
    name="sql",
    description="Run one SELECT over the table Sightings (host, account, address).",
    parameters={"type": "object", "properties": {"sql": {"type": "string"}}, "required": ["sql"]},
)


def sightings(group: int) -> tuple[tuple[str, str, str], ...]:
    """The rows of a group: host, account, address; twenty of each, all different."""
    return tuple(
        (f"mock-{group}-{row:02}", f"user{group}{row:02}", f"192.0.2.{100 + row}") for row in range(ROWS)
    )


class MockEnvironment:
    """An environment over the rows of one group, in memory and read-only."""

    def __init__(self, group: int, max_steps: int) -> None:
        self._max_steps = max_steps
        self._steps = 0
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute("CREATE TABLE Sightings (host TEXT, account TEXT, address TEXT)")
        self._connection.executemany("INSERT INTO Sightings VALUES (?, ?, ?)", sightings(group))
        self._connection.commit()
        self._connection.execute("PRAGMA query_only = ON")

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        return (SQL_TOOL,)

    @property
    def max_steps(self) -> int:
        return self._max_steps

    async def reset(self, task: Task) -> None:
        self._steps = 0

    async def step(self, action: Action) -> Observation:
        """Run SQL, or take a submission.

        Raises:
            LimitReached: an action after `max_steps`.
        """
        if self._steps >= self._max_steps:
            raise LimitReached(Limit.STEPS, f"{self._max_steps} steps taken")
        self._steps += 1
        if action.is_submit:
            return Observation(text="submitted")
        if action.tool != SQL_TOOL.name:
            return Observation(text=f"there is no tool {action.tool}", is_error=True)
        started = time.perf_counter()
        try:
            rows = self._connection.execute(action.text).fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            return Observation(text=f"ProgrammingError: {error}", is_error=True)
        return Observation(text=str(rows), rows=len(rows), elapsed_seconds=time.perf_counter() - started)

    async def close(self) -> None:
        self._connection.close()


class ExactScorer(Scorer):
    """1 if the submission is the answer, case and outer blanks aside, else 0."""

    async def score(self, question: Question, answer: str | None) -> Score:
        if answer is None:
            return Score(value=0.0, success=False, reason="nothing submitted")
        gold = question.gold.reveal_to(self)
        right = answer.strip().lower() == gold.answer.lower()
        return Score(value=float(right), success=right, candidates=1, reason="exact")


class MockBenchmark:
    """Questions "which address was seen with this host": rows 0 to 2 in the test half, 3 to 5 to train on."""

    name = "mock"
    question_set = "mock sightings"
    note = "three questions over twenty rows: only for trying out the harness"

    def __init__(self, groups: int = 1) -> None:
        self.groups = tuple(range(1, groups + 1))
        self.scorer: Scorer = ExactScorer()

    def questions(self, groups: Sequence[int], split: Split) -> tuple[Question, ...]:
        """Three questions for each group.

        Raises:
            UserError: an unknown group.
        """
        for group in groups:
            if group not in self.groups:
                raise UserError(
                    f"the mock benchmark has no group {group}: choose from 1 to {len(self.groups)}"
                )
        first = 0 if split is Split.TEST else QUESTIONS
        return tuple(
            self._question(group, row, split) for group in groups for row in range(first, first + QUESTIONS)
        )

    def environment(self, question: Question, max_steps: int) -> MockEnvironment:
        return MockEnvironment(int(question.task.group.removeprefix("group_")), max_steps)

    def _question(self, group: int, row: int, split: Split) -> Question:
        host, _, address = sightings(group)[row]
        task = Task(
            id=TaskId(f"mock/{group}/{split}/{row}"),
            prompt=f"The host `{host}` was sighted. What is the IP address seen with it?",
            scope=SCOPE,
            group=f"group_{group}",
        )
        gold = GoldAnswer(
            answer=address, solution=(f"The sighting of `{host}` has the address `{address}`.",)
        )
        return Question(task=task, gold=Gold(gold))
