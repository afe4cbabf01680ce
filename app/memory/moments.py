"""Points in the history of memory as people write them: a time, how long ago, or an event's number."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from core.errors import UserError

_SEQ = re.compile(r"\d{1,18}", re.ASCII)
_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhdw])(?:\s+ago)?", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, now: datetime) -> datetime | int:
    """`42` is event 42, `10m`, `2h`, `3d` are so long before `now`, all else is ISO 8601.

    A time without a zone is local. Returns an event's number, or a time in UTC.

    Raises:
        UserError: none of these, or a time before the year 1.
    """
    word = text.strip()
    if _SEQ.fullmatch(word):
        return int(word)
    try:
        if (ago := _AGO.fullmatch(word)) is not None:
            return now.astimezone(UTC) - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
        return datetime.fromisoformat(word).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise UserError(
            f"{text!r} is no time: write 2026-05-01T12:30, 2026-05-01T12:30Z, 10m, 2h or 3d ago, "
            "or the number of an event (atlas memory log)"
        ) from None


def written(at: datetime) -> str:
    """A time as it is shown: local, to the second, with its zone."""
    return at.astimezone().isoformat(sep=" ", timespec="seconds")
