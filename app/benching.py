"""Carries out `atlas bench run` and reads stored runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.house import House
from app.options import check_data, open_benchmark
from app.plans import BenchOrder, bench_config, check_plan
from app.progress import LiveProgress
from core.errors import UserError
from core.settings import load_settings

if TYPE_CHECKING:
    from benchmarks.report import RunReport


def run_order(order: BenchOrder, *, quiet: bool) -> RunReport:
    """Raises:
    UserError: the data, the agent or the settings cannot be used; nothing is stored then.
    """
    settings = load_settings()
    check_data(order.benchmark, order.data or settings.data_folder)
    check_plan(order.plan, settings, order.budget_usd)
    with House(settings) as house:
        return asyncio.run(_run(house, order, quiet=quiet))


async def _run(house: House, order: BenchOrder, *, quiet: bool) -> RunReport:
    from benchmarks.harness import run_benchmark

    bench = open_benchmark(order.benchmark, order.data, house, seed=order.seed)
    groups = order.incidents or bench.groups
    questions = bench.questions(groups, order.split)[: order.limit]
    if not questions:
        raise UserError("these incidents have no questions in this split: choose others")
    pamphlets = house.library_for(order.plan.config.memory)
    agent = house.agent(order.plan, pamphlets)
    try:
        with LiveProgress(
            f"{order.benchmark} {order.split}, memory {order.plan.config.memory}", quiet=quiet
        ) as progress:
            return await run_benchmark(
                bench,
                agent,
                questions,
                house.store,
                bench_config(order, groups),
                workers=order.workers,
                resume=order.resume,
                on_progress=progress,
                memory=house.probe(order.plan.config.memory, pamphlets),
            )
    finally:
        await agent.close()


def stored_reports(run_ids: Sequence[str]) -> list[RunReport]:
    """Raises:
    UserError: no such run.
    """
    from benchmarks.report import build_report

    with House() as house:
        return [build_report(house.store, run_id) for run_id in run_ids]
