"""Carries out `atlas bench transfer`: makes the agents of the experiment and reads its report."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.house import AgentPlan, House
from app.options import (
    BenchmarkName,
    FeedbackWord,
    LaneWord,
    MemoryWord,
    check_incidents,
    check_rows,
    open_benchmark,
)
from app.plans import check_plan, labels, make_plan
from app.progress import LiveProgress
from core.settings import load_settings

if TYPE_CHECKING:
    from atlas.agent import AtlasAgent
    from atlas.config import MemoryMode
    from benchmarks.task import Benchmark
    from benchmarks.transfer import TransferPlan
    from benchmarks.transfer_report import FoldResult, TransferReport
    from core.episode import Lane
    from memory.library import PamphletLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOrder:
    """One `atlas bench transfer`, as it was asked for."""

    benchmark: BenchmarkName
    data: Path | None
    learn: tuple[int, ...]
    test: tuple[int, ...]
    orders: int
    seeds: int
    student: str
    teacher: str
    feedback: FeedbackWord
    seed: int
    max_steps: int
    workers: int
    limit: int | None
    budget_usd: float | None


class Laboratory:
    """Agents of one experiment: learning in lane `paired`, tested in lane `auto` (the paper's frozen phase).

    Off and frozen differ in nothing but the memory that the Student is given.
    """

    def __init__(self, house: House, plan: AgentPlan) -> None:
        self._house, self._plan = house, plan

    def blank(self) -> PamphletLibrary:
        return self._house.blank_library()

    def learner(self, memory: PamphletLibrary, seed: int) -> AtlasAgent:
        from atlas.config import MemoryMode
        from core.episode import Lane

        return self._agent(Lane.PAIRED, MemoryMode.ON, memory, seed)

    def frozen(self, memory: PamphletLibrary, seed: int) -> AtlasAgent:
        from atlas.config import MemoryMode
        from core.episode import Lane

        return self._agent(Lane.AUTO, MemoryMode.FROZEN, memory.frozen_copy(), seed)

    def off(self, seed: int) -> AtlasAgent:
        from atlas.config import MemoryMode
        from core.episode import Lane

        return self._agent(Lane.AUTO, MemoryMode.OFF, None, seed)

    def _agent(
        self, lane: Lane, memory: MemoryMode, pamphlets: PamphletLibrary | None, seed: int
    ) -> AtlasAgent:
        config = replace(self._plan.config, lane=lane, memory=memory)
        plan = replace(self._plan, config=config)
        return self._house.agent(plan, pamphlets, resumable=False, seed=seed)


def run_transfer(order: TransferOrder) -> TransferReport:
    """Raises:
    UserError: the data, the agent or the incidents cannot be used; nothing is written then.
    """
    from benchmarks.task import Split

    settings = load_settings()
    plan = make_plan(order.student, order.teacher, LaneWord.PAIRED, MemoryWord.ON, order.feedback)
    check_plan(plan, settings, order.budget_usd)
    bench = open_benchmark(order.benchmark, order.data, settings, seed=order.seed)
    check_incidents(bench, (*order.learn, *order.test))
    experiment = _plan(bench, plan, order)
    used = sorted({incident for fold in experiment.folds for incident in (*fold.learn, *fold.test)})
    for split in Split:
        bench.questions(used, split)
    check_rows(order.benchmark, order.data, settings, used)
    with House(settings) as house:
        return asyncio.run(_transfer(house, bench, plan, experiment))


async def _transfer(
    house: House, bench: Benchmark, plan: AgentPlan, experiment: TransferPlan
) -> TransferReport:
    from benchmarks.transfer import transfer

    with LiveProgress("transfer") as progress:
        return await transfer(bench, Laboratory(house, plan), house.store, experiment, progress.start)


def _plan(bench: Benchmark, plan: AgentPlan, order: TransferOrder) -> TransferPlan:
    from benchmarks.config import FeedbackMode
    from benchmarks.transfer import Fold, TransferPlan, leave_one_out
    from core.budget import BudgetLimits

    if order.learn or order.test:
        test = order.test or tuple(g for g in bench.groups if g not in order.learn)
        folds: tuple[Fold, ...] = (
            Fold(learn=order.learn or tuple(g for g in bench.groups if g not in test), test=test),
        )
    else:
        folds = leave_one_out(bench.groups)
    return TransferPlan(
        folds=folds,
        orders=order.orders,
        seeds=order.seeds,
        seed=order.seed,
        max_steps=order.max_steps,
        workers=order.workers,
        feedback=FeedbackMode(order.feedback.value),
        learn_limit=order.limit,
        test_limit=order.limit,
        run_limits=BudgetLimits(usd=order.budget_usd),
        labels=tuple(labels(plan).items()),
    )


def transfer_text(report: TransferReport) -> str:
    """The folds as a table, all of them together in the last row."""
    from benchmarks.report_text import text_table

    rows = [_row(",".join(map(str, fold.test)), fold) for fold in report.folds]
    table = text_table([*rows, _row("all", report.overall)])
    return f"{report.question_set}\nnote: {report.note}\n\n{table}"


def _row(name: str, fold: FoldResult) -> dict[str, str]:
    interval = fold.difference_ci95
    return {
        "tested on": name,
        "order": "-" if fold.order is None else str(fold.order),
        "n": str(fold.n),
        "off": _number(fold.off.success),
        "frozen": _number(fold.frozen.success),
        "difference": _number(fold.difference),
        "95% interval": "-" if interval is None else f"{interval.low:+.3f} to {interval.high:+.3f}",
        "queries off": _number(fold.off.queries_per_task, 2),
        "queries frozen": _number(fold.frozen.queries_per_task, 2),
    }


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
