"""A comparison as a table, and as a page with plots. No torch."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from adaptation.comparison.summary import Line, Summary
from core.svg import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADINGS = (
    "method", "size", "rate", "parameters", "off", "loss", "accuracy", "forgetting", "steps", "seconds",
    "peak MB", "disk KB",
)  # fmt: skip


def cells(line: Line) -> tuple[str, ...]:
    """As `HEADINGS` names them; a star marks what no other method beats in loss and forgetting together."""
    return (
        f"{line.method}{' *' if line.pareto else ''}",
        line.size,
        f"{line.learning_rate:g}",
        str(line.parameters),
        f"{100 * line.deviation:+.1f} %",
        line.loss.text(4),
        line.accuracy.text(3),
        line.forgetting.text(4),
        f"{line.steps:.0f}",
        f"{line.seconds:.1f}",
        f"{line.peak_bytes / 1e6:.0f}",
        f"{line.bytes_on_disk / 1e3:.1f}",
    )


def rows(summary: Summary, budget: str) -> list[tuple[str, ...]]:
    return [cells(line) for line in summary.lines if line.budget == budget]


def titles(summary: Summary) -> dict[str, str]:
    """By budget, those that there are."""
    every = {
        "parameters": f"Equal trainable parameters ({summary.parameters}) and steps",
        "time": f"Equal time ({summary.seconds:.1f} s of planning and training)",
    }
    return {
        name: title for name, title in every.items() if any(line.budget == name for line in summary.lines)
    }


def preamble(summary: Summary) -> str:
    """On what it ran, and what the base does."""
    base = ""
    if summary.before is not None:
        base = f" The base has loss {summary.before[0]:.4f} and accuracy {summary.before[1]:.3f}."
    return (
        f"{summary.seeds} seeds on {summary.device}; loss and accuracy on held-out answers, ± half of a 95 %"
        f" interval over seeds; forgetting is loss on neutral text after training less before.{base}"
    )


def text(summary: Summary) -> str:
    """Plain, in columns."""
    parts = [preamble(summary)]
    for budget, title in titles(summary).items():
        table = [HEADINGS, *rows(summary, budget)]
        widths = [max(len(row[place]) for row in table) for place in range(len(HEADINGS))]
        body = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table
        ]
        parts.append("\n".join([title, *(each.rstrip() for each in body)]))
    return "\n\n".join([*parts, *_fault_lines(summary)])


def markdown(summary: Summary) -> str:
    parts = ["# Adapter methods side by side", preamble(summary)]
    for budget, title in titles(summary).items():
        table = [HEADINGS, ("---",) * len(HEADINGS), *rows(summary, budget)]
        parts += [f"## {title}", "\n".join(f"| {' | '.join(row)} |" for row in table)]
    return "\n\n".join([*parts, *_fault_lines(summary)]) + "\n"


def _fault_lines(summary: Summary) -> list[str]:
    return ["\n".join(f"- {name}, equal {budget}: {why}" for name, budget, why in summary.faults)] * bool(
        summary.faults
    )


def page(summary: Summary) -> str:
    """HTML in one file, plots within."""
    from jinja2 import Environment, StrictUndefined

    template = (
        files("adaptation.comparison").joinpath("templates", "comparison.html").read_text(encoding="utf-8")
    )
    shown = titles(summary)
    return (
        Environment(undefined=StrictUndefined, autoescape=True)
        .from_string(template)
        .render(
            preamble=preamble(summary),
            headings=HEADINGS,
            parts=[
                (
                    title,
                    [cells(each) for each in summary.lines if each.budget == budget],
                    plot(summary, budget),
                )
                for budget, title in shown.items()
            ],
            faults=summary.faults,
        )
    )


def plot(summary: Summary, budget: str) -> str:
    """Loss against forgetting as SVG; the same numbers give the same bytes."""
    lines = [line for line in summary.lines if line.budget == budget]

    def draw(axes: Axes) -> None:
        for place, line in enumerate(lines):
            x, y, colour = line.forgetting, line.loss, f"C{place % 10}"
            if x.high is not None and y.high is not None:
                axes.errorbar(
                    x.mean, y.mean, xerr=x.high - x.mean, yerr=y.high - y.mean, color=colour, alpha=0.3
                )
            axes.plot([x.mean], [y.mean], marker="o", markersize=4, color=colour)
            if line.pareto:
                axes.plot([x.mean], [y.mean], marker="o", markersize=9, markerfacecolor="none", color="black")
            axes.annotate(
                line.method, (x.mean, y.mean), xytext=(5, 4), textcoords="offset points", fontsize=6
            )
        axes.set_xlabel("forgetting: loss on neutral text, after less before")
        axes.set_ylabel("held-out loss")

    return draw_svg(draw, width_inches=7.2, height_inches=4.4)
