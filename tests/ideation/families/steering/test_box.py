from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.steering.box import Box, pairs_of
from ideation.families.steering.box_arm import BoxArm
from tests.ideation.families.search.papers import CannedMuse, EmptyMuse, desk

SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=4)


def box(sizes: list[int]) -> Box:
    return Box(
        axes=tuple(
            (f"axis {at}", tuple(f"value {at}.{n}" for n in range(size))) for at, size in enumerate(sizes)
        )
    )


@settings(deadline=None)
@given(SIZES, st.integers(0, 99))
def test_2_7_the_walk_covers_every_pair_of_values_in_few_cells(sizes: list[int], seed: int) -> None:
    found = box(sizes)
    walk = found.walk(seed)
    assert len(set(walk)) == len(walk) <= found.size
    assert set().union(*map(pairs_of, walk)) == found.pairs()
    two = sorted(sizes)[-2:]
    assert math.prod(two) <= len(walk) <= 2 * math.prod(two) + 2
    assert walk == found.walk(seed)


@given(SIZES, st.data())
def test_2_7_all_cells_are_enumerated_and_the_empty_ones_named(sizes: list[int], data: st.DataObject) -> None:
    found = box(sizes)
    cells = list(found.cells())
    assert len(set(cells)) == len(cells) == found.size == math.prod(sizes)
    filled = data.draw(st.lists(st.sampled_from(cells)))
    assert set(found.empty(filled)) | set(filled) == set(cells)
    assert not set(found.empty(filled)) & set(filled)


def test_2_7_a_box_that_cannot_be_walked_is_refused() -> None:
    for wrong in ((), (("one", ("a",)),), (("one", ("a",)), ("two", ()))):
        with pytest.raises(UserError):
            Box(axes=wrong)
    with pytest.raises(UserError, match="too large"):
        box([100, 100, 100])


async def test_2_7_the_arm_walks_the_box_and_reports_what_is_empty() -> None:
    axes = (("means", ("heat", "light")), ("place", ("sea", "roof", "cellar")))
    muse = CannedMuse()
    found = await BoxArm(axes=axes).run(desk(muse), 4)
    assert found.measures["cells"] == 6.0
    assert found.measures["cells_empty"] == 2.0
    assert len(found.empty) == 2
    assert all(cell[0] in ("heat", "light") for cell in found.empty)
    for request, cell in zip(muse.proposed, found.filled, strict=True):
        means, where = axes[0][1][cell[0]], axes[1][1][cell[1]]
        assert f"means: {means}\nplace: {where}" in request.notes
    whole = await BoxArm(axes=axes).run(desk(CannedMuse()), 6)
    assert whole.empty == ()
    assert whole.measures["pairs_covered"] == 1.0


async def test_2_6_offline_the_values_come_from_the_papers_and_lead_to_them() -> None:
    found = await BoxArm().run(desk(), 6)
    assert len(found.ideas) == 6
    assert found.box is not None
    assert found.box.size == 64
    assert [name for name, _ in found.box.axes] == ["part of the problem", "mechanism", "how it is tested"]
    assert len(found.empty) == 58


async def test_2_7_without_values_there_is_no_box_and_the_arm_says_so() -> None:
    found = await BoxArm().run(desk(EmptyMuse()), 3)
    assert found.ideas == ()
    assert "no axes" in found.stopped
    assert found.empty == ()
