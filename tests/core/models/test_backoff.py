"""Waits between tries."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.backoff import LONGEST_WAIT_SECONDS, asked_seconds, backoff_seconds

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@given(st.integers(0, 10_000), st.integers())
def test_waits_lie_between_half_and_all_of_a_doubling_time(retry: int, seed: int) -> None:
    full = min(0.5 * 2 ** min(retry, 60), LONGEST_WAIT_SECONDS)
    assert full / 2 <= backoff_seconds(retry, Random(seed)) <= full


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_what_a_server_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_seconds(headers, NOW) == seconds
