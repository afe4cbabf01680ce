"""The SQL tool of one attempt: the official observation format over the engine."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from benchmarks.sql.database import IncidentDatabase
from benchmarks.sql.engine import TIME_LIMIT_SECONDS, Engine, Rows
from benchmarks.sql.errors import MySqlError
from core.chat import ToolSpec
from core.episode import Action, Observation, Task
from core.errors import Limit, LimitReached

DEFAULT_MAX_STEPS = 25
"""As in the published table of models; the table of methods used 15."""
_MAX_ENTRIES = 15
_MAX_CHARACTERS = 100_000
SQL_TOOL = "sql"

_TOOLS = (
    ToolSpec(
        name=SQL_TOOL,
        description="Run one read-only MySQL statement against the logs of the incident and see its rows.",
        parameters={
            "type": "object",
            "properties": {"sql": {"type": "string", "description": "one MySQL statement"}},
            "required": ["sql"],
            "additionalProperties": False,
        },
    ),
)


def show_rows(rows: Rows) -> str:
    """Rows as the official environment prints them: cut to 15 only when they are many and long."""
    text = str(rows)
    if len(text) > _MAX_CHARACTERS and len(rows) > _MAX_ENTRIES:
        return (
            f"Retrieved {len(rows)} entries. Displaying first {_MAX_ENTRIES} entries.\n{rows[:_MAX_ENTRIES]}"
        )
    return text


class SqlEnvironment:
    """One incident's logs for one attempt at a time, on a read-only connection of its own."""

    tools = _TOOLS

    def __init__(
        self,
        database: IncidentDatabase | Path,
        *,
        max_steps: int = DEFAULT_MAX_STEPS,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
    ) -> None:
        self.max_steps = max_steps
        known = IncidentDatabase(database) if isinstance(database, Path) else database
        self._engine = Engine(known, time_limit_seconds=time_limit_seconds)
        self._taken = 0

    async def reset(self, task: Task) -> None:
        self._taken = 0

    async def step(self, action: Action) -> Observation:
        if self._taken >= self.max_steps:
            raise LimitReached(Limit.STEPS, f"all {self.max_steps} steps are taken")
        self._taken += 1
        if action.is_submit:
            return Observation(text="Submitted.")
        if action.tool != SQL_TOOL:
            return Observation(
                text=f"There is no tool {action.tool!r}: use {SQL_TOOL!r} or submit.", is_error=True
            )
        return await asyncio.to_thread(self._query, action.text)

    def _query(self, sql: str) -> Observation:
        started = time.perf_counter()
        try:
            rows = self._engine.run(sql)
        except MySqlError as error:
            return Observation(text=error.text, is_error=True, elapsed_seconds=time.perf_counter() - started)
        return Observation(
            text=show_rows(rows), rows=len(rows), elapsed_seconds=time.perf_counter() - started
        )

    async def close(self) -> None:
        self._engine.close()
