"""A run's report in plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.report import GroupFigures, RunReport, by_group
from benchmarks.statistics import mean


def text_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows of the same names as a plain table, figures to the right; an empty string for no rows."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, *([row[name] for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def report_text(report: RunReport) -> str:
    """The run in plain text: its totals, then a line for each incident."""
    whole = report.figures
    rows = [_row("all", whole), *(_row(name, part) for name, part in by_group(report.tasks).items())]
    config = report.run.spec.config
    head = [
        f"run {report.run_id}  {report.status.value}  {config.get('question_set')}  {config.get('split')}",
        f"{whole.n} of {report.planned} tasks, {report.errors} failed, {whole.unscored} unscored, "
        f"{_number(mean([float(t.queries) for t in report.tasks]), 2)} queries a task, {_cost(report)}, "
        f"{report.run.wall_seconds:.1f} s",
    ]
    note = config.get("note")
    return "\n".join([*head, *([f"note: {note}"] if note else []), "", text_table(rows)])


def _row(name: str, part: GroupFigures) -> dict[str, str]:
    interval = part.success_ci95
    return {
        "incident": name,
        "n": str(part.n),
        "success": _number(part.success, 3),
        "95% interval": "-" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}",
        "reward": _number(part.reward, 3),
        "unscored": str(part.unscored),
    }


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _cost(report: RunReport) -> str:
    if report.cost_usd is None:
        return "cost unknown"
    return f"{'' if report.cost_known else 'at least '}{report.cost_usd:.4f} USD"
