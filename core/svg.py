"""Plots for pages as SVG text: the same numbers give the same bytes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Labels stay text, in the reader's fonts; a title with two dollar signs is no formula.
_STYLE: Any = {"svg.hashsalt": "atlas", "svg.fonttype": "none", "font.size": 8, "text.parse_math": False}
_NOTHING = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def draw_svg(draw: Callable[[Axes], None], *, width_inches: float, height_inches: float) -> str:
    """One `<svg>` element with what `draw` puts on the axes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    target = io.StringIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # The font is only measured with: a reader has letters that it lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(target, format="svg", metadata=_NOTHING)
    whole = target.getvalue()
    return whole[whole.index("<svg") :]
