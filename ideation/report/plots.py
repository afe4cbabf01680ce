"""The plots of a report as SVG text: the same numbers give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.svg import draw_svg
from ideation.report.record import RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH_INCHES, _ROW_INCHES, _LEAST_INCHES = 7.2, 0.17, 2.4
_MOST_ROWS = 60


def plots(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """Title and SVG of every plot that the run has numbers for."""
    drawn = [("Rank with its interval, best first; colours are tiers", _ranks(record))]
    if len(record.judges) > 1:
        drawn.append(("Two axes; ringed ideas are beaten by no other on all axes", _axes(record)))
    if record.arms:
        drawn.append(("Ideas by arm: made and kept", _arms(record)))
    return tuple(drawn)


def _ranks(record: RunRecord) -> str:
    ideas = record.ideas[:_MOST_ROWS]

    def draw(axes: Axes) -> None:
        for place, idea in enumerate(ideas):
            colour = f"C{(idea.tier - 1) % 10}"
            axes.plot([idea.rank_low, idea.rank_high], [place, place], color=colour, linewidth=2.5, alpha=0.6)
            axes.plot([idea.rank], [place], marker="o", color=colour, markersize=4)
        axes.set_yticks(range(len(ideas)), [f"{idea.rank}. {idea.title[:48]}" for idea in ideas], fontsize=6)
        axes.invert_yaxis()
        axes.set_xlabel("rank")

    return draw_svg(
        draw, width_inches=_WIDTH_INCHES, height_inches=max(_LEAST_INCHES, _ROW_INCHES * len(ideas) + 0.8)
    )


def _axes(record: RunRecord) -> str:
    one, two = (judge.axis for judge in record.judges[:2])

    def draw(axes: Axes) -> None:
        for idea in record.ideas:
            colour = f"C{(idea.tier - 1) % 10}"
            axes.plot([idea.axes.get(one, 0.0)], [idea.axes.get(two, 0.0)], marker="o", color=colour)
            if idea.pareto:
                axes.plot(
                    [idea.axes.get(one, 0.0)],
                    [idea.axes.get(two, 0.0)],
                    marker="o",
                    markersize=11,
                    markerfacecolor="none",
                    color="black",
                )
        axes.set_xlabel(f"{one} (log odds)")
        axes.set_ylabel(f"{two} (log odds)")

    return draw_svg(draw, width_inches=_WIDTH_INCHES, height_inches=3.6)


def _arms(record: RunRecord) -> str:
    names = [f"{arm.family}: {arm.lever}" for arm in record.arms]

    def draw(axes: Axes) -> None:
        places = range(len(names))
        axes.barh(places, [arm.made for arm in record.arms], color="0.8", label="made")
        axes.barh(places, [arm.kept for arm in record.arms], color="C0", label="kept", height=0.5)
        axes.set_yticks(places, names, fontsize=7)
        axes.invert_yaxis()
        axes.legend(fontsize=7)

    return draw_svg(
        draw, width_inches=_WIDTH_INCHES, height_inches=max(_LEAST_INCHES, 0.24 * len(names) + 0.8)
    )
