"""The figures of a transfer: folds, arms and pairs, and the JSON of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.report import RunReport
from benchmarks.statistics import Interval, mean, paired_difference
from core.store import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test question once: whether it was solved and how many queries it took."""

    key: str
    cluster: str
    success: float
    queries: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    success: float | None
    queries_per_task: float | None

    def to_json(self) -> dict[str, Json]:
        return {"success": self.success, "queries_per_task": self.queries_per_task}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldResult:
    """Memory off against frozen on the same `n` questions; `order` and `seed` are None over several."""

    learn: tuple[int, ...]
    test: tuple[int, ...]
    order: int | None
    seed: int | None
    n: int
    off: Arm
    frozen: Arm
    difference: float | None
    difference_ci95: Interval | None
    queries_difference: float | None
    queries_difference_ci95: Interval | None

    def to_json(self) -> dict[str, Json]:
        interval = self.difference_ci95
        return {
            "learn": list(self.learn),
            "test": list(self.test),
            "order": self.order,
            "seed": self.seed,
            "n": self.n,
            "off": self.off.to_json(),
            "frozen": self.frozen.to_json(),
            "difference": self.difference,
            "difference_ci95": None if interval is None else interval.as_list(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """All folds, and over all of them one pair for each question, averaged over orders and seeds.

    `runs` are the ids of every run behind it, `errors` the tasks that failed in them, `unscored` the test
    results that could not be scored and so stand in no pair.
    """

    benchmark: str
    question_set: str
    note: str
    folds: tuple[FoldResult, ...]
    overall: FoldResult
    runs: tuple[str, ...]
    errors: int
    unscored: int

    def to_json(self) -> dict[str, Json]:
        """The document of `atlas bench transfer --json`."""
        interval = self.overall.queries_difference_ci95
        return {
            "benchmark": self.benchmark,
            "question_set": self.question_set,
            "note": self.note,
            "folds": [fold.to_json() for fold in self.folds],
            "overall": self.overall.to_json(),
            "queries_difference": self.overall.queries_difference,
            "queries_difference_ci95": None if interval is None else interval.as_list(),
            "runs": list(self.runs),
            "errors": self.errors,
            "unscored": self.unscored,
        }


def results(report: RunReport) -> dict[str, Result]:
    """The scored tasks of a run by their key."""
    return {
        task.key: Result(
            key=task.key,
            cluster=task.group,
            success=float(task.score.success),
            queries=float(task.queries),
        )
        for task in report.tasks
        if task.score is not None and task.score.success is not None
    }


def averaged(pairs: Sequence[tuple[Result, Result]]) -> list[tuple[Result, Result]]:
    """One pair a question: its results averaged, because repeats of a question are not independent."""
    by_key: dict[str, list[tuple[Result, Result]]] = {}
    for pair in pairs:
        by_key.setdefault(pair[0].key, []).append(pair)
    return [(_average([p[0] for p in same]), _average([p[1] for p in same])) for same in by_key.values()]


def _average(results: Sequence[Result]) -> Result:
    return replace(
        results[0],
        success=mean([result.success for result in results]) or 0.0,
        queries=mean([result.queries for result in results]) or 0.0,
    )


def fold_result(
    learn: tuple[int, ...],
    test: tuple[int, ...],
    order: int | None,
    seed: int | None,
    pairs: Sequence[tuple[Result, Result]],
) -> FoldResult:
    """The figures of pairs (memory off, memory frozen) on the same questions."""
    off, frozen = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    clusters = [result.cluster for result in off]
    success = paired_difference([r.success for r in off], [r.success for r in frozen], clusters)
    queries = paired_difference([r.queries for r in off], [r.queries for r in frozen], clusters)
    return FoldResult(
        learn=learn,
        test=test,
        order=order,
        seed=seed,
        n=len(pairs),
        off=_arm(off),
        frozen=_arm(frozen),
        difference=success.estimate,
        difference_ci95=success.interval,
        queries_difference=queries.estimate,
        queries_difference_ci95=queries.interval,
    )


def _arm(results: Sequence[Result]) -> Arm:
    return Arm(
        success=mean([result.success for result in results]),
        queries_per_task=mean([result.queries for result in results]),
    )
