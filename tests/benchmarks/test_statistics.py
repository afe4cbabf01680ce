from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.statistics import (
    bootstrap_mean,
    mcnemar_exact,
    mean,
    newcombe_paired,
    paired_difference,
    wilson,
)

counts = st.integers(0, 40)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)

    assert interval is not None
    assert interval.as_list() == pytest.approx([low, high], abs=5e-5)


@given(n=st.integers(1, 500), data=st.data())
def test_wilson_holds_the_estimate_and_mirrors(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    one, other = wilson(k, n), wilson(n - k, n)

    assert one is not None
    assert other is not None
    assert 0 <= one.low <= k / n <= one.high <= 1
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)


def test_wilson_of_nothing_is_none_and_of_nonsense_an_error() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="5 successes of 4"):
        wilson(5, 4)


def test_wilson_covers_near_its_confidence() -> None:
    n = 60
    for p in (0.1, 0.5, 0.8):
        covered = 0.0
        for k in range(n + 1):
            interval = wilson(k, n)
            assert interval is not None
            if interval.low <= p <= interval.high:
                covered += math.comb(n, k) * p**k * (1 - p) ** (n - k)
        assert 0.93 <= covered <= 0.98


@pytest.mark.parametrize(
    ("gained", "lost", "p"), [(0, 0, 1.0), (1, 1, 1.0), (12, 2, 0.012939), (0, 6, 0.03125)]
)
def test_mcnemar_is_the_exact_binomial(gained: int, lost: int, p: float) -> None:
    assert mcnemar_exact(gained, lost) == pytest.approx(p, abs=1e-6)
    assert mcnemar_exact(lost, gained) == mcnemar_exact(gained, lost)


def test_mcnemar_keeps_its_level_under_no_effect() -> None:
    n = 40
    wrong = sum(math.comb(n, k) / 2**n for k in range(n + 1) if mcnemar_exact(k, n - k) <= 0.05)

    assert 0.01 < wrong <= 0.05


def test_newcombe_gives_the_published_interval() -> None:
    interval = newcombe_paired(36, 2, 12, 0)

    assert interval is not None
    assert interval.as_list() == pytest.approx([0.0569, 0.3404], abs=5e-5)


@given(a=counts, b=counts, c=counts, d=counts)
def test_newcombe_holds_the_difference_and_turns_with_the_arms(a: int, b: int, c: int, d: int) -> None:
    interval, turned = newcombe_paired(a, b, c, d), newcombe_paired(a, c, b, d)
    if a + b + c + d == 0:
        assert interval is None
        return
    assert interval is not None
    assert turned is not None
    difference = (c - b) / (a + b + c + d)
    assert -1 <= interval.low <= difference + 1e-12
    assert difference - 1e-12 <= interval.high <= 1
    assert interval.low == pytest.approx(-turned.high, abs=1e-9)


def test_bootstrap_agrees_with_the_normal_interval_of_a_large_sample() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, 400).tolist()
    interval = bootstrap_mean(values)

    assert interval is not None
    half = 1.96 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    middle = mean(values)
    assert middle is not None
    assert interval.as_list() == pytest.approx([middle - half, middle + half], abs=0.02)


def test_bootstrap_is_a_function_of_its_seed() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0]

    assert bootstrap_mean(values, seed=1) == bootstrap_mean(values, seed=1)
    assert bootstrap_mean([]) is None


def test_clusters_that_differ_widen_the_interval() -> None:
    values = [1.0] * 50 + [0.0] * 50
    names = ["a"] * 50 + ["b"] * 50
    plain, clustered = bootstrap_mean(values), bootstrap_mean(values, names)

    assert plain is not None
    assert clustered is not None
    assert clustered.as_list() == pytest.approx([0.0, 1.0])
    assert plain.high - plain.low < 0.25


def test_one_cluster_is_the_plain_bootstrap() -> None:
    values = [0.0, 1.0, 1.0, 0.5]

    assert bootstrap_mean(values, ["a"] * 4) == bootstrap_mean(values)


def test_clustered_bootstrap_covers_near_its_confidence() -> None:
    draw = np.random.default_rng(11)
    names = [str(i // 10) for i in range(200)]
    hits = 0
    for trial in range(100):
        shifts = np.repeat(draw.normal(0, 0.5, 20), 10)
        interval = bootstrap_mean(
            (shifts + draw.normal(0, 1, 200)).tolist(), names, seed=trial, resamples=400
        )
        assert interval is not None
        hits += interval.low <= 0 <= interval.high
    assert 85 <= hits <= 100


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_paired_difference_turns_with_its_arms(pairs: list[tuple[float, float]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    there = paired_difference(first, second, resamples=200)
    back = paired_difference(second, first, resamples=200)

    assert there.estimate is not None
    assert back.estimate is not None
    assert there.interval is not None
    assert back.interval is not None
    assert there.estimate == pytest.approx(-back.estimate)
    assert there.interval.low == pytest.approx(-back.interval.high)


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="pairs"):
        paired_difference([1.0], [])
    assert paired_difference([], []).estimate is None
