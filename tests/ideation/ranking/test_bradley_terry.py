"""The fit against plain checks that share no code with it, and draws that hold the truth as stated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideation.ranking.bradley_terry import SLOT_SD, SPREAD_POWER, SPREADS, TIE_SD, fit
from ideation.ranking.draws import draw
from ideation.ranking.elo import START, elo
from ideation.ranking.match_log import Tally

Calls = list[tuple[int, int, int]]


def tally_of(n: int, calls: Calls) -> Tally:
    table = np.array(calls, dtype=np.intp).reshape(-1, 3)
    names = tuple(f"i{at}" for at in range(n))
    return Tally(ideas=names, first=table[:, 0], second=table[:, 1], side=table[:, 2].astype(float))


def log_posterior(point: np.ndarray, n: int, calls: Calls, spread: float) -> np.ndarray:
    """The model as its docstring states it, call by call; `point` (n + 2,) or (n + 2, points)."""
    *strengths, slot, tie = point
    total = -sum(s * s for s in strengths) / (2 * spread**2) - n * math.log(spread)
    total = total - slot**2 / (2 * SLOT_SD**2) - tie**2 / (2 * TIE_SD**2)
    for first, second, side in calls:
        d = strengths[first] - strengths[second] + slot
        odds = {1: np.exp(d / 2), -1: np.exp(-d / 2), 0: np.exp(tie)}
        total = total + np.log(odds[side] / sum(odds.values()))
    return np.asarray(total)


CALLS = st.integers(2, 6).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.sampled_from([1, -1, 0])).filter(
                lambda call: call[0] != call[1]
            ),
            max_size=30,
        ),
    )
)


@settings(max_examples=40)
@given(CALLS, st.floats(0.2, 3.0))
def test_7_1_the_fit_is_the_optimum_of_the_model(given_calls: tuple[int, Calls], spread: float) -> None:
    n, calls = given_calls
    point = fit(tally_of(n, calls), spread=spread).point.tolist()
    best = log_posterior(np.array(point), n, calls, spread)
    for at in range(n + 2):
        for step in (-0.01, 0.01):
            moved = [*point[:at], point[at] + step, *point[at + 1 :]]
            assert log_posterior(np.array(moved), n, calls, spread) < best


def test_7_1_without_ties_or_bias_it_agrees_with_the_classic_iteration() -> None:
    """Minorise and maximise (Hunter, 2004), where the prior is wide and every pair met often."""
    random, strengths = np.random.default_rng(0), np.array([1.0, 0.3, -0.2, -1.1])
    calls: Calls = []
    for _ in range(4000):
        one, two = random.choice(4, 2, replace=False).tolist()
        won = random.random() < 1 / (1 + math.exp(strengths[two] - strengths[one]))
        calls.append((one, two, 1 if won else -1))
    wins, games = np.zeros(4), np.zeros((4, 4))
    for one, two, side in calls:
        wins[one if side > 0 else two] += 1
        games[one, two] += 1
        games[two, one] += 1
    worth = np.ones(4)
    for _ in range(500):
        worth = wins / (games / (worth[:, None] + worth[None, :])).sum(axis=1)
    classic = np.log(worth) - np.log(worth).mean()
    assert fit(tally_of(4, calls), spread=100.0).strengths == pytest.approx(classic, abs=0.03)


def test_7_1_planted_first_slot_and_tie_terms_are_found() -> None:
    random, strengths, slot, tie = np.random.default_rng(1), np.linspace(-1, 1, 8), 0.8, -0.3
    calls: Calls = []
    for _ in range(6000):
        one, two = random.choice(8, 2, replace=False).tolist()
        half = (strengths[one] - strengths[two] + slot) / 2
        odds = np.exp([half, -half, tie])
        calls.append((one, two, int(random.choice([1, -1, 0], p=odds / odds.sum()))))
    found = fit(tally_of(8, calls))
    assert found.first_slot == pytest.approx(slot, abs=0.12)
    assert found.tie == pytest.approx(tie, abs=0.1)
    assert found.strengths == pytest.approx(strengths, abs=0.2)


@settings(max_examples=25)
@given(CALLS)
def test_the_fit_knows_no_names_and_stays_finite(given_calls: tuple[int, Calls]) -> None:
    n, calls = given_calls
    found = fit(tally_of(n, calls))
    assert np.isfinite(found.point).all()
    turned = fit(tally_of(n, [(n - 1 - one, n - 1 - two, side) for one, two, side in calls]))
    assert turned.strengths[::-1] == pytest.approx(found.strengths, abs=1e-5)
    mirrored = fit(tally_of(n, [(two, one, -side) for one, two, side in calls]))
    assert mirrored.strengths == pytest.approx(found.strengths, abs=1e-5)
    assert mirrored.first_slot == pytest.approx(-found.first_slot, abs=1e-5)


def test_7_1_elo_moves_points_from_the_loser_to_the_winner() -> None:
    ratings = elo(tally_of(3, [(0, 1, 1), (2, 1, 0)]))
    assert ratings[0] == pytest.approx(START + 12.0)
    assert ratings.sum() == pytest.approx(3 * START)
    assert START - 12.0 < ratings[1] < START
    assert elo(tally_of(2, [(0, 1, 1), (0, 1, -1)])) != pytest.approx(
        elo(tally_of(2, [(0, 1, -1), (0, 1, 1)]))
    )


def exact(calls: Calls) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of two ideas, by sums over a grid: the spreads' chances, and the gap's values and their chances."""
    gap, slot, tie = np.meshgrid(
        np.linspace(-12, 12, 121), np.linspace(-6, 6, 41), np.linspace(-9, 6, 41), indexing="ij"
    )
    logs = -(slot**2) / (2 * SLOT_SD**2) - tie**2 / (2 * TIE_SD**2)
    for first, _, side in calls:
        half = ((gap if first == 0 else -gap) + slot) / 2
        logs += {1: half, -1: -half, 0: tie}[side] - np.log(np.exp(half) + np.exp(-half) + np.exp(tie))
    at_gap = np.exp(logs - logs.max()).sum(axis=(1, 2))
    gaps = gap[:, 0, 0]
    normal = np.exp(-(gaps**2) / (4 * SPREADS[:, None] ** 2))
    normal /= normal.sum(axis=1, keepdims=True)
    joint = SPREADS[:, None] ** SPREAD_POWER * normal * at_gap
    joint /= joint.sum()
    return joint.sum(axis=1), gaps, joint.sum(axis=0)


