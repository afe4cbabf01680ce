from __future__ import annotations

import math

import pytest

from memory.credit.outcome import Metric, TaskOutcome


def test_values_by_metric() -> None:
    outcome = TaskOutcome(reward=0.25, success=False, steps=7)
    assert [outcome.value(metric) for metric in Metric] == [0.25, 0.0, 7.0, None]
    assert TaskOutcome(reward=None, success=True).value(Metric.SUCCESS) == 1.0


@pytest.mark.parametrize("reward", [-0.01, 1.01, math.nan, math.inf])
def test_a_reward_lies_in_the_unit_interval(reward: float) -> None:
    with pytest.raises(ValueError, match="reward"):
        TaskOutcome(reward=reward)


def test_counts_are_not_negative() -> None:
    with pytest.raises(ValueError, match="no counts"):
        TaskOutcome(reward=None, steps=-1)
    with pytest.raises(ValueError, match="no counts"):
        TaskOutcome(reward=None, tokens=-1)
