from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.beta import Beta
from memory.credit.selection import LEAST, MOST, Policy, pooled_mean, worth_factors

posteriors = st.lists(
    st.builds(Beta, alpha=st.floats(1.0, 300.0), beta=st.floats(1.0, 300.0)), min_size=1, max_size=20
)


def worths(pamphlet: list[Beta], policy: Policy = Policy.MEAN, **options: Any) -> np.ndarray:
    alphas, betas = (np.array([getattr(each, name) for each in pamphlet]) for name in ("alpha", "beta"))
    return worth_factors(alphas, betas, policy, **options)


@given(posteriors, st.sampled_from(list(Policy)))
def test_worths_stay_in_their_bounds(pamphlet: list[Beta], policy: Policy) -> None:
    found = worths(pamphlet, policy, rng=np.random.default_rng(0))
    assert found.shape == (len(pamphlet),)
    assert np.all((found >= LEAST) & (found <= MOST))


@given(posteriors, st.floats(1.0, 50.0), st.floats(0.5, 20.0))
def test_a_better_record_is_worth_more(pamphlet: list[Beta], alpha: float, more: float) -> None:
    pair = [Beta(alpha=alpha + more, beta=alpha), Beta(alpha=alpha, beta=alpha + more)]
    found = worths([*pair, *pamphlet])
    assert found[0] >= found[1]


@given(posteriors, st.floats(1.0, 300.0))
def test_an_item_at_the_pools_mean_stands_where_it_stood(pamphlet: list[Beta], alpha: float) -> None:
    mirrored = [Beta(alpha=each.beta, beta=each.alpha) for each in pamphlet]
    assert worths([Beta(alpha=alpha, beta=alpha), *pamphlet, *mirrored])[0] == pytest.approx(1.0)


def test_an_item_without_credit_counts_as_it_is() -> None:
    for seasoned in (Beta(alpha=80, beta=20), Beta(alpha=20, beta=80)):
        mean, upper = (
            worths([Beta(alpha=1, beta=1), seasoned], policy)[0] for policy in (Policy.MEAN, Policy.UPPER)
        )
        assert mean == pytest.approx(1.0)
        assert upper > 1.1
    assert worths([Beta(alpha=1, beta=1)] * 3).tolist() == [1.0, 1.0, 1.0]


def test_few_tasks_are_drawn_to_the_pamphlets_mean() -> None:
    crowd = [Beta(alpha=51, beta=51)] * 5
    once, often = worths([Beta(alpha=2, beta=1), *crowd])[0], worths([Beta(alpha=41, beta=1), *crowd])[0]
    assert 1.0 < once < 1.15
    assert often == MOST
    loose = worths([Beta(alpha=2, beta=1), *crowd], strength=1.0)[0]
    assert loose > once


def test_the_bonus_of_the_upper_bound_shrinks() -> None:
    crowd = [Beta(alpha=501, beta=501)] * 5

    def bonus(tasks: int) -> float:
        item = Beta(alpha=1 + tasks / 2, beta=1 + tasks / 2)
        pamphlet = [item, *crowd]
        return float(worths(pamphlet, Policy.UPPER)[0] - worths(pamphlet, Policy.MEAN)[0])

    assert bonus(0) > bonus(10) > bonus(100) > bonus(1000) > 0.0


def test_draws_are_seeded_and_spread_about_the_mean() -> None:
    pamphlet = [Beta(alpha=6, beta=4), Beta(alpha=4, beta=6)]
    first, again = (worths(pamphlet, Policy.THOMPSON, rng=np.random.default_rng(5)) for _ in range(2))
    assert first.tolist() == again.tolist()
    rng = np.random.default_rng(6)
    drawn = np.array([worths(pamphlet, Policy.THOMPSON, rng=rng, gain=0.5) for _ in range(3000)])
    assert drawn.mean(axis=0) == pytest.approx(worths(pamphlet, gain=0.5), abs=0.005)
    with pytest.raises(ValueError, match="generator"):
        worths(pamphlet, Policy.THOMPSON)


def test_many_pamphlets_at_once_are_each_by_itself() -> None:
    rng = np.random.default_rng(1)
    alphas, betas = rng.uniform(1, 30, (4, 6)), rng.uniform(1, 30, (4, 6))
    together = worth_factors(alphas, betas, Policy.UPPER)
    for row in range(4):
        alone = worths(
            [Beta(alpha=a, beta=b) for a, b in zip(alphas[row], betas[row], strict=True)], Policy.UPPER
        )
        assert together[row] == pytest.approx(alone)


def test_the_pool_is_all_tasks_together() -> None:
    assert pooled_mean(np.array([10.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx([10 / 11])
    assert worths([]).shape == (0,)
