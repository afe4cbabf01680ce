from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.power import log_e_paths
from memory.credit.sequential import EFFECTS, KEPT, HarmTest, log_factors, running_mean, significant

inner = st.floats(0.01, 0.99)
steps = st.lists(
    st.tuples(st.booleans(), st.floats(0.02, 0.98), st.floats(0.0, 1.0)), min_size=1, max_size=60
)


def examined(told: list[tuple[bool, float, float]], margin: float = 0.0) -> HarmTest:
    test = HarmTest(margin=margin)
    for shown, propensity, reward in told:
        test = test.updated(shown, propensity, reward)
    return test


@given(
    p=inner, centre=inner, withheld=st.floats(0.0, 1.0), share=st.floats(0.0, 1.0), margin=st.floats(0, 0.5)
)
def test_no_bet_gains_in_the_mean_where_there_is_no_harm(
    p: float, centre: float, withheld: float, share: float, margin: float
) -> None:
    """The whole proof of validity: at each task every factor's mean is at most 1 under H0."""
    least = max(0.0, withheld - margin)
    shown = least + share * (1.0 - least)
    mean = sum(
        chance * np.exp(log_factors(z, p, y, centre, margin))
        for z, y, chance in (
            (1, 1.0, p * shown),
            (1, 0.0, p * (1 - shown)),
            (0, 1.0, (1 - p) * withheld),
            (0, 0.0, (1 - p) * (1 - withheld)),
        )
    )
    assert np.all(mean <= 1.0 + 1e-9)


@given(p=inner, effect=st.sampled_from(EFFECTS))
def test_the_bet_against_the_true_effect_is_the_likelihood_ratio(p: float, effect: float) -> None:
    """It is the best there is for 0/1 rewards (Kelly), as long as no bet risks nearly all."""
    centre = 0.5
    shown, withheld = centre - effect * (1 - p), centre + effect * p
    place = EFFECTS.index(effect)
    for y, with_it, without in ((1.0, shown, withheld), (0.0, 1 - shown, 1 - withheld)):
        whole = p * with_it + (1 - p) * without
        if min(with_it, without) > KEPT * whole and min(1 - with_it, 1 - without) > KEPT * (1 - whole):
            assert np.exp(log_factors(1, p, y, centre))[place] == pytest.approx(with_it / whole)
            assert np.exp(log_factors(0, p, y, centre))[place] == pytest.approx(without / whole)


@given(z=st.booleans(), p=st.floats(1e-9, 1 - 1e-9), y=st.floats(0, 1), centre=inner, margin=st.floats(0, 1))
def test_no_bet_loses_nearly_all(z: bool, p: float, y: float, centre: float, margin: float) -> None:
    factors = log_factors(z, p, y, centre, margin)
    assert np.all(np.isfinite(factors))
    assert np.all(factors >= math.log(KEPT) - 1e-9)


@given(steps, st.floats(0.0, 0.3))
def test_an_e_value_is_a_finite_number_that_is_not_negative(
    told: list[tuple[bool, float, float]], margin: float
) -> None:
    test = examined(told, margin)
    assert 0.0 <= test.e_value < math.inf
    assert test.log_peak >= max(0.0, test.log_e_value)
    assert HarmTest.from_json(json.loads(json.dumps(test.to_json(), allow_nan=False))) == test


def test_capital_does_not_overflow() -> None:
    test = examined([(turn % 2 == 0, 0.5, float(turn % 2)) for turn in range(6000)])
    assert test.log_e_value > 1000.0
    assert test.e_value < math.inf
    assert test.harmful(1e-12)
    ruin = examined([(turn % 2 == 0, 0.5, float(turn % 2 == 0)) for turn in range(6000)])
    assert 0.0 <= ruin.e_value < 1e-200
    assert not ruin.harmful()


@given(steps)
def test_what_cannot_be_withheld_tells_nothing(told: list[tuple[bool, float, float]]) -> None:
    test = examined(told)
    assert test.updated(True, 1.0, 0.0) == test


