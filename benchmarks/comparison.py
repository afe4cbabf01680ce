"""Two runs compared, paired on the questions that both worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.report import RunReport, figures, interval_json
from benchmarks.statistics import mcnemar_exact, mean, paired_difference
from core.store import Json, TaskRecord


def compare(first: RunReport, second: RunReport, *, seed: int = 0) -> dict[str, Json]:
    """Two runs paired on the questions that both finished and scored; differences are second - first.

    Intervals are bootstrapped, clustered by incident when there are several; `mcnemar_p` is exact.
    """
    ones, twos = _scored(first), _scored(second)
    keys = [key for key in ones if key in twos]
    left = [float(_success(ones[key])) for key in keys]
    right = [float(_success(twos[key])) for key in keys]
    clusters = [ones[key].group for key in keys]
    success = paired_difference(left, right, clusters, seed=seed)
    queries = paired_difference(
        [float(ones[key].queries) for key in keys],
        [float(twos[key].queries) for key in keys],
        clusters,
        seed=seed,
    )
    gained = sum(b > a for a, b in zip(left, right, strict=True))
    lost = sum(b < a for a, b in zip(left, right, strict=True))
    return {
        "first": _side(first, [ones[key] for key in keys]),
        "second": _side(second, [twos[key] for key in keys]),
        "n": len(keys),
        "only_first": len(ones) - len(keys),
        "only_second": len(twos) - len(keys),
        "difference": success.estimate,
        "difference_ci95": interval_json(success.interval),
        "gained": gained,
        "lost": lost,
        "mcnemar_p": mcnemar_exact(gained, lost),
        "queries_difference": queries.estimate,
        "queries_difference_ci95": interval_json(queries.interval),
    }


def _scored(report: RunReport) -> dict[str, TaskRecord]:
    return {t.key: t for t in report.tasks if t.score is not None and t.score.success is not None}


def _success(task: TaskRecord) -> bool:
    return task.score is not None and bool(task.score.success)


def _side(report: RunReport, tasks: Sequence[TaskRecord]) -> dict[str, Json]:
    return {
        "run_id": report.run_id,
        "memory": report.run.spec.memory.mode,
        "success": figures(tasks).success,
        "reward": figures(tasks).reward,
        "queries_per_task": mean([float(task.queries) for task in tasks]),
    }


def comparison_text(comparison: Mapping[str, Json]) -> str:
    """`compare`'s document as two lines a reader can quote."""
    interval = comparison["difference_ci95"]
    shown = "" if not isinstance(interval, list) else f" (95% {interval[0]:+.3f} to {interval[1]:+.3f})"
    difference = comparison["difference"]
    value = "-" if not isinstance(difference, float) else f"{difference:+.3f}"
    return (
        f"{comparison['n']} paired questions: success {value}{shown}, "
        f"{comparison['gained']} gained, {comparison['lost']} lost, McNemar p {comparison['mcnemar_p']:.4f}"
    )
