from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.homogeneity import homogeneity

AXES = np.eye(8)


@given(st.integers(2, 4), st.integers(1, 4))
def test_8_10_sets_that_say_the_same_are_one_set_in_k_copies(sets: int, ideas: int) -> None:
    same = {f"s{number}": AXES[:ideas] for number in range(sets)}
    found = homogeneity(same, {name: range(ideas) for name in same}, resamples=20)
    assert found.distinct == pytest.approx(1 / sets)
    assert all(each.shared.value == 1.0 for each in found.overlaps)
    assert all(each.nearest.value == pytest.approx(1.0) for each in found.overlaps)
    assert all(each.across == pytest.approx(1 / ideas) for each in found.overlaps)
    assert all(each.effective == pytest.approx(ideas) for each in found.sets)
    assert len(found.overlaps) == sets * (sets - 1) // 2


def test_8_10_sets_with_nothing_in_common_lose_nothing_together() -> None:
    found = homogeneity({"one": AXES[:3], "other": AXES[3:5]}, {"one": "abc", "other": "de"}, resamples=20)
    (overlap,) = found.overlaps
    assert found.distinct == pytest.approx(1.0)
    assert (overlap.across, overlap.nearest.value, overlap.shared.value) == (0.0, 0.0, 0.0)
    assert found.sets[0].within == pytest.approx(0.0)


def test_8_10_a_twin_counts_once_for_each_idea_that_has_one() -> None:
    found = homogeneity({"one": AXES[:3], "other": AXES[2:4]}, {"one": "abc", "other": "cd"}, resamples=200)
    (overlap,) = found.overlaps
    assert overlap.shared.value == pytest.approx(2 / 5)
    assert overlap.shared.interval is not None
    assert overlap.shared.interval.covers(2 / 5)
    assert 1 / 2 < found.distinct < 1


@pytest.mark.parametrize(
    ("vectors", "groups"),
    [
        ({"one": AXES[:2]}, {"one": "ab"}),
        ({"one": AXES[:2], "other": AXES[:0]}, {"one": "ab", "other": ""}),
        ({"one": AXES[:2], "other": AXES[:1]}, {"one": "a", "other": "b"}),
    ],
)
def test_8_10_what_cannot_be_compared_is_refused(
    vectors: dict[str, np.ndarray], groups: dict[str, str]
) -> None:
    with pytest.raises(UserError):
        homogeneity(vectors, groups)
