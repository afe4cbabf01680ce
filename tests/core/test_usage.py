"""Sums of exclusive token buckets, where what is unknown stays unknown."""

from __future__ import annotations

from dataclasses import astuple, fields

from hypothesis import given
from hypothesis import strategies as st

from core.usage import TokenUsage

BUCKETS = tuple(field.name for field in fields(TokenUsage))
counts = st.one_of(st.none(), st.integers(0, 10**9))
usages = st.builds(TokenUsage, **dict.fromkeys(BUCKETS, counts))


def test_unset_buckets_are_unknown_and_not_zero() -> None:
    assert astuple(TokenUsage()) == (None,) * len(BUCKETS)
    assert TokenUsage() != TokenUsage.zero()
    assert TokenUsage().known_total == 0


def test_a_sum_is_bucket_by_bucket() -> None:
    left = TokenUsage(input=1, cache_read=2, cache_write=3, output=4, reasoning=5)
    right = TokenUsage(input=10, cache_read=20, cache_write=30, output=40, reasoning=50)
    assert left + right == TokenUsage(input=11, cache_read=22, cache_write=33, output=44, reasoning=55)
    assert (left + right).known_total == 165


@given(usages, usages)
def test_one_unknown_part_makes_its_bucket_unknown_and_no_other(left: TokenUsage, right: TokenUsage) -> None:
    for bucket in BUCKETS:
        parts = getattr(left, bucket), getattr(right, bucket)
        assert getattr(left + right, bucket) == (None if None in parts else sum(parts))


@given(usages, usages, usages)
def test_sums_need_no_order_and_have_a_zero(one: TokenUsage, two: TokenUsage, three: TokenUsage) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + TokenUsage.zero() == one


@given(usages)
def test_the_known_total_is_a_lower_bound(usage: TokenUsage) -> None:
    assert usage.known_total == sum(value for value in astuple(usage) if value is not None)
