from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.beta import Beta, chance_greater

betas = st.builds(Beta, alpha=st.floats(0.5, 500.0), beta=st.floats(0.5, 500.0))


def test_moments() -> None:
    posterior = Beta(alpha=2, beta=6)
    assert posterior.mean == 0.25
    assert posterior.variance == pytest.approx(12 / (64 * 9))


def test_intervals_are_those_of_the_closed_forms() -> None:
    assert Beta(alpha=1, beta=1).interval() == pytest.approx((0.025, 0.975), abs=1e-9)
    assert Beta(alpha=2, beta=1).interval(0.9) == pytest.approx((math.sqrt(0.05), math.sqrt(0.95)), abs=1e-9)
    assert Beta(alpha=1, beta=4).upper(0.95) == pytest.approx(1 - 0.05**0.25, abs=1e-9)


@given(betas)
def test_intervals_are_symmetric_and_hold_the_median(posterior: Beta) -> None:
    low, high = posterior.interval(0.8)
    turned = Beta(alpha=posterior.beta, beta=posterior.alpha).interval(0.8)
    assert (1 - high, 1 - low) == pytest.approx(turned, abs=1e-9)
    assert low < posterior.quantile(0.5) < high
    assert posterior.upper(0.9) == high


@given(betas, st.floats(0.0, 1.0))
def test_a_reward_adds_one_task(posterior: Beta, reward: float) -> None:
    after = posterior.updated(reward)
    assert after.alpha + after.beta == pytest.approx(posterior.alpha + posterior.beta + 1.0)
    assert (after.mean - posterior.mean) * (reward - posterior.mean) >= -1e-12
    assert abs(after.mean - reward) <= abs(posterior.mean - reward) + 1e-12


@pytest.mark.parametrize("reward", [-0.1, 1.1, math.nan])
def test_a_reward_lies_in_the_unit_interval(reward: float) -> None:
    with pytest.raises(ValueError, match="reward"):
        Beta(alpha=1, beta=1).updated(reward)


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_parameters_are_positive(alpha: float) -> None:
    with pytest.raises(ValueError, match="no Beta"):
        Beta(alpha=alpha, beta=1.0)


def test_draws_are_seeded_and_come_from_the_posterior() -> None:
    posterior = Beta(alpha=3, beta=5)
    rng = np.random.default_rng(4)
    draws = [posterior.sample(rng) for _ in range(4000)]
    assert posterior.sample(np.random.default_rng(1)) == posterior.sample(np.random.default_rng(1))
    assert np.mean(draws) == pytest.approx(posterior.mean, abs=4 * math.sqrt(posterior.variance / 4000))
    assert np.var(draws) == pytest.approx(posterior.variance, rel=0.1)


def test_the_chance_to_be_greater_in_closed_forms() -> None:
    flat, rising, falling = Beta(alpha=1, beta=1), Beta(alpha=2, beta=1), Beta(alpha=1, beta=2)
    assert chance_greater(flat, flat) == pytest.approx(0.5, abs=1e-8)
    assert chance_greater(rising, falling) == pytest.approx(5 / 6, abs=1e-8)
    # P(X > U) of a uniform U is the mean of X.
    for posterior in (Beta(alpha=0.5, beta=7.5), Beta(alpha=40.5, beta=3.5), Beta(alpha=9e4, beta=1e4)):
        assert chance_greater(posterior, flat) == pytest.approx(posterior.mean, abs=1e-8)
        assert chance_greater(flat, posterior) == pytest.approx(1 - posterior.mean, abs=1e-8)


@pytest.mark.parametrize(
    ("first", "second"),
    [((0.5, 6.5), (0.5, 46.5)), ((60.5, 40.5), (3.5, 2.5)), ((5000.0, 5000.0), (4900.0, 5100.0))],
)
def test_the_chance_to_be_greater_is_that_of_draws(
    first: tuple[float, float], second: tuple[float, float]
) -> None:
    rng = np.random.default_rng(0)
    n = 400_000
    share = float((rng.beta(*first, n) > rng.beta(*second, n)).mean())
    chance = chance_greater(Beta(alpha=first[0], beta=first[1]), Beta(alpha=second[0], beta=second[1]))
    assert chance == pytest.approx(share, abs=4 * math.sqrt(0.25 / n))


@given(betas, betas)
def test_one_of_the_two_is_greater(first: Beta, second: Beta) -> None:
    chance = chance_greater(first, second)
    assert -1e-9 <= chance <= 1 + 1e-9
    assert chance + chance_greater(second, first) == pytest.approx(1.0, abs=1e-6)
