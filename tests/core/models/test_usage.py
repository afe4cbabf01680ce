"""Usage objects as servers send them, read into exclusive buckets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.usage import read_usage
from core.usage import TokenUsage


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (None, TokenUsage()),
        ("many", TokenUsage()),
        ({}, TokenUsage()),
        ({"prompt_tokens": -1, "completion_tokens": 2}, TokenUsage()),
        ({"prompt_tokens": 10, "completion_tokens": 2}, TokenUsage(input=10, output=2)),
        (
            {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 0}},
            TokenUsage(input=10, cache_read=0, output=2),
        ),
        (
            {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3}},
            TokenUsage(input=3, cache_read=4, cache_write=3),
        ),
        (
            {"prompt_tokens": 10, "cache_read_input_tokens": 1, "cache_creation_input_tokens": 2},
            TokenUsage(input=7, cache_read=1, cache_write=2),
        ),
        ({"prompt_tokens": 10, "prompt_cache_hit_tokens": 8}, TokenUsage(input=2, cache_read=8)),
        (
            {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}},
            TokenUsage(input=None, cache_read=4),
        ),
    ],
)
def test_buckets(server: object, expected: TokenUsage) -> None:
    assert read_usage(server) == expected


def test_reasoning_within_the_completion_is_taken_out() -> None:
    server = {
        "prompt_tokens": 5,
        "completion_tokens": 30,
        "total_tokens": 35,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    assert read_usage(server) == TokenUsage(input=5, output=10, reasoning=20)


@pytest.mark.parametrize("details", [{"completion_tokens_details": {"reasoning_tokens": 20}}, {}])
def test_reasoning_beside_the_completion_shows_in_the_total(details: dict[str, object]) -> None:
    server = {"prompt_tokens": 5, "completion_tokens": 10, "total_tokens": 35, **details}
    assert read_usage(server) == TokenUsage(input=5, output=10, reasoning=20)


@given(
    input_=st.integers(0, 10**6),
    read=st.integers(0, 10**6),
    write=st.integers(0, 10**6),
    output=st.integers(0, 10**6),
    reasoning=st.integers(0, 10**6),
)
def test_exclusive_buckets_add_up_to_what_the_server_counted(
    input_: int, read: int, write: int, output: int, reasoning: int
) -> None:
    server = {
        "prompt_tokens": input_ + read + write,
        "completion_tokens": output + reasoning,
        "total_tokens": input_ + read + write + output + reasoning,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    assert read_usage(server) == TokenUsage(
        input=input_, cache_read=read, cache_write=write, output=output, reasoning=reasoning
    )
