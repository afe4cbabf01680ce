from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.likeness.holding_out import folds_of, held_out_scores, ridge_fitter
from ideation.likeness.logistic import fit, probability
from ideation.likeness.separation import auc, gain, separation
from ideation.likeness.thresholds import curve, curve_table, for_precision, for_recall


def test_the_fit_recovers_what_made_the_labels() -> None:
    rng = np.random.default_rng(1)
    rows = rng.random((20000, 3))
    labels = rng.random(20000) < probability(rows @ [3.0, 0.0, 1.0] - 2.0)
    found = fit(rows, labels, ridge=1.0)
    assert found.weights == pytest.approx([3.0, 0.0, 1.0], abs=0.2)
    assert found.bias == pytest.approx(-2.0, abs=0.2)


def test_no_weight_is_negative_and_a_dead_column_bears_none() -> None:
    rng = np.random.default_rng(2)
    rows = np.column_stack([rng.random(500), rng.random(500), np.ones(500)])
    labels = rows[:, 0] - rows[:, 1] + 0.1 * rng.standard_normal(500) > 0
    found = fit(rows, labels, ridge=1.0)
    assert found.weights[0] > 0
    assert found.weights[1:].tolist() == [0.0, 0.0]
    assert np.isfinite(fit(rows[:, :1], rows[:, 0] > 0.5, ridge=1.0).bias)


@pytest.mark.parametrize("labels", [[], [True], [True, True]])
def test_a_fit_needs_both_classes(labels: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"both classes|do not fit"):
        fit(np.ones((len(labels), 1)), np.array(labels, dtype=bool), ridge=1.0)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = (np.array(values) for values in zip(*pairs, strict=True))
    same, other = scores[labels], scores[~labels]
    found = auc(scores.astype(float), labels)
    if not len(same) or not len(other):
        assert np.isnan(found)
        return
    beats = (same[:, None] > other).mean() + 0.5 * (same[:, None] == other).mean()
    assert found == pytest.approx(beats)


def test_intervals_draw_groups_and_groups_of_one_class_have_no_area_within() -> None:
    scores = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.6])
    labels = np.array([True, False, True, False, True, True])
    groups = np.array([0, 0, 1, 1, 2, 2])
    found = separation(scores, labels, groups, resamples=200)
    assert found.pooled.value == 1.0
    assert found.pooled.n == 3
    assert found.within.n == 2
    assert found.within.interval is not None
    assert gain(scores, -scores, labels, groups, resamples=50).within.value == 1.0


@given(st.integers(1, 40), st.integers(2, 10))
def test_a_group_lies_in_one_fold(count: int, folds: int) -> None:
    groups = np.repeat(np.arange(count), 3)
    fold = folds_of(groups, folds, seed=0)
    assert all(len(set(fold[groups == each])) == 1 for each in range(count))
    sizes = np.bincount(fold[::3], minlength=folds)
    assert sizes.max() - sizes.min() <= 1


def test_no_group_is_scored_by_a_fit_that_saw_it() -> None:
    groups = np.repeat(np.arange(6), 4)
    rows = np.arange(24.0)[:, None]
    labels = np.arange(24) % 2 == 0
    held = held_out_scores(
        rows,
        labels,
        groups,
        lambda _, __, seen: lambda those: np.isin(those[:, 0] // 4, seen).astype(float),
        folds=3,
    )
    assert held.tolist() == [0.0] * 24
    assert np.isfinite(held_out_scores(rows, labels, groups, ridge_fitter(1.0, (0,)), folds=3)).all()


def test_6_1_the_threshold_meets_the_target_precision_on_its_pairs_and_the_curve_is_printed() -> None:
    rng = np.random.default_rng(5)
    labels = rng.random(3000) < 0.5
    scores = np.round(np.clip(0.35 + 0.3 * labels + 0.15 * rng.standard_normal(3000), 0, 1), 3)
    points = curve(scores, labels)
    for target in (0.7, 0.9, 0.97):
        chosen = for_precision(points, target)
        assert chosen is not None
        called = labels[scores >= chosen.threshold]
        assert called.mean() >= target
        assert chosen.called == len(called)
        assert chosen.precision == pytest.approx(called.mean())
    table = curve_table(points)
    assert table.splitlines()[0].split() == ["threshold", "precision", "recall", "called"]
    assert len(table.splitlines()) == 13
    assert for_recall(points, 0.95).recall >= 0.95


def test_6_1_a_rarer_duplicate_asks_for_a_higher_threshold() -> None:
    rng = np.random.default_rng(6)
    labels = rng.random(4000) < 0.8
    scores = 0.2 * labels + rng.random(4000)
    common, rare = (for_precision(curve(scores, labels, base_rate=rate), 0.9) for rate in (None, 0.2))
    assert common is not None
    assert rare is not None
    assert rare.threshold > common.threshold


def test_6_1_where_no_threshold_is_good_enough_nothing_is_merged() -> None:
    labels = np.arange(100) % 2 == 0
    assert for_precision(curve(np.linspace(0, 1, 100), labels), 0.95) is None


@pytest.mark.parametrize(
    ("scores", "labels", "rate"),
    [
        ([0.1, 0.2], [True, True], None),
        ([0.1, float("nan")], [True, False], None),
        ([0.1, 0.2], [True, False], 1.0),
    ],
)
def test_bad_pairs_are_refused(scores: list[float], labels: list[bool], rate: float | None) -> None:
    with pytest.raises(UserError):
        curve(np.array(scores), np.array(labels), base_rate=rate)
