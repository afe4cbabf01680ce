"""The desk of one attempt: carries out actions, keeps the steps, holds back the last one for the answer."""

from __future__ import annotations

from dataclasses import dataclass

from atlas.offline.routes import SQL_TOOL
from atlas.offline.values import Row, parse_rows
from core.episode import SUBMIT, Action, Environment, Observation, Step
from core.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Rows of a query; `error` when the environment refused it."""

    rows: list[Row]
    error: bool


class StepsSpent(Exception):
    """Signal: only the submission is left."""


def quoted(value: str) -> str:
    """A MySQL string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def like(value: str) -> str:
    """A MySQL LIKE pattern literal that finds the value anywhere in a cell."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("%", "\\%").replace("_", "\\_")
    return f"'%{escaped}%'"


class Desk:
    """One attempt's working place; a statement asked twice is answered from the notes at no step."""

    def __init__(self, environment: Environment, recorder: Recorder, attempt: int) -> None:
        self._environment, self._recorder, self._attempt = environment, recorder, attempt
        self._answers: dict[str, Result] = {}
        self.steps: list[Step] = []

    async def query(self, sql: str, thought: str = "") -> Result:
        """Run one statement.

        Raises:
            StepsSpent: the step that is left belongs to the answer.
            LimitReached: the run's budget is spent.
        """
        if sql in self._answers:
            return self._answers[sql]
        if len(self.steps) >= self._environment.max_steps - 1:
            raise StepsSpent
        self._recorder.check_budget()
        observation = await self._act(Action(tool=SQL_TOOL, text=sql, thought=thought))
        rows = [] if observation.is_error else parse_rows(observation.text)
        result = Result(rows=rows, error=observation.is_error)
        self._answers[sql] = result
        return result

    async def submit(self, answer: str, thought: str = "") -> None:
        await self._act(Action(tool=SUBMIT, text=answer, thought=thought))

    async def _act(self, action: Action) -> Observation:
        observation = await self._environment.step(action)
        step = Step(index=len(self.steps), action=action, observation=observation)
        self.steps.append(step)
        self._recorder.step(self._attempt, step)
        return observation
