from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.memory.moments import parse_moment, written
from core.errors import UserError

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1.5h ago", timedelta(minutes=90)),
        (" 2 w ", timedelta(weeks=2)),
        ("0s", timedelta()),
    ],
)
def test_so_long_ago(text: str, ago: timedelta) -> None:
    assert parse_moment(text, NOW) == NOW - ago


@pytest.mark.parametrize(("text", "seq"), [("0", 0), ("42", 42), (" 7 ", 7)])
def test_a_number_is_an_event(text: str, seq: int) -> None:
    assert parse_moment(text, NOW) == seq


def test_a_time_with_a_zone() -> None:
    assert parse_moment("2026-05-01T12:00+02:00", NOW) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert parse_moment("2026-05-01 12:00Z", NOW) == datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_local() -> None:
    moment = parse_moment("2026-05-01T12:00", NOW)
    assert isinstance(moment, datetime)
    assert moment.tzinfo is UTC
    assert moment.astimezone().replace(tzinfo=None) == datetime(2026, 5, 1, 12)
    day = parse_moment("2026-05-01", NOW)
    assert day == moment - timedelta(hours=12)


@given(
    st.datetimes(
        min_value=datetime(1971, 1, 1),
        max_value=datetime(2100, 1, 1),
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=9))]
        ),
    )
)
def test_what_is_shown_can_be_given_back(at: datetime) -> None:
    assert parse_moment(written(at), NOW) == at.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "10x", "-5m", "2026-13-01", "999999999d", "1e3h", "٣d", "0001-01-01T00:00+14:00"],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UserError, match="is no time: write"):
        parse_moment(text, NOW)
