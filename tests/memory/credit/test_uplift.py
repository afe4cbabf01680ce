from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.outcome import Metric
from memory.credit.tallies import Comparison, Tally
from memory.credit.uplift import compare, uplift
from tests.memory.credit.outcomes import Exposed, exposures, trials_of


def comparison(shown: list[float], withheld: list[float], propensity: float = 0.9) -> Comparison:
    return Comparison(shown=Tally.of(shown, propensity), withheld=Tally.of(withheld, 1.0 - propensity))


def shares(won: int, n: int) -> list[float]:
    return [1.0] * won + [0.0] * (n - won)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_success_is_newcombes(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe (1998), table II, method 10."""
    found = compare(comparison(shares(*first), shares(*second)), Metric.SUCCESS)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


def test_the_interval_of_steps_is_welchs_with_a_little_pooling() -> None:
    shown, withheld = [4.0, 6.0, 5.0, 7.0, 5.0, 4.0], [9.0, 12.0, 8.0, 11.0]
    found = compare(comparison(shown, withheld), Metric.STEPS)
    assert found is not None
    sums = [np.var(arm) * len(arm) for arm in (shown, withheld)]
    pooled = sum(sums) / 8
    parts = [(sums[0] + 2 * pooled) / 7 / 6, (sums[1] + 2 * pooled) / 5 / 4]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 5 + parts[1] ** 2 / 3)
    assert 5.0 < freedom < 6.0
    half = (found.high - found.low) / 2
    assert found.difference == pytest.approx(np.mean(shown) - np.mean(withheld))
    assert 2.446 < half / math.sqrt(sum(parts)) < 2.571  # Student's quantiles for 6 and 5


def test_graded_rewards_vary_less_and_have_a_narrower_interval() -> None:
    rng = np.random.default_rng(0)
    graded = compare(comparison(list(rng.beta(10, 10, 180)), list(rng.beta(10, 10, 20))), Metric.REWARD)
    binary = compare(comparison(shares(90, 180), shares(10, 20)), Metric.REWARD)
    assert graded is not None
    assert binary is not None
    assert graded.high - graded.low < 0.4 * (binary.high - binary.low)


def test_the_interval_of_graded_rewards_counts_as_many_tasks_as_their_variance_is_worth() -> None:
    shown, withheld = [0.4, 0.5, 0.6, 0.7, 0.55, 0.45, 0.6, 0.5], [0.7, 0.8, 0.6]
    found = compare(comparison(shown, withheld), Metric.REWARD)
    assert found is not None
    means = [float(np.mean(arm)) for arm in (shown, withheld)]
    seen = sum(float(np.var(arm)) * len(arm) for arm in (shown, withheld)) * 11 / 9
    largest = 8 * means[0] * (1 - means[0]) + 3 * means[1] * (1 - means[1])
    ratio = (seen + 0.25) / (largest + 0.25)
    z = 1.959963984540054
    ends = []
    for mean, n in zip(means, (8 / ratio, 3 / ratio), strict=True):
        # Wilson's ends are the shares whose own standard error puts the mean z away.
        roots = np.roots([n + z * z, -(2 * n * mean + z * z), n * mean * mean])
        ends.append((float(min(roots)), float(max(roots))))
    low = found.difference - math.hypot(means[0] - ends[0][0], ends[1][1] - means[1])
    high = found.difference + math.hypot(ends[0][1] - means[0], means[1] - ends[1][0])
    assert found.difference == pytest.approx(means[0] - means[1])
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_arms_that_are_all_alike_keep_an_interval() -> None:
    found = compare(comparison([1.0] * 12, [1.0] * 5), Metric.REWARD)
    assert found is not None
    assert found.difference == 0.0
    assert found.low < -0.1
    assert found.high > 0.1


def test_steps_that_never_vary_have_a_point() -> None:
    found = compare(comparison([3.0] * 12, [5.0] * 5), Metric.STEPS)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((-2.0, -2.0), abs=1e-6)


def test_enough_needs_both_arms() -> None:
    for shown, withheld, enough in ((10, 5, True), (9, 50, False), (50, 4, False)):
        found = compare(comparison([1.0] * shown, [0.0] * withheld), Metric.REWARD)
        assert found is not None
        assert (found.enough, found.shown_n, found.withheld_n) == (enough, shown, withheld)
    assert compare(comparison([1.0] * 50, [0.0]), Metric.REWARD) is None
    loose = compare(comparison([1.0] * 3, [0.0] * 2), Metric.REWARD, minimum=(3, 2))
    assert loose is not None
    assert loose.enough


@given(st.lists(exposures, max_size=40))
def test_an_interval_holds_its_difference(exposed: list[Exposed]) -> None:
    trials = trials_of(exposed)
    for metric in Metric:
        found = uplift(trials, metric)
        if found is not None:
            slack = 1e-6 * (1.0 + abs(found.difference))
            assert found.low - slack <= found.difference <= found.high + slack
            wider = uplift(trials, metric, level=0.99)
            assert wider is not None
            assert wider.low <= found.low + slack
            assert wider.high >= found.high - slack
            if metric in (Metric.REWARD, Metric.SUCCESS):
                assert found.low >= -1.0 - 1e-9
                assert found.high <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("propensity", "spread", "least"), [(0.9, 0.3, 0.93), (0.8, 0.3, 0.93), (0.8, 0.6, 0.91)]
)
def test_intervals_of_steps_cover(propensity: float, spread: float, least: float) -> None:
    """A long tail of steps costs a little of the coverage."""
    rng = np.random.default_rng(8)
    covered = looked = 0
    for _ in range(800):
        shown = rng.random(100) < propensity
        steps = np.round(rng.lognormal(2.3, spread, 100) * np.where(shown, 0.8, 1.0), 3)
        truth = -0.2 * math.exp(2.3 + spread**2 / 2)
        found = compare(comparison(list(steps[shown]), list(steps[~shown]), propensity), Metric.STEPS)
        if found is not None and found.enough:
            looked += 1
            covered += found.low <= truth <= found.high
    assert covered / looked >= least


@pytest.mark.parametrize("baseline", [0.2, 0.8])
def test_intervals_of_success_cover_at_few_withheld_tasks(baseline: float) -> None:
    """Where Welch's interval covers three times in four: five withheld tasks are often all alike."""
    rng = np.random.default_rng(9)
    covered = looked = 0
    for _ in range(1500):
        shown = rng.random(50) < 0.9
        won = (rng.random(50) < np.where(shown, baseline - 0.1, baseline)).astype(float)
        found = compare(comparison(list(won[shown]), list(won[~shown])), Metric.SUCCESS)
        if found is not None and found.enough:
            looked += 1
            covered += found.low <= -0.1 <= found.high
    assert covered / looked >= 0.93
