"""The list of runs, and one run with its figures and tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.web.pages.paging import Paging, paged
from benchmarks.report import GroupFigures, RunReport, build_report, by_group
from benchmarks.statistics import mean
from core.store import Json, MemoryUse, RoleSpend, RunRecord, RunStatus, RunStore, TaskRecord, TaskStatus
from core.usage import TokenUsage

RUNS_A_PAGE = 25
"""Figures are worked out from the tasks of every run that is shown."""


class Mark(StrEnum):
    """What came of a task in one word; `partial` has a score above 0 without success."""

    SOLVED = "solved"
    PARTIAL = "partial"
    MISSED = "missed"
    UNSCORED = "unscored"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing that the run was set to; lists are joined with commas."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run. `tokens` sums what is known; `note` is what a reader of its scores must know."""

    id: str
    benchmark: str
    question_set: str
    split: str
    student: str
    teacher: str
    memory: MemoryUse
    status: RunStatus
    created_at: datetime
    wall_seconds: float
    planned: int
    figures: GroupFigures
    errors: int
    queries_per_task: float | None
    tokens: int
    tokens_known: bool
    cost_usd: float | None
    cost_known: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    benchmark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPage:
    runs: tuple[RunLine, ...]
    paging: Paging
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    name: str
    figures: GroupFigures
    queries_per_task: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One task of a run; `score` is the benchmark's, `reward` the agent's own judge's."""

    key: str
    position: int
    group: str
    mark: Mark
    lane: str | None
    verdict: str | None
    reward: float | None
    score: float | None
    success: bool | None
    queries: int
    attempts: int
    items: int
    wall_seconds: float | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`tasks` is one page of those asked for, `cells` is every task of the run in order."""

    run: RunLine
    settings: tuple[Setting, ...]
    groups: tuple[GroupLine, ...]
    spend: tuple[RoleSpend, ...]
    cells: tuple[TaskLine, ...]
    tasks: tuple[TaskLine, ...]
    paging: Paging
    mark: Mark | None
    group: str | None


def runs_page(store: RunStore, number: int = 1) -> RunsPage:
    """Runs, newest first."""
    shown, paging = paged(store.runs(), number, RUNS_A_PAGE)
    lines = tuple(run_line(build_report(store, run.id)) for run in shown)
    notes = {(line.benchmark, line.note) for line in lines if line.note}
    return RunsPage(
        runs=lines,
        paging=paging,
        notes=tuple(Note(benchmark=name, text=text) for name, text in sorted(notes)),
    )


def run_page(
    store: RunStore, run_id: str, *, number: int = 1, mark: Mark | None = None, group: str | None = None
) -> RunPage:
    """Raises:
    UserError: there is no such run.
    """
    report = build_report(store, run_id)
    lines = tuple(task_line(task) for task in store.tasks(run_id))
    wanted = [line for line in lines if mark in (None, line.mark) and group in (None, line.group)]
    tasks, paging = paged(wanted, number)
    return RunPage(
        run=run_line(report),
        settings=_settings(report.run),
        groups=_groups(report.tasks),
        spend=report.spend,
        cells=lines,
        tasks=tasks,
        paging=paging,
        mark=mark,
        group=group,
    )


def run_line(report: RunReport) -> RunLine:
    config, spec = report.run.spec.config, report.run.spec
    usages = [role.usage for role in report.spend]
    return RunLine(
        id=report.run_id,
        benchmark=_word(config, "benchmark") or spec.name,
        question_set=_word(config, "question_set"),
        split=_word(config, "split"),
        student=_word(config, "student"),
        teacher=_word(config, "teacher"),
        memory=spec.memory,
        status=report.status,
        created_at=report.run.created_at,
        wall_seconds=report.run.wall_seconds,
        planned=report.planned,
        figures=report.figures,
        errors=report.errors,
        queries_per_task=_queries(report.tasks),
        tokens=sum(usage.known_total for usage in usages),
        tokens_known=all(_complete(usage) for usage in usages),
        cost_usd=report.cost_usd,
        cost_known=report.cost_known,
        note=note_of(report.run),
    )


def task_line(task: TaskRecord) -> TaskLine:
    return TaskLine(
        key=task.key,
        position=task.position,
        group=task.group,
        mark=mark_of(task),
        lane=task.lane,
        verdict=task.verdict,
        reward=task.reward,
        score=None if task.score is None else task.score.value,
        success=None if task.score is None else task.score.success,
        queries=task.queries,
        attempts=task.attempts,
        items=len(task.guidance_items),
        wall_seconds=task.wall_seconds,
        error=task.error,
    )


def mark_of(task: TaskRecord) -> Mark:
    if task.status is TaskStatus.PENDING:
        return Mark.PENDING
    if task.status is TaskStatus.FAILED:
        return Mark.FAILED
    if task.score is None or task.score.success is None:
        return Mark.UNSCORED
    if task.score.success:
        return Mark.SOLVED
    return Mark.PARTIAL if task.score.value else Mark.MISSED


def note_of(run: RunRecord) -> str:
    return _word(run.spec.config, "note")


_SHOWN_APART = ("benchmark", "question_set", "split", "student", "teacher", "note", "memory")


def _settings(run: RunRecord) -> tuple[Setting, ...]:
    spec = run.spec
    config = {name: value for name, value in spec.config.items() if name not in _SHOWN_APART}
    further: dict[str, Json] = {
        "seed": spec.seed,
        "code version": spec.code_version,
        "prompts": len(spec.prompt_digests),
    }
    return tuple(
        Setting(name=name.replace("_", " "), value=_text(value))
        for name, value in {**config, **further}.items()
        if value not in (None, "")
    )


def _groups(tasks: Sequence[TaskRecord]) -> tuple[GroupLine, ...]:
    return tuple(
        GroupLine(
            name=name,
            figures=part,
            queries_per_task=_queries([task for task in tasks if task.group == name]),
        )
        for name, part in by_group(tasks).items()
    )


def _queries(tasks: Sequence[TaskRecord]) -> float | None:
    return mean([float(task.queries) for task in tasks])


def _complete(usage: TokenUsage) -> bool:
    return None not in (usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning)


def _word(config: Mapping[str, Json], name: str) -> str:
    value = config.get(name)
    return "" if value is None else _text(value)


def _text(value: Json) -> str:
    if isinstance(value, str | bool | int | float) or value is None:
        return str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    return ", ".join(_text(part) for part in value)
