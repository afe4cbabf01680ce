"""Plots whose labels are whatever a person or a model wrote."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from core.svg import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def labelled(*labels: str) -> str:
    def draw(axes: Axes) -> None:
        axes.set_yticks(range(len(labels)), list(labels))

    return draw_svg(draw, width_inches=3, height_inches=2)


@pytest.mark.parametrize(
    "label", ["Kosten & <Nutzen>", "设计钙钛矿", "for $5 or $\\frac{a$ each", "a_b^c\\alpha", "naïve 🧪"]
)
def test_a_label_is_shown_as_it_is_written(label: str) -> None:
    """Also in letters that the font at hand lacks, and with signs that would be a formula."""
    texts = {"".join(each.itertext()).strip() for each in ET.fromstring(labelled(label)).iter()}
    assert label in texts


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert labelled("one", "two") == labelled("one", "two") != labelled("one", "three")
