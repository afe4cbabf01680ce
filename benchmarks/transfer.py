"""Does what was learned on some incidents help on others? Learn, freeze, and test in pairs with memory off.

Nothing here knows what a memory is: the composition root hands in a `Laboratory` that makes the agents.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from benchmarks.config import BenchConfig, FeedbackMode
from benchmarks.harness import run_benchmark
from benchmarks.report import RunReport
from benchmarks.task import Benchmark, Split
from benchmarks.transfer_report import FoldResult, Result, TransferReport, averaged, fold_result, results
from core.budget import BudgetLimits
from core.episode import Agent
from core.errors import UserError
from core.store import RunStatus, RunStore

M = TypeVar("M")


class Laboratory(Protocol[M]):
    """Makes the agents of an experiment. The transfer closes each agent; the maker keeps the memories."""

    def blank(self) -> M:
        """A fresh, empty memory of its own."""
        ...

    def learner(self, memory: M, seed: int) -> Agent:
        """An agent that reads the memory and writes to it."""
        ...

    def frozen(self, memory: M, seed: int) -> Agent:
        """The same agent reading the memory as it stands and writing nothing."""
        ...

    def off(self, seed: int) -> Agent:
        """The same agent without memory."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Incidents to learn on and incidents to test on."""

    learn: tuple[int, ...]
    test: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.learn or not self.test:
            raise UserError("a transfer needs incidents to learn on and incidents to test on")
        both = sorted(set(self.learn) & set(self.test))
        if both:
            raise UserError(f"incident {both[0]} is both learned and tested; --learn and --test must differ")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferPlan:
    """Each fold is learned in `orders` shuffles of its questions and with `seeds` seeds of the agent.

    `learn_limit` and `test_limit` bound the questions of one incident.
    """

    folds: tuple[Fold, ...]
    orders: int = 1
    seeds: int = 1
    seed: int = 0
    max_steps: int = 25
    workers: int = 1
    feedback: FeedbackMode = FeedbackMode.JUDGE
    learn_limit: int | None = None
    test_limit: int | None = None
    run_limits: BudgetLimits = field(default_factory=BudgetLimits)
    labels: tuple[tuple[str, str], ...] = ()


def leave_one_out(groups: Sequence[int]) -> tuple[Fold, ...]:
    """One fold an incident: learn on all others, test on it.

    Raises:
        UserError: fewer than two incidents.
    """
    if len(groups) < 2:
        raise UserError("leaving one incident out needs at least two incidents")
    return tuple(Fold(learn=tuple(g for g in groups if g != test), test=(test,)) for test in groups)


async def transfer(
    benchmark: Benchmark,
    laboratory: Laboratory[M],
    store: RunStore,
    plan: TransferPlan,
    on_run: Callable[[str], None] | None = None,
) -> TransferReport:
    """Work every fold. Memory off is run once for an incident and seed, and stands beside every order.

    `on_run` hears a line before each run. Learning goes one question after another, in order.

    Raises:
        UserError: unknown incidents, or no question to learn or test on.
    """
    bench = _Bench(benchmark, laboratory, store, plan, on_run or (lambda _: None))
    pairs: list[tuple[Result, Result]] = []
    folds: list[FoldResult] = []
    for fold in plan.folds:
        for seed in range(plan.seed, plan.seed + plan.seeds):
            off = await bench.off(fold, seed)
            for order in range(plan.orders):
                frozen = await bench.frozen(fold, order, seed)
                both = [(off[key], frozen[key]) for key in off if key in frozen]
                pairs += both
                folds.append(fold_result(fold.learn, fold.test, order, seed, both))
    learn = tuple(sorted({group for fold in plan.folds for group in fold.learn}))
    test = tuple(sorted({group for fold in plan.folds for group in fold.test}))
    return TransferReport(
        benchmark=benchmark.name,
        question_set=benchmark.question_set,
        note=benchmark.note,
        folds=tuple(folds),
        overall=fold_result(learn, test, None, None, averaged(pairs)),
        runs=tuple(report.run_id for report in bench.reports),
        errors=sum(report.errors for report in bench.reports),
        unscored=sum(r.figures.unscored for r in bench.reports if r.run.spec.config["split"] == Split.TEST),
    )


@dataclass(frozen=True, slots=True)
class _PhaseMemory:
    """The memory of one phase, of which only the mode is known here."""

    mode: str
    snapshot: str | None = None

    def items(self) -> int | None:
        return None


class _Bench(Generic[M]):
    """The runs of one transfer, each stored like any other run."""

    def __init__(
        self,
        benchmark: Benchmark,
        laboratory: Laboratory[M],
        store: RunStore,
        plan: TransferPlan,
        on_run: Callable[[str], None],
    ) -> None:
        self._benchmark, self._store, self._plan, self._on_run = benchmark, store, plan, on_run
        self._laboratory = laboratory
        self._off: dict[tuple[int, int], dict[str, Result]] = {}
        self.reports: list[RunReport] = []

    async def off(self, fold: Fold, seed: int) -> dict[str, Result]:
        together: dict[str, Result] = {}
        for group in fold.test:
            if (group, seed) not in self._off:
                agent = self._laboratory.off(seed)
                report = await self._run(agent, Fold(learn=fold.learn, test=(group,)), "off", None, seed)
                self._off[group, seed] = results(report)
            together |= self._off[group, seed]
        return together

    async def frozen(self, fold: Fold, order: int, seed: int) -> dict[str, Result]:
        memory = self._laboratory.blank()
        await self._run(self._laboratory.learner(memory, seed), fold, "learn", order, seed)
        return results(await self._run(self._laboratory.frozen(memory, seed), fold, "frozen", order, seed))

    async def _run(self, agent: Agent, fold: Fold, phase: str, order: int | None, seed: int) -> RunReport:
        plan, learning = self._plan, phase == "learn"
        groups = fold.learn if learning else fold.test
        split = Split.TRAIN if learning else Split.TEST
        limit = plan.learn_limit if learning else plan.test_limit
        questions = [q for group in groups for q in self._benchmark.questions((group,), split)[:limit]]
        if not questions:
            raise UserError(f"no {split} questions in incidents {', '.join(map(str, groups))}")
        if learning:
            random.Random(f"{plan.seed}/{order}/{groups}").shuffle(questions)
        config = BenchConfig(
            groups=groups,
            split=split,
            max_steps=plan.max_steps,
            seed=seed,
            feedback=plan.feedback if learning else FeedbackMode.JUDGE,
            run_limits=plan.run_limits,
            labels={**dict(plan.labels), "phase": phase, "order": order, "learned": list(fold.learn)},
        )
        self._on_run(f"{phase}: incidents {', '.join(map(str, groups))}, {len(questions)} questions")
        workers = 1 if learning else plan.workers
        try:
            report = await run_benchmark(
                self._benchmark,
                agent,
                questions,
                self._store,
                config,
                workers=workers,
                memory=_PhaseMemory("on" if learning else phase),
            )
        finally:
            await agent.close()
        self.reports.append(report)
        if report.status is not RunStatus.DONE:
            raise UserError(f"the {phase} run stopped at its budget, so nothing can be compared; raise it")
        return report
