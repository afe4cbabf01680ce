from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.web import formats


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0, "0 ms"),
        (0.35, "350 ms"),
        (12.44, "12.4 s"),
        (200.0, "3 min 20 s"),
        (7500.0, "2 h 05 min"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("usd", "known", "text"),
    [
        (None, False, "unknown"),
        (0.0, True, "$0.00"),
        (0.0123, True, "$0.0123"),
        (1234.5, True, "$1,234.50"),
        (0.5, False, "≥ $0.5000"),
    ],
)
def test_money(usd: float | None, known: bool, text: str) -> None:
    assert formats.money(usd, known) == text


def test_what_is_not_there_is_a_dash_and_zero_is_not() -> None:
    assert [formats.number(None), formats.percent(None), formats.count(None), formats.when(None)] == ["–"] * 4
    assert [formats.number(0.0), formats.percent(0.0), formats.count(0)] == ["0.00", "0.0%", "0"]
    assert formats.when(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-02 03:04 UTC"
