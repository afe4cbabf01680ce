"""LAME's stated properties."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptation.outputs.lame import Likeness, lame, likeness_matrix, objective, softmax
from core.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)


def batch(seed: int, n: int = 20, k: int = 3, d: int = 4) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return softmax(2 * draw.normal(size=(n, k))), draw.normal(size=(n, d))


@given(SEEDS, st.sampled_from(Likeness), st.floats(0, 5))
def test_rows_sum_to_one_and_the_objective_never_rises(seed: int, kind: Likeness, weight: float) -> None:
    q, features = batch(seed)
    found = lame(q, features, weight=weight, likeness=kind)
    assert np.allclose(found.probabilities.sum(axis=1), 1.0)
    assert (found.probabilities >= 0).all()
    assert list(found.objective) == sorted(found.objective, reverse=True)
    assert len(found.objective) <= 101


@given(SEEDS, st.sampled_from([Likeness.RBF, Likeness.LINEAR]))
def test_the_bare_update_falls_with_the_half(seed: int, kind: Likeness) -> None:
    """No step is refused here: it is the update itself that makes the objective smaller."""
    q, features = batch(seed)
    unary, affinity = -np.log(q), likeness_matrix(features, kind, 5)
    y, values = q, []
    for _ in range(30):
        values.append(objective(y, unary, affinity, 2.0))
        y = softmax(2.0 * affinity @ y - unary)
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(values))


def test_without_the_half_the_monitor_rises() -> None:
    """What the released code watches."""
    risen = 0
    for seed in range(20):
        q, features = batch(seed)
        unary, affinity = -np.log(q), likeness_matrix(features, Likeness.LINEAR, 5)
        y, values = q, []
        for _ in range(30):
            values.append(objective(y, unary, affinity, 2.0) - (y * (affinity @ y)).sum())
            y = softmax(2.0 * affinity @ y - unary)
        risen += any(after > before + 1e-9 for before, after in itertools.pairwise(values))
    assert risen


@given(SEEDS, st.sampled_from(Likeness))
def test_a_weight_of_nothing_changes_nothing(seed: int, kind: Likeness) -> None:
    q, features = batch(seed)
    assert np.allclose(lame(q, features, weight=0.0, likeness=kind).probabilities, q, atol=1e-9)


@given(SEEDS, st.sampled_from([Likeness.RBF, Likeness.LINEAR]))
def test_the_order_of_items_does_not_matter(seed: int, kind: Likeness) -> None:
    q, features = batch(seed)
    order = np.random.default_rng(seed).permutation(len(q))
    there = lame(q, features, likeness=kind).probabilities[order]
    back = lame(q[order], features[order], likeness=kind).probabilities
    assert np.allclose(there, back, atol=1e-6)


def test_items_that_are_alike_help_an_unsure_one() -> None:
    """Two clusters, each item right but for a few that lean the wrong way: the cluster puts them right."""
    draw = np.random.default_rng(3)
    truth = np.repeat([0, 1], 20)
    centres = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    features = centres[truth] + 0.1 * draw.normal(size=(40, 3))
    sure = np.where(draw.random(40) < 0.2, 0.45, 0.8)
    q = np.stack([np.where(truth == 0, sure, 1 - sure), np.where(truth == 0, 1 - sure, sure)], axis=1)
    before = (q.argmax(axis=1) == truth).mean()
    assert before < 0.95
    for kind in Likeness:
        after = lame(q, features, likeness=kind).probabilities
        assert (after.argmax(axis=1) == truth).mean() == 1.0


def test_one_item_is_left_alone_by_neighbours_and_odd_input_is_refused() -> None:
    q = np.array([[0.25, 0.75]])
    assert np.allclose(lame(q, [[1.0]], likeness=Likeness.NEIGHBOURS).probabilities, q)
    for probabilities, features in (
        ([[0.5, 0.6]], [[1.0]]),
        ([[0.5, 0.5]], [[1.0], [2.0]]),
        ([[0.5, 0.5]], [[np.nan]]),
        ([[1.5, -0.5]], [[1.0]]),
    ):
        with pytest.raises(UserError, match="lame needs"):
            lame(probabilities, features)
    with pytest.raises(UserError, match="`weight` must be"):
        lame(q, [[1.0]], weight=-1.0)
