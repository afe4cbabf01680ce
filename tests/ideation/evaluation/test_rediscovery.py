from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.rediscovery import (
    any_hit_at_k,
    facet_likeness,
    hit_at_k,
    insight_score,
    matched_score,
    random_hit_at_k,
    slot_for,
)

SCORES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3).map(float), min_size=1)


def test_8_4_hit_at_k_counts_what_is_found() -> None:
    scores = {"a": 0.9, "b": 0.8, "c": 0.1}
    assert hit_at_k(scores, {"b"}, 1) == 0.0
    assert hit_at_k(scores, {"b"}, 2) == 1.0
    assert hit_at_k(scores, {"a", "c"}, 2) == 0.5
    assert hit_at_k(scores, {"a", "never seen"}, 3) == 0.5
    assert hit_at_k(scores, set(), 3) is None
    assert any_hit_at_k(["a", "b"], {"b"}, 2) is True
    assert any_hit_at_k(["a", "b"], {"b"}, 1) is False
    assert any_hit_at_k(["a"], set(), 1) is None
    with pytest.raises(UserError):
        hit_at_k(scores, {"a"}, 0)
    with pytest.raises(UserError):
        any_hit_at_k(["a"], {"a"}, 0)


@given(SCORES, st.integers(1, 10), st.randoms(use_true_random=False))
def test_8_4_hit_at_k_does_not_depend_on_the_order_of_candidates(scores, k, random) -> None:  # type: ignore[no-untyped-def]
    items = list(scores)
    relevant = set(items[: len(items) // 2 + 1])
    shuffled = list(scores.items())
    random.shuffle(shuffled)
    assert hit_at_k(scores, relevant, k) == hit_at_k(dict(shuffled), relevant, k)


@given(st.integers(1, 12), st.integers(1, 15))
def test_8_4_a_scorer_that_says_nothing_hits_as_often_as_chance(count: int, k: int) -> None:
    scores = dict.fromkeys(range(count), 0.5)
    assert hit_at_k(scores, {0}, k) == pytest.approx(random_hit_at_k(count, k))


def test_8_4_matched_scores_leave_the_unscored_out() -> None:
    found = matched_score([2.0, None, 4.0])
    assert (found.best, found.mean, found.scored, found.unscored) == (4.0, 3.0, 2, 1)
    assert matched_score([None]).best is None
    with pytest.raises(UserError):
        matched_score([6.0])


def test_8_4_facets_are_compared_one_by_one_and_a_missing_one_counts_0() -> None:
    real = {"problem": np.array([1.0, 0.0]), "mechanism": np.array([0.0, 2.0]), "test": np.array([1.0, 1.0])}
    mine = {"problem": np.array([3.0, 0.0]), "mechanism": np.array([1.0, 0.0]), "more": np.array([1.0, 0.0])}
    found = facet_likeness(real, mine)
    assert found.by_facet == pytest.approx({"problem": 1.0, "mechanism": 0.0})
    assert found.missing == ("test",)
    assert found.mean == pytest.approx(1 / 3)
    assert facet_likeness({}, mine).mean is None
    assert facet_likeness({"a": np.zeros(2)}, {"a": np.ones(2)}).mean == 0.0


def test_8_4_the_real_ideas_slot_is_uniform_and_repeats() -> None:
    slots = [slot_for(f"item {at}", 4, seed=1) for at in range(4000)]
    counts = np.bincount(slots, minlength=4)
    assert counts.min() > 900
    assert slots == [slot_for(f"item {at}", 4, seed=1) for at in range(4000)]
    assert slots != [slot_for(f"item {at}", 4, seed=2) for at in range(4000)]
    with pytest.raises(UserError):
        slot_for("x", 0, seed=1)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=8), st.data())
def test_8_4_the_insight_score_does_not_depend_on_the_slot(scores: list[float], data: st.DataObject) -> None:
    real = data.draw(st.integers(0, len(scores) - 1))
    moved = [scores[real], *scores[:real], *scores[real + 1 :]]
    assert insight_score(scores, real) == pytest.approx(insight_score(moved, 0))


def test_8_4_a_judge_that_picks_by_slot_gets_no_more_than_chance() -> None:
    """With the real idea always first, a judge that loves the first slot would score 0 for all the others."""
    biased = [10.0, 1.0, 1.0, 1.0]
    found = [insight_score(biased, slot_for(f"item {at}", 4, seed=3)) for at in range(2000)]
    assert np.mean([each for each in found if each is not None]) == pytest.approx(0.5, abs=0.03)
    assert insight_score([1.0], 0) is None
    with pytest.raises(UserError):
        insight_score([1.0], 1)
