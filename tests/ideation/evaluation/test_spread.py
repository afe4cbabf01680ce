from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import UserError
from ideation.evaluation.spread import (
    VENDI_ORDERS,
    cluster_entropy,
    cosine_similarity,
    mean_nearest_distance,
    mean_pairwise_distance,
    unique_by_batch,
    unique_curve,
    vendi,
    vendi_profile,
)
from ideation.evaluation.wording import distinct_n, self_bleu

Floats = NDArray[np.float64]
ORDERS = [0.0, *VENDI_ORDERS]


def vectors(seed: int, count: int) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, 6))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_8_1_vendi_of_identical_ideas_is_1_and_of_orthogonal_ones_n(order: float, count: int) -> None:
    assert vendi(np.ones((count, count)), order) == pytest.approx(1.0)
    assert vendi(np.eye(count), order) == pytest.approx(count)


@pytest.mark.parametrize("order", ORDERS)
def test_8_1_vendi_of_two_groups_of_twins_is_2(order: float) -> None:
    twins = np.kron(np.eye(2), np.ones((3, 3)))
    assert vendi(twins, order) == pytest.approx(2.0)


def test_8_1_vendi_of_two_ideas_follows_the_closed_form() -> None:
    for likeness in (0.0, 0.3, 0.9):
        high, low = (1 + likeness) / 2, (1 - likeness) / 2
        matrix = np.array([[1.0, likeness], [likeness, 1.0]])
        assert vendi(matrix) == pytest.approx(math.exp(-high * math.log(high) - low * math.log(low)))
        assert vendi(matrix, 2.0) == pytest.approx(1 / (high**2 + low**2))
        assert vendi(matrix, math.inf) == pytest.approx(1 / high)


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_8_1_vendi_falls_with_its_order_and_stays_between_1_and_n(seed: int, count: int) -> None:
    found = [score for _, score in vendi_profile(cosine_similarity(vectors(seed, count)), ORDERS)]
    assert all(1.0 - 1e-9 <= score <= count + 1e-9 for score in found)
    assert found == pytest.approx(sorted(found, reverse=True))


@given(st.integers(0, 10**6), st.integers(2, 8))
def test_8_1_repeating_the_whole_set_changes_no_vendi(seed: int, count: int) -> None:
    rows = vectors(seed, count)
    assert vendi(cosine_similarity(np.vstack([rows, rows]))) == pytest.approx(vendi(cosine_similarity(rows)))


def test_8_1_distances_of_identical_ideas_are_0_and_of_orthogonal_ones_1() -> None:
    for measure in (mean_pairwise_distance, mean_nearest_distance):
        assert measure(np.ones((4, 4))) == pytest.approx(0.0)
        assert measure(np.eye(4)) == pytest.approx(1.0)
        assert measure(np.ones((1, 1))) is None
        assert measure(np.ones((0, 0))) is None
    twins = np.kron(np.eye(2), np.ones((2, 2)))
    assert mean_pairwise_distance(twins) == pytest.approx(4 / 6)
    assert mean_nearest_distance(twins) == pytest.approx(0.0)


@given(st.integers(0, 10**6), st.integers(2, 10))
def test_8_1_the_nearest_is_never_farther_than_the_mean(seed: int, count: int) -> None:
    matrix = cosine_similarity(vectors(seed, count))
    nearest, mean = mean_nearest_distance(matrix), mean_pairwise_distance(matrix)
    assert nearest is not None
    assert mean is not None
    assert nearest <= mean + 1e-9


def test_8_1_the_curve_of_unique_ideas() -> None:
    matrix = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.5], [0.1, 0.5, 1.0]])
    found = {each.threshold: each.share for each in unique_curve(matrix, [0.0, 0.4, 0.8, 0.95])}
    assert found == pytest.approx({0.0: 1 / 3, 0.4: 2 / 3, 0.8: 2 / 3, 0.95: 1.0})
    assert unique_curve(np.ones((5, 5)), [0.8])[0].share == pytest.approx(1 / 5)
    assert unique_curve(np.eye(5), [0.8])[0].share == 1.0


def test_8_1_a_run_that_repeats_itself_saturates() -> None:
    matrix = np.kron(np.ones((2, 2)), np.eye(3))
    assert unique_by_batch(matrix, 0.8, 3) == (1.0, 0.0)
    assert unique_by_batch(matrix, 0.8, 4) == (0.75, 0.0)
    with pytest.raises(UserError):
        unique_by_batch(matrix, 0.8, 0)


def test_8_1_entropy_of_clusters() -> None:
    assert cluster_entropy(["a"] * 5) == 0.0
    assert cluster_entropy(range(5)) == pytest.approx(math.log(5))
    assert cluster_entropy([]) == 0.0
    assert cluster_entropy("aab") == pytest.approx(math.log(3) - 2 / 3 * math.log(2))


def test_8_1_distinct_n_counts_n_grams() -> None:
    assert distinct_n(["a b c", "a b d"], 1) == pytest.approx(4 / 6)
    assert distinct_n(["a b c", "a b d"], 2) == pytest.approx(3 / 4)
    assert distinct_n(["a b c d"] * 4, 2) == pytest.approx(1 / 4)
    assert distinct_n(["a", ""], 2) is None
    with pytest.raises(UserError):
        distinct_n(["a"], 0)


def test_8_1_self_bleu_is_1_for_identical_texts_and_0_for_disjoint_ones() -> None:
    assert self_bleu(["the same five words here"] * 3) == pytest.approx(1.0)
    assert self_bleu(["one two three four", "five six seven eight"]) == 0.0
    assert self_bleu(["only one", ""]) is None
    near, far = self_bleu(["a b c d e", "a b c d f"]), self_bleu(["a b c d e", "a x c y f"])
    assert near is not None
    assert far is not None
    assert 0 < far < near < 1


@given(st.lists(st.text(alphabet="ab ", max_size=12), max_size=6))
def test_8_1_self_bleu_is_a_share(texts: list[str]) -> None:
    found = self_bleu(texts)
    assert found is None or 0.0 <= found <= 1.0 + 1e-9


@pytest.mark.parametrize(
    "matrix", [np.ones((2, 3)), np.array([[1.0, 0.2], [0.3, 1.0]]), np.zeros((2, 2)), np.full((2, 2), np.nan)]
)
def test_what_is_no_similarity_is_refused(matrix: Floats) -> None:
    with pytest.raises(UserError):
        vendi(matrix)
    with pytest.raises(UserError):
        vendi(np.eye(2), -1.0)


def test_a_zero_vector_is_like_nothing_but_itself() -> None:
    assert cosine_similarity(np.array([[0.0, 0.0], [1.0, 0.0]])).tolist() == [[1.0, 0.0], [0.0, 1.0]]
