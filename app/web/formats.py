"""How values are written on a page; a value that is not there is a dash."""

from __future__ import annotations

from datetime import UTC, datetime

ABSENT = "–"


def number(value: float | None, digits: int = 2) -> str:
    return ABSENT if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 2) -> str:
    """A difference, with its sign."""
    return ABSENT if value is None else f"{value:+,.{digits}f}"


def short(value: float) -> str:
    """Three digits of a number that may be very large or very small."""
    return f"{value:.3g}"


def percent(value: float | None) -> str:
    return ABSENT if value is None else f"{100 * value:.1f}%"


def count(value: int | None) -> str:
    return ABSENT if value is None else f"{value:,}"


def money(usd: float | None, known: bool = True) -> str:
    """US dollars; `≥` before a sum with an unknown part, four digits where cents would hide it."""
    if usd is None:
        return "unknown"
    digits = 2 if usd == 0 or usd >= 1 else 4
    return f"{'' if known else '≥ '}${usd:,.{digits}f}"


def duration(seconds: float | None) -> str:
    """The nearest two units: `350 ms`, `12.4 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds is None:
        return ABSENT
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def when(at: datetime | None) -> str:
    return ABSENT if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def spaced(word: str) -> str:
    """A name as words: `action_schema` is `action schema`."""
    return word.replace("_", " ")


FILTERS = {
    "number": number,
    "signed": signed,
    "short": short,
    "percent": percent,
    "count": count,
    "money": money,
    "duration": duration,
    "when": when,
    "spaced": spaced,
}
