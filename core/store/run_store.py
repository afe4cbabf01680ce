"""`RunStore`: makes, resumes and finishes runs, and hands out the recorder of each task."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.budget import Budget
from core.database import Database
from core.episode import Episode, Outcome, Task
from core.errors import UserError
from core.store import jsonl, queries
from core.store.history import CallTexts, TaskHistory, call_texts, task_history
from core.store.recorder import StoreRecorder
from core.store.records import (
    RoleSpend,
    RunId,
    RunRecord,
    RunSpec,
    RunStatus,
    TaskRecord,
    TaskScore,
    TaskStatus,
)
from core.store.tables import attempts, runs, scores, steps, tasks
from core.store.writing import insert_new, upsert


def _now() -> datetime:
    return datetime.now(UTC)


class RunStore:
    """Runs in the database. No gold comes here: of a score it keeps the numbers alone."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self._database, self._clock = database, clock

    def create(self, spec: RunSpec) -> RunId:
        """Store a new run as running. Its id begins with the time, so that ids sort by age."""
        created = self._clock()
        run_id = RunId(f"{created:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}")
        row = {
            "id": run_id,
            "name": spec.name,
            "status": RunStatus.RUNNING.value,
            "config": dict(spec.config),
            "seed": spec.seed,
            "prompt_digests": dict(spec.prompt_digests),
            "code_version": spec.code_version,
            "memory_mode": spec.memory.mode,
            "memory_snapshot": spec.memory.snapshot,
            "items_before": spec.memory.items_before,
            "items_after": spec.memory.items_after,
            "wall_seconds": 0.0,
            "created_at": created,
            "finished_at": None,
        }
        with self._database.session() as session:
            upsert(session, runs, [row])
        return run_id

    def resume(self, run_id: str) -> RunRecord:
        """Set a stopped run running again.

        Raises:
            UserError: there is no such run, or it is done.
        """
        record = self.run(run_id)
        if record.status is RunStatus.DONE:
            raise UserError(f"run {run_id} is done; start a new one without --resume")
        with self._database.session() as session:
            changes = {"status": RunStatus.RUNNING.value, "finished_at": None}
            session.execute(update(runs).where(runs.c.id == run_id).values(**changes))
        return record

    def finish(
        self, run_id: str, status: RunStatus, *, wall_seconds: float, items_after: int | None = None
    ) -> None:
        """Store how a run ended; `wall_seconds` of this go is added to those of earlier ones."""
        changes: dict[str, object] = {
            "status": status.value,
            "finished_at": self._clock(),
            "wall_seconds": runs.c.wall_seconds + wall_seconds,
        }
        if items_after is not None:
            changes["items_after"] = items_after
        with self._database.session() as session:
            session.execute(update(runs).where(runs.c.id == run_id).values(**changes))

    def remove(self, run_id: str) -> None:
        """Delete a run and all that hangs on it."""
        with self._database.session() as session:
            session.execute(delete(runs).where(runs.c.id == run_id))

    def add_tasks(self, run_id: str, keyed: Sequence[tuple[str, Task]]) -> None:
        """Store the run's tasks in order as pending; tasks that are there already stay as they are."""
        rows = [_task_row(run_id, position, key, task) for position, (key, task) in enumerate(keyed)]
        with self._database.session() as session:
            insert_new(session, tasks, rows)

    def finish_task(
        self, run_id: str, key: str, outcome: Outcome, *, wall_seconds: float, score: TaskScore | None = None
    ) -> None:
        """Store a task as done with its score, in one transaction; attempts not in the outcome go."""
        changes: dict[str, object] = {
            "status": TaskStatus.DONE.value,
            "lane": outcome.lane.value,
            "verdict": outcome.verdict.value,
            "reward": outcome.reward,
            "answer": outcome.answer,
            "guidance_items": list(outcome.guidance_items),
            "wall_seconds": wall_seconds,
            "error": None,
        }
        numbers = [episode.number for episode in outcome.episodes]
        with self._database.session() as session:
            for table, number in ((attempts, attempts.c.number), (steps, steps.c.attempt)):
                mine = (table.c.run_id == run_id, table.c.task_key == key)
                session.execute(delete(table).where(*mine, number.not_in(numbers)))
            self._close_task(session, run_id, key, changes, score)

    def fail_task(
        self, run_id: str, key: str, error: str, *, wall_seconds: float, score: TaskScore | None = None
    ) -> None:
        """Store a task as failed; `error` is one line for people."""
        changes: dict[str, object] = {
            "status": TaskStatus.FAILED.value,
            "error": error,
            "wall_seconds": wall_seconds,
        }
        with self._database.session() as session:
            self._close_task(session, run_id, key, changes, score)

    def rescore(self, run_id: str, key: str, score: TaskScore, scorer: str = "benchmark") -> None:
        """Put a score in the place of what this scorer said before."""
        with self._database.session() as session:
            upsert(session, scores, [_score_row(run_id, key, score, scorer)])

    def recorder(self, run_id: str, task_key: str, *budgets: Budget) -> StoreRecorder:
        """The recorder of a task that `add_tasks` stored, held to every budget given."""
        return StoreRecorder(self._database, RunId(run_id), task_key, budgets, self._clock)

    def run(self, run_id: str) -> RunRecord:
        """Raises:
        UserError: there is no such run.
        """
        with self._database.reading() as session:
            row = session.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
        if row is None:
            raise UserError(f"there is no run {run_id}; `atlas bench leaderboard` lists the runs")
        return queries.run_record(row)

    def runs(self, limit: int | None = None) -> tuple[RunRecord, ...]:
        """The stored runs, newest first."""
        newest = select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
        with self._database.reading() as session:
            return tuple(queries.run_record(row) for row in session.execute(newest).mappings())

    def tasks(self, run_id: str) -> tuple[TaskRecord, ...]:
        """The run's tasks in their order."""
        with self._database.reading() as session:
            return queries.task_records(session, run_id)

    def episode(self, run_id: str, task_key: str, number: int) -> Episode | None:
        """A finished attempt as it was recorded; None when it is not there (yet)."""
        with self._database.reading() as session:
            return queries.episode(session, run_id, task_key, number)

    def history(self, run_id: str, task_key: str) -> TaskHistory | None:
        """All that is stored of a task, finished or not, but the texts of its calls; None: no such task."""
        with self._database.reading() as session:
            return task_history(session, run_id, task_key)

    def call(self, run_id: str, task_key: str, seq: int) -> CallTexts | None:
        """One model call with what it asked and got; None when there is no such call."""
        with self._database.reading() as session:
            return call_texts(session, run_id, task_key, seq)

    def spend(self, run_id: str) -> tuple[RoleSpend, ...]:
        """Calls, tokens and cost of the run by role."""
        with self._database.reading() as session:
            return queries.spend(session, run_id)

    def export(self, run_id: str) -> Iterator[str]:
        """The run as JSON Lines, each ending in a newline; the first is the run itself.

        Raises:
            UserError: there is no such run.
        """
        self.run(run_id)
        with self._database.reading() as session:
            yield from jsonl.export_lines(session, run_id)

    def import_run(self, lines: Iterable[str]) -> RunId:
        """Store an exported run again, whole or not at all. Importing it twice changes nothing.

        Raises:
            UserError: a line that is not of an export; the message names it.
        """
        with self._database.session() as session:
            return jsonl.import_lines(session, lines)

    @staticmethod
    def _close_task(
        session: Session, run_id: str, key: str, changes: dict[str, object], score: TaskScore | None
    ) -> None:
        session.execute(update(tasks).where(tasks.c.run_id == run_id, tasks.c.key == key).values(**changes))
        if score is not None:
            upsert(session, scores, [_score_row(run_id, key, score, "benchmark")])


def _task_row(run_id: str, position: int, key: str, task: Task) -> dict[str, object]:
    return {
        "run_id": run_id,
        "key": key,
        "position": position,
        "task_id": task.id,
        "prompt": task.prompt,
        "scope": task.scope,
        "task_group": task.group,
        "tags": list(task.tags),
        "status": TaskStatus.PENDING.value,
        "guidance_items": [],
    }


def _score_row(run_id: str, key: str, score: TaskScore, scorer: str) -> dict[str, object]:
    return {
        "run_id": run_id,
        "task_key": key,
        "scorer": scorer,
        "value": score.value,
        "success": score.success,
        "candidates": score.candidates,
    }
