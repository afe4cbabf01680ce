"""The learning curve of two runs as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import RunReport
from core.store import TaskRecord


def rolling(values: Sequence[float], window: int) -> list[float]:
    """Mean of the last `window` values (fewer at the start), one for each value."""
    if window < 1:
        raise ValueError("a window holds at least one value")
    return [sum(values[max(0, end - window) : end]) / min(end, window) for end in range(1, len(values) + 1)]


def plot_learning_curve(first: RunReport, second: RunReport, path: Path, *, window: int = 20) -> None:
    """Write a PNG: rolling success and rolling queries a task, by task order, of both runs.

    Unscored tasks are left out of the success curve.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    for report in (first, second):
        label = f"memory {report.run.spec.memory.mode}"
        scored = _successes(report.tasks)
        upper.plot([p for p, _ in scored], rolling([v for _, v in scored], window), label=label)
        queries = rolling([float(task.queries) for task in report.tasks], window)
        lower.plot([task.position for task in report.tasks], queries, label=label)
    upper.set_ylabel(f"success, mean of {window}")
    upper.set_ylim(0, 1)
    upper.legend()
    lower.set_ylabel(f"queries a task, mean of {window}")
    lower.set_xlabel("task, in order")
    figure.savefig(path, format="png")


def _successes(tasks: Sequence[TaskRecord]) -> list[tuple[int, float]]:
    """Position and success of each scored task."""
    scores = [(task.position, task.score) for task in tasks]
    return [(at, float(s.success)) for at, s in scores if s is not None and s.success is not None]
