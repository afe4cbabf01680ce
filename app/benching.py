"""Carries out `atlas bench run` and reads stored runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.exits import Interrupted
from app.house import House
from app.options import FeedbackWord, check_incidents, check_rows, open_benchmark
from app.plans import BenchOrder, bench_config, check_feedback, check_plan
from app.progress import LiveProgress
from core.errors import UserError
from core.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.excytin.conformance import ConformanceReport
    from benchmarks.report import RunReport
    from benchmarks.task import Benchmark, Question


def run_order(order: BenchOrder) -> RunReport:
    """Raises:
    UserError: the data, the agent or the settings cannot be used; nothing is written then.
    Interrupted: the run was stopped from outside; what was finished is stored.
    """
    settings = load_settings()
    check_plan(order.plan, settings, order.budget_usd)
    check_feedback(FeedbackWord(order.plan.config.feedback.value), order.split)
    bench = open_benchmark(order.benchmark, order.data, settings, seed=order.seed)
    questions = _questions(bench, order)
    check_rows(order.benchmark, order.data, settings, dict.fromkeys(_incident(q) for q in questions))
    if order.snapshot is not None:
        with House(settings, reading=True) as house:
            house.shelf().archive.snapshot_named(order.snapshot)
    progress = LiveProgress(f"{order.benchmark} {order.split}, memory {order.plan.config.memory}")
    with House(settings, reading=order.resume is not None) as house:
        if order.resume is not None:
            house.store.run(order.resume)
        try:
            return asyncio.run(_run(house, bench, questions, order, progress))
        except KeyboardInterrupt:
            raise Interrupted(progress.run_id) from None


def _questions(bench: Benchmark, order: BenchOrder) -> Sequence[Question]:
    check_incidents(bench, order.incidents)
    questions = bench.questions(order.incidents or bench.groups, order.split)[: order.limit]
    if not questions:
        raise UserError("these incidents have no questions in this split: choose others")
    return questions


def _incident(question: Question) -> int:
    return int(question.task.group.removeprefix("incident_"))


async def _run(
    house: House, bench: Benchmark, questions: Sequence[Question], order: BenchOrder, progress: LiveProgress
) -> RunReport:
    from benchmarks.harness import run_benchmark

    mode = order.plan.config.memory
    pamphlets = house.library_for(mode, order.snapshot)
    agent = house.agent(order.plan, pamphlets, seed=order.seed)
    try:
        with progress:
            return await run_benchmark(
                bench,
                agent,
                questions,
                house.store,
                bench_config(order, order.incidents or bench.groups),
                workers=order.workers,
                resume=order.resume,
                on_progress=progress,
                memory=house.probe(mode, pamphlets, order.snapshot),
            )
    finally:
        await agent.close()


def stored_reports(run_ids: Sequence[str]) -> list[RunReport]:
    """Raises:
    UserError: no such run.
    """
    from benchmarks.report import build_report

    with House(reading=True) as house:
        return [build_report(house.store, run_id) for run_id in run_ids]


def leaderboard(limit: int) -> tuple[RunReport, ...]:
    """Reports of the newest runs, by question set, split and incidents, and then by success, best first."""
    from benchmarks.report import build_report

    with House(reading=True) as house:
        reports = [build_report(house.store, run.id) for run in house.store.runs(limit)]
    return tuple(sorted(reports, key=lambda report: (_questions_of(report), -(report.success or 0.0))))


def leaderboard_text(reports: Sequence[RunReport]) -> str:
    """One row a run, under a line that says over which questions."""
    from benchmarks.report_text import text_table

    together: dict[str, list[dict[str, str]]] = {}
    for report in reports:
        together.setdefault(_questions_of(report), []).append(_row(report))
    parts = [f"{questions}\n{text_table(rows)}" for questions, rows in together.items()]
    return "\n\n".join(parts) or "no runs yet: atlas bench run synthetic makes one"


def _questions_of(report: RunReport) -> str:
    config = report.run.spec.config
    incidents = config.get("incidents")
    shown = ", ".join(map(str, incidents)) if isinstance(incidents, list) else "-"
    return f"{config.get('question_set')}, {config.get('split') or 'one task'}, incidents {shown}"


def _row(report: RunReport) -> dict[str, str]:
    config, figures = report.run.spec.config, report.figures
    interval = figures.success_ci95
    return {
        "run": report.run_id,
        "status": report.status.value,
        "student": str(config.get("student", "-")),
        "teacher": str(config.get("teacher", "-")),
        "lane": str(config.get("lane", "-")),
        "memory": report.run.spec.memory.mode,
        "n": str(figures.n),
        "success": "-" if figures.success is None else f"{figures.success:.3f}",
        "95% interval": "-" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}",
    }


def conformance_report(
    data: Path | None, incidents: tuple[int, ...] | None, limit: int | None
) -> ConformanceReport:
    """Replay logged statements on our engine.

    Raises:
        UserError: no data folder, or one without the log.
    """
    from benchmarks.excytin.conformance import conformance

    settings = load_settings()
    folder = data or settings.data_folder
    if folder is None:
        raise UserError("conformance needs the ExCyTIn data: give --data DIR or set ATLAS_DATA_FOLDER")
    return conformance(folder, settings.home / "cache", incidents, limit)