@given(steps)
def test_the_scalar_test_and_the_simulated_paths_are_one(told: list[tuple[bool, float, float]]) -> None:
    shown = np.array([[z] for z, _, _ in told])
    rewards = np.array([[y] for _, _, y in told])
    paths = log_e_paths(shown, rewards, np.array([p for _, p, _ in told]))
    test = examined(told)
    assert test.log_e_value == pytest.approx(float(paths[-1, 0]), abs=1e-9)
    assert test.log_peak == pytest.approx(max(0.0, float(paths.max())), abs=1e-9)


def test_tasks_that_did_not_recall_the_item_are_passed_over() -> None:
    rng = np.random.default_rng(7)
    shown, recalled = rng.random((40, 1)) < 0.7, rng.random((40, 1)) < 0.5
    rewards = rng.random((40, 1))
    paths = log_e_paths(shown & recalled, rewards, 0.7, recalled)
    told = [(bool(shown[t, 0]), 0.7, float(rewards[t, 0])) for t in range(40) if recalled[t, 0]]
    assert examined(told).log_e_value == pytest.approx(float(paths[-1, 0]), abs=1e-9)


def test_the_first_bet_is_about_a_half_and_none_is_about_an_end() -> None:
    assert running_mean(0, 0.0) == 0.5
    assert running_mean(np.array([9, 9]), np.array([9.0, 0.0])).tolist() == [0.95, 0.05]


def test_once_found_harmful_an_item_stays_so() -> None:
    bad = [(turn % 2 == 0, 0.5, float(turn % 2)) for turn in range(60)]
    good = [(turn % 2 == 0, 0.5, float(turn % 2 == 0)) for turn in range(200)]
    test = examined(bad + good)
    assert test.e_value < 20.0
    assert test.harmful()


def test_a_margin_forgives_small_harm() -> None:
    rng = np.random.default_rng(3)
    shown = rng.random(3000) < 0.8
    rewards = (rng.random(3000) < np.where(shown, 0.42, 0.5)).astype(float)
    told = list(zip(shown.tolist(), [0.8] * 3000, rewards.tolist(), strict=True))
    assert examined(told).harmful()
    assert not examined(told, margin=0.1).harmful()


def test_false_alarms_are_rare_while_baseline_and_propensity_drift() -> None:
    rng = np.random.default_rng(11)
    tasks, repetitions = 600, 1500
    wave = 0.5 + 0.35 * np.sin(np.arange(tasks) / 40.0)
    propensity = 0.7 + 0.25 * np.cos(np.arange(tasks) / 25.0)
    shown = rng.random((tasks, repetitions)) < propensity[:, None]
    rewards = (rng.random((tasks, repetitions)) < wave[:, None]).astype(float)
    alarms = (log_e_paths(shown, rewards, propensity).max(axis=0) >= math.log(20.0)).mean()
    assert alarms <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / repetitions)


@pytest.mark.parametrize(
    ("shown", "propensity", "reward"),
    [(False, 1.0, 0.5), (True, 0.0, 0.5), (True, 1.1, 0.5), (True, 0.9, 1.1), (True, 0.9, math.nan)],
)
def test_impossible_tasks_are_refused(shown: bool, propensity: float, reward: float) -> None:
    with pytest.raises(ValueError, match=r"propensity|reward"):
        HarmTest().updated(shown, propensity, reward)


def test_a_state_of_other_bets_is_refused() -> None:
    state = HarmTest().to_json()
    state["log_capitals"] = [0.0]
    with pytest.raises(ValueError, match="capitals"):
        HarmTest.from_json(state)


def test_many_tests_at_once_need_more_evidence_each() -> None:
    assert significant([25.0]) == (True,)
    assert significant([25.0, 1.0, 1.0]) == (False, False, False)
    assert significant([25.0, 70.0, 1.0]) == (False, True, False)
    assert significant([31.0, 70.0, 1.0]) == (True, True, False)
    assert significant([]) == ()


@given(st.lists(st.floats(0.0, 1e6), max_size=30))
def test_of_many_tests_the_highest_are_believed(e_values: list[float]) -> None:
    chosen = significant(e_values)
    taken = [value for value, yes in zip(e_values, chosen, strict=True) if yes]
    left = [value for value, yes in zip(e_values, chosen, strict=True) if not yes]
    assert not taken or not left or min(taken) >= max(left)
    assert all(value * len(taken) >= len(e_values) / 0.05 for value in taken)
