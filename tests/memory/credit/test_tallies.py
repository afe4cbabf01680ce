from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.outcome import Metric, TaskOutcome
from memory.credit.tallies import Comparison, Tally, Trials
from tests.memory.credit.outcomes import Exposed, exposures, trials_of

values = st.lists(st.tuples(st.floats(0.0, 1e4), st.floats(0.05, 1.0)), min_size=1, max_size=30)


def numbers(tally: Tally) -> tuple[float, ...]:
    return (tally.n, tally.weight, tally.total, tally.weight2, tally.total2, tally.squares2)


@given(values)
def test_adding_one_by_one_is_the_tally_of_all(pairs: list[tuple[float, float]]) -> None:
    tally = Tally()
    for value, chance in pairs:
        tally = tally.added(value, chance)
    whole = Tally.of([value for value, _ in pairs], [chance for _, chance in pairs])
    assert numbers(tally) == pytest.approx(numbers(whole), rel=1e-12)


@given(st.lists(st.floats(0.0, 100.0), min_size=2, max_size=30), st.floats(0.05, 1.0))
def test_equal_chances_give_the_plain_mean_and_variance(plain: list[float], chance: float) -> None:
    tally = Tally.of(plain, chance)
    assert tally.mean == pytest.approx(np.mean(plain), rel=1e-9, abs=1e-9)
    assert tally.effective == pytest.approx(len(plain))
    assert tally.spread == pytest.approx(np.var(plain), rel=1e-6, abs=1e-6)


@given(values)
def test_a_few_heavy_values_tell_less_than_their_number(pairs: list[tuple[float, float]]) -> None:
    tally = Tally.of([value for value, _ in pairs], [chance for _, chance in pairs])
    assert 1.0 - 1e-9 <= tally.effective <= tally.n + 1e-9
    assert min(v for v, _ in pairs) - 1e-6 <= tally.mean <= max(v for v, _ in pairs) + 1e-6


@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 0.95), st.floats(0.0, 1.0)), max_size=30))
def test_a_withheld_task_weighs_by_its_chance_of_being_withheld(
    told: list[tuple[bool, float, float]],
) -> None:
    comparison = Comparison()
    for shown, propensity, value in told:
        comparison = comparison.added(shown, propensity, value)
    for arm, tally in ((True, comparison.shown), (False, comparison.withheld)):
        of_arm = [one for one in told if one[0] is arm]
        chances = [p if arm else 1 - p for _, p, _ in of_arm]
        whole = Tally.of([value for _, _, value in of_arm], chances)
        assert numbers(tally) == pytest.approx(numbers(whole), rel=1e-12)


def test_nothing_seen() -> None:
    assert (Tally().mean, Tally().effective, Tally().spread) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.1])
def test_an_arm_without_chance_has_no_values(chance: float) -> None:
    with pytest.raises(ValueError, match="chance"):
        Tally().added(1.0, chance)


def test_weights_keep_the_mean_while_the_chance_changes() -> None:
    """The baseline falls as the item is shown less: the plain mean with it leans to the better half."""
    rng = np.random.default_rng(2)
    n = 40_000
    propensity = np.where(np.arange(n) < n // 2, 0.9, 0.5)
    baseline = np.where(np.arange(n) < n // 2, 0.7, 0.3)
    shown = rng.random(n) < propensity
    rewards = (rng.random(n) < baseline).astype(float)
    with_it = Tally.of(rewards[shown], propensity[shown])
    without = Tally.of(rewards[~shown], 1 - propensity[~shown])
    plain = rewards[shown].mean() - rewards[~shown].mean()
    assert plain > 0.15
    assert with_it.mean - without.mean == pytest.approx(0.0, abs=0.025)


@given(st.lists(exposures, max_size=25))
def test_trials_survive_json_without_loss(exposed: list[Exposed]) -> None:
    trials = trials_of(exposed)
    assert Trials.from_json(json.loads(json.dumps(trials.to_json(), allow_nan=False))) == trials


@given(st.lists(exposures, max_size=25), st.randoms(use_true_random=False))
def test_tallies_do_not_depend_on_the_order(exposed: list[Exposed], rng: random.Random) -> None:
    shuffled = list(exposed)
    rng.shuffle(shuffled)
    first, second = trials_of(exposed), trials_of(shuffled)
    assert first.always == second.always
    for metric in Metric:
        for arm in ("shown", "withheld"):
            ours, theirs = (getattr(trials.metrics[metric], arm) for trials in (first, second))
            assert numbers(ours) == pytest.approx(numbers(theirs), rel=1e-9)


@given(st.lists(exposures, max_size=25))
def test_every_task_is_counted_once_in_one_arm(exposed: list[Exposed]) -> None:
    trials = trials_of(exposed)
    for metric in Metric:
        told = [one for one in exposed if one.propensity < 1 and one.outcome.value(metric) is not None]
        comparison = trials.metrics[metric]
        assert comparison.shown.n == sum(one.shown for one in told)
        assert comparison.withheld.n == sum(not one.shown for one in told)
    assert trials.always == sum(one.propensity == 1 for one in exposed)


def test_an_item_that_is_always_shown_has_nothing_to_compare() -> None:
    trials = Trials().with_outcome(shown=True, propensity=1.0, outcome=TaskOutcome(reward=1.0))
    assert trials == Trials(always=1)


def test_a_task_that_nobody_judged_leaves_the_tests_alone() -> None:
    trials = Trials().with_outcome(shown=True, propensity=0.9, outcome=TaskOutcome(reward=None, steps=4))
    assert trials.harm == Trials().harm
    assert trials.metrics[Metric.STEPS].shown.n == 1


def test_harm_and_help_look_at_the_same_tasks_from_two_sides() -> None:
    trials = Trials()
    for turn in range(60):
        shown = turn % 3 > 0
        trials = trials.with_outcome(
            shown=shown, propensity=0.7, outcome=TaskOutcome(reward=0.0 if shown else 1.0)
        )
    assert trials.harm.harmful()
    assert trials.help.e_value < 1e-3


@pytest.mark.parametrize(("shown", "propensity"), [(False, 1.0), (True, 0.0), (True, 1.2), (False, -0.1)])
def test_impossible_exposures_are_refused(shown: bool, propensity: float) -> None:
    with pytest.raises(ValueError, match="propensity"):
        Trials().with_outcome(shown=shown, propensity=propensity, outcome=TaskOutcome(reward=1.0))
