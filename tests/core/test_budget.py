"""Limits on tokens, money and time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.budget import Budget, BudgetLimits
from core.errors import AtlasError, Limit, LimitReached
from core.usage import TokenUsage


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_nothing_ends_the_work() -> None:
    clock = Clock()
    budget = Budget(BudgetLimits(), clock)
    budget.spend(TokenUsage(input=10**12), 10.0**6)
    clock.now += 10.0**9
    budget.check()
    assert (budget.tokens, budget.usd) == (10**12, 10.0**6)


@pytest.mark.parametrize(
    ("limits", "limit", "message"),
    [
        (BudgetLimits(tokens=100), Limit.TOKENS, "100 tokens spent of 100"),
        (BudgetLimits(usd=0.25), Limit.MONEY, "0.2500 USD spent of 0.2500"),
        (BudgetLimits(seconds=30.0), Limit.TIME, "30.0 s spent of 30.0"),
    ],
)
def test_a_limit_is_met_when_it_is_reached_and_not_before(
    limits: BudgetLimits, limit: Limit, message: str
) -> None:
    clock = Clock()
    budget = Budget(limits, clock)
    budget.spend(TokenUsage(input=60, output=39), 0.24)
    clock.now += 29.9
    budget.check()
    budget.spend(TokenUsage(reasoning=1), 0.01)
    clock.now = 1030.0
    with pytest.raises(LimitReached, match=message) as caught:
        budget.check()
    assert caught.value.limit is limit


def test_a_limit_of_nothing_is_met_at_once() -> None:
    for limits in (BudgetLimits(tokens=0), BudgetLimits(usd=0.0), BudgetLimits(seconds=0.0)):
        with pytest.raises(LimitReached):
            Budget(limits, Clock()).check()


def test_reaching_a_limit_is_a_signal_and_no_error_of_the_product() -> None:
    assert not issubclass(LimitReached, AtlasError)
    assert LimitReached.exit_status == 3


def test_unknown_tokens_count_as_nothing_and_unknown_money_only_without_a_money_limit() -> None:
    budget = Budget(BudgetLimits(tokens=10), Clock())
    budget.spend(TokenUsage(output=9), None)
    budget.check()
    assert (budget.tokens, budget.usd) == (9, 0.0)


def test_a_call_of_unknown_price_meets_a_money_limit() -> None:
    budget = Budget(BudgetLimits(usd=1.0), Clock())
    budget.spend(TokenUsage(output=9), 0.5)
    budget.check()
    budget.spend(TokenUsage(output=9), None)
    with pytest.raises(LimitReached, match="price of a call is unknown") as met:
        budget.check()
    assert met.value.limit is Limit.MONEY


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 500))
def test_work_that_checks_first_overshoots_by_one_call_at_most(calls: list[int], limit: int) -> None:
    budget = Budget(BudgetLimits(tokens=limit), Clock())
    try:
        for tokens in calls:
            budget.check()
            budget.spend(TokenUsage(output=tokens), None)
    except LimitReached:
        assert budget.tokens >= limit
    else:
        assert budget.tokens == sum(calls)
    assert budget.tokens < limit + 50
