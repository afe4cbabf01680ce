"""How long to wait before a request is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
LONGEST_ASKED_SECONDS = 120.0
"""A server that asks for a longer wait than this has failed, as far as one call is concerned."""


def backoff_seconds(retry: int, random: Random) -> float:
    """Wait before retry 0, 1, ...: it doubles, and lies between half and all of that."""
    full = min(FIRST_WAIT_SECONDS * 2.0 ** min(retry, 16), LONGEST_WAIT_SECONDS)
    return random.uniform(full / 2, full)


def asked_seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """What `Retry-After` (seconds or a date) or `Retry-After-Ms` asks for; None when unsaid or unreadable.

    `headers` is looked up in lower case.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