def test_7_5_draws_are_from_the_exact_posterior() -> None:
    """A gap's normal prior has variance 2 spread^2."""
    calls = [(0, 1, 1)] * 9 + [(1, 0, -1)] * 6 + [(0, 1, -1)] + [(1, 0, 0)] * 2
    chances, gaps, at = exact(calls)
    draws = draw(fit(tally_of(2, calls)), 0, draws=4000, moves=6)
    drawn = draws.strengths[:, 0] - draws.strengths[:, 1]
    mean = gaps @ at
    assert drawn.mean() == pytest.approx(mean, abs=0.1)
    assert drawn.std() == pytest.approx(math.sqrt(((gaps - mean) ** 2) @ at), abs=0.1)
    for cut in (0.5, 1.0, 2.0):
        assert (draws.spread < cut).mean() == pytest.approx(chances[cut > SPREADS].sum(), abs=0.03)


def test_7_5_spreads_are_weighed_by_their_evidence() -> None:
    """Checked by importance sampling. Regression: spreads kept the weights of Laplace, too small if wide."""
    random, n = np.random.default_rng(2), 10
    calls = [
        (one, two, 1 if random.random() < 1 / (1 + math.exp(0.5 * (one - two))) else -1)
        for one, two in itertools.combinations(range(n), 2)
    ]
    found, evidence = fit(tally_of(n, calls)), []
    for spread, optimum in zip(SPREADS, found.points, strict=True):
        covariance = np.linalg.inv(found.curvature(optimum, spread))
        points = random.multivariate_normal(optimum, 1.2 * covariance, size=4000)
        away = points - optimum
        proposed = -0.5 * ((away @ np.linalg.inv(1.2 * covariance)) * away).sum(axis=1)
        proposed -= 0.5 * np.linalg.slogdet(covariance)[1]
        ratios = log_posterior(points.T, n, calls, spread) - proposed
        evidence.append(np.log(np.exp(ratios - ratios.max()).mean()) + ratios.max())
    weights = np.exp(np.array(evidence) - max(evidence)) * SPREADS**SPREAD_POWER
    true = weights @ np.log(SPREADS) / weights.sum()
    means = [np.log(draw(found, seed, draws=1000).spread).mean() for seed in range(4)]
    assert np.mean(means) == pytest.approx(true, abs=0.04)
    assert found.weights @ np.log(SPREADS) < true - 0.08, "Laplace's weights would be seen"


def test_7_5_draws_at_a_known_spread_hold_the_truth_as_often_as_they_say() -> None:
    """Truths from the prior itself, so that 90 % intervals hold 90 % whatever the log."""
    random, held = np.random.default_rng(5), []
    for seed in range(40):
        truth = 0.8 * random.standard_normal(20)
        calls: Calls = []
        for one, two in random.permuted(np.tile(np.arange(20), (120, 1)), axis=1)[:, :2].tolist():
            won = random.random() < 1 / (1 + math.exp(truth[two] - truth[one]))
            calls.append((one, two, 1 if won else -1))
        draws = draw(fit(tally_of(20, calls), spread=0.8), seed, draws=200, moves=3)
        low, high = np.quantile(draws.strengths, [0.05, 0.95], axis=0)
        centred = truth - truth.mean()
        held.append(((low <= centred) & (centred <= high)).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=2.5 * np.std(held, ddof=1) / math.sqrt(len(held)))


def test_draws_are_the_same_at_the_same_seed() -> None:
    found = fit(tally_of(4, [(0, 1, 1), (1, 2, 1), (2, 3, 0)]))
    assert (draw(found, 3).strengths == draw(found, 3).strengths).all()
    assert draw(found, 3).strengths.sum(axis=1) == pytest.approx(0.0, abs=1e-9)
    assert draw(found, 3).ranks.min() == 1
