from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.reliability import (
    Metric,
    icc_single,
    krippendorff_alpha,
    raters_needed,
    reliability,
    spearman_brown,
)

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Shrout and Fleiss (1979), table 2."""
KRIPPENDORFF = [
    *([1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
    *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [5, 5, 5], [1, 1]),
]
"""Krippendorff (2004), ch. 11: four observers, with missing values."""


def groups(values: list[list[int]]) -> list[np.ndarray]:  # type: ignore[type-arg]
    return [np.array(each, dtype=float) for each in values]


def test_8_8_icc_gives_the_published_value() -> None:
    assert icc_single(groups(SHROUT_FLEISS)) == pytest.approx(0.17, abs=0.005)
    assert spearman_brown(icc_single(groups(SHROUT_FLEISS)), 4) == pytest.approx(0.44, abs=0.005)


@pytest.mark.parametrize(
    ("metric", "alpha"), [(Metric.NOMINAL, 0.743), (Metric.ORDINAL, 0.815), (Metric.INTERVAL, 0.849)]
)
def test_8_8_alpha_gives_the_published_values(metric: Metric, alpha: float) -> None:
    assert krippendorff_alpha(groups(KRIPPENDORFF), metric) == pytest.approx(alpha, abs=0.001)


def test_8_8_perfect_agreement_is_1_and_none_at_all_is_undefined() -> None:
    agreed = groups([[1, 1], [2, 2], [5, 5]])
    assert icc_single(agreed) == pytest.approx(1.0)
    assert krippendorff_alpha(agreed) == pytest.approx(1.0)
    assert np.isnan(icc_single(groups([[3, 3], [3, 3]])))
    assert np.isnan(krippendorff_alpha(groups([[3, 3], [3, 3]])))
    assert np.isnan(krippendorff_alpha([]))
    assert np.isnan(icc_single(agreed[:1]))


@pytest.mark.parametrize("truth", [0.15, 0.5])
def test_8_8_intervals_cover_the_icc_that_made_the_ratings(truth: float) -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for trial in range(100):
        ideas = rng.normal(0, np.sqrt(truth), 60)
        sizes = rng.integers(1, 5, 60)
        ratings = {
            f"i{at}": (idea + rng.normal(0, np.sqrt(1 - truth), size)).tolist()
            for at, (idea, size) in enumerate(zip(ideas, sizes, strict=True))
        }
        found = reliability(ratings, seed=trial, resamples=150)
        assert found.icc.interval is not None
        covered += found.icc.interval.covers(truth)
    assert covered >= 86


def test_8_8_power_by_spearman_brown() -> None:
    """With an ICC of .15, 13.2 ratings an idea give .7 and 22.7 give .8."""
    assert (raters_needed(0.15, 0.7), raters_needed(0.15, 0.8)) == (14, 23)
    assert raters_needed(0.9, 0.7) == 1
    assert raters_needed(1.0, 0.7) == 1
    assert raters_needed(0.0, 0.7) is None
    assert raters_needed(-0.1, 0.7) is None
    assert raters_needed(None, 0.7) is None
    assert raters_needed(1e-9, 0.7) is None
    with pytest.raises(UserError):
        raters_needed(0.5, 1.0)


@given(st.floats(0.01, 0.99), st.floats(0.05, 0.95))
def test_8_8_the_raters_needed_suffice_and_one_less_does_not(single: float, wanted: float) -> None:
    needed = raters_needed(single, wanted)
    assert needed is not None
    assert spearman_brown(single, needed) >= wanted - 1e-9
    assert needed == 1 or spearman_brown(single, needed - 1) < wanted + 1e-9


def test_8_8_ideas_rated_once_are_counted_and_left_out() -> None:
    found = reliability({"a": [1, 2], "b": [4, 5], "c": [3], "d": []}, resamples=50)
    assert (found.once_rated, found.icc.n, found.mean_ratings) == (1, 2, 2.0)
    assert found.needed.at_best is not None
    nobody = reliability({}, resamples=50)
    assert nobody.icc.value is None
    assert nobody.needed.raters is None
    with pytest.raises(UserError):
        reliability({"a": [1, float("nan")]})


def test_8_8_the_human_ceiling_of_the_si_reviews_is_low(shared_data: Path) -> None:
    path = shared_data / "ideation/si_human_study/ideation_reviews.jsonl"
    ratings: defaultdict[str, list[float]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line:
            continue
        review = json.loads(line)
        ratings[str(review["idea_id"])].append(float(review["novelty_score"]))
    found = reliability(ratings, resamples=500)
    assert found.icc.value is not None
    assert found.icc.interval is not None
    assert found.icc.value < 0.4
    assert found.icc.interval.covers(0.15)
