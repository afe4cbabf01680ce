from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import UserError
from ideation.evaluation.good_and_different import effective_diversity, yield_of
from ideation.evaluation.guilford import guilford

Floats = NDArray[np.float64]


@st.composite
def sets(draw: st.DrawFn, most: int = 9) -> tuple[Floats, Floats]:
    count = draw(st.integers(0, most))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    matrix = np.triu(rng.random((count, count)), 1)
    return matrix + matrix.T + np.eye(count), rng.random(count)


def largest(matrix: Floats, quality: Floats, bar: float, alike: float) -> int:
    good = [at for at in range(len(matrix)) if quality[at] >= bar]
    for size in range(len(good), 0, -1):
        for chosen in combinations(good, size):
            if all(matrix[i, j] < alike for i, j in combinations(chosen, 2)):
                return size
    return 0


@settings(deadline=None)
@given(sets(), st.floats(0, 1), st.floats(0, 1))
def test_8_2_yield_is_the_largest_set_of_good_ideas_no_two_alike(
    case: tuple[Floats, Floats], bar: float, alike: float
) -> None:
    matrix, quality = case
    found = yield_of(matrix, quality, bar=bar, alike=alike)
    assert found.exact
    assert found.size == largest(matrix, quality, bar, alike)
    assert all(quality[at] >= bar for at in found.chosen)
    assert all(matrix[i, j] < alike for i, j in combinations(found.chosen, 2))


@settings(deadline=None)
@given(sets(), st.floats(0, 1))
def test_8_2_the_greedy_yield_lies_below_the_truth_and_its_bound_above(
    case: tuple[Floats, Floats], alike: float
) -> None:
    matrix, quality = case
    truth = largest(matrix, quality, 0.2, alike)
    found = yield_of(matrix, quality, bar=0.2, alike=alike, exact_up_to=0)
    assert found.size <= truth <= found.bound
    assert all(matrix[i, j] < alike for i, j in combinations(found.chosen, 2))


def test_8_2_yield_of_25_ideas_is_exact_and_of_more_is_bounded() -> None:
    rng = np.random.default_rng(4)
    for count in (25, 80):
        matrix = np.triu(rng.random((count, count)), 1)
        found = yield_of(matrix + matrix.T + np.eye(count), np.ones(count), bar=0.5, alike=0.7)
        assert found.exact or count > 25
        assert 0 < found.size <= found.bound <= count


def test_8_2_identical_ideas_yield_1_orthogonal_ones_n_and_bad_ones_nothing() -> None:
    ones = np.ones(30)
    assert yield_of(np.ones((30, 30)), ones, bar=0.5, alike=0.8).size == 1
    assert yield_of(np.eye(30), ones, bar=0.5, alike=0.8).chosen == tuple(range(30))
    assert yield_of(np.eye(30), ones, bar=2.0, alike=0.8).size == 0
    assert yield_of(np.eye(2), np.array([np.nan, 1.0]), bar=0.5, alike=0.8).chosen == (1,)
    with pytest.raises(UserError):
        yield_of(np.eye(2), ones, bar=0.5, alike=0.8)


def test_8_2_effective_diversity_counts_pairs_of_good_ideas_only() -> None:
    ones = np.ones(4)
    assert effective_diversity(np.eye(4), ones, bar=0.5) == pytest.approx(1.0)
    assert effective_diversity(np.ones((4, 4)), ones, bar=0.5) == pytest.approx(0.0)
    half = np.array([1.0, 1.0, 0.0, np.nan])
    assert effective_diversity(np.eye(4), half, bar=0.5) == pytest.approx(1 / 6)
    assert effective_diversity(np.eye(1), ones[:1], bar=0.5) is None
    with pytest.raises(UserError):
        effective_diversity(np.eye(3), ones, bar=0.5)


def test_8_3_guilfords_four() -> None:
    texts = ["cool the cell", "cool the cell with oil", "a new salt", "a new salt"]
    found = guilford(texts, groups=[1, 2, 3, 3], kinds=["cooling", "cooling", "salt", "salt"])
    assert (found.fluency, found.flexibility) == (3, 2)
    assert found.originality == pytest.approx(0.5)
    assert found.elaboration == pytest.approx((3 + 5 + 3 + 3) / 4)


def test_8_3_originality_is_judged_by_what_others_said() -> None:
    others = ["cooling"] * 9 + ["salt"]
    common = guilford(["x"], groups=[1], kinds=["cooling"], reference_kinds=others)
    rare = guilford(["x"], groups=[1], kinds=["laser"], reference_kinds=others)
    assert common.originality == pytest.approx(0.1)
    assert rare.originality == 1.0
    assert guilford([], groups=[], kinds=[]).elaboration is None
    with pytest.raises(UserError):
        guilford(["x"], groups=[], kinds=["a"])
