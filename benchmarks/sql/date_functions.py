"""MySQL's functions of dates and times over text. A text that is no date gives NULL, as the server does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

from benchmarks.sql.values import Value, number_of, text_of

_DATETIME = re.compile(
    r"\s*(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"\s*(-?)(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?")


def _moment(value: Value) -> datetime | None:
    match = _DATETIME.match(text_of(value)) if value is not None else None
    if not match:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()
    micro = int((fraction or "0").ljust(6, "0"))
    try:
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
        )
    except ValueError:
        return None


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(sep=" ")


def _date(value: Value) -> str | None:
    moment = _moment(value)
    return moment.date().isoformat() if moment else None


def _time(value: Value) -> str | None:
    moment = _moment(value)
    if moment is not None:
        return moment.time().isoformat()
    match = _TIME.match(text_of(value)) if value is not None else None
    if not match:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    tail = f".{fraction.ljust(6, '0')}" if fraction else ""
    return f"{sign}{int(hours):02d}:{int(minutes):02d}:{int(seconds or 0):02d}{tail}"


def _datetime(value: Value, *_: Value) -> str | None:
    return _show(_moment(value))


_UNITS = {
    "MICROSECOND": timedelta(microseconds=1), "SECOND": timedelta(seconds=1), "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1), "DAY": timedelta(days=1), "WEEK": timedelta(weeks=1),
}  # fmt: skip
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_DATE_ONLY = ("DAY", "WEEK", *_MONTHS)


def _date_shift(value: Value, count: Value, unit: Value, sign: Value = 1) -> str | None:
    moment = _moment(value)
    if moment is None or count is None:
        return None
    word, amount = text_of(unit).upper().removesuffix("S"), number_of(count) * number_of(sign)
    try:
        if word in _UNITS:
            shifted = moment + _UNITS[word] * (amount if word == "SECOND" else round(amount))
        else:
            shifted = _month_shift(moment, round(amount) * _MONTHS.get(word, 1))
    except (OverflowError, ValueError):
        return None
    date_only = word in _DATE_ONLY and not re.search(r"\d[Tt ]\d", text_of(value))
    return shifted.date().isoformat() if date_only else _show(shifted)


def _month_shift(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _timestampadd(unit: Value, count: Value, value: Value) -> str | None:
    return _date_shift(value, count, unit)


def _timestampdiff(unit: Value, start: Value, end: Value) -> int | None:
    first, last = _moment(start), _moment(end)
    if first is None or last is None:
        return None
    word = text_of(unit).upper()
    if word in _UNITS:
        return int((last - first) / _UNITS[word])
    sign = 1 if last >= first else -1
    early, late = min(first, last), max(first, last)
    months = (late.year - early.year) * 12 + late.month - early.month
    months -= (late.day, late.time()) < (early.day, early.time())
    return sign * (months // _MONTHS.get(word, 1))


def _datediff(end: Value, start: Value) -> int | None:
    last, first = _moment(end), _moment(start)
    return None if last is None or first is None else (last.date() - first.date()).days


def _timediff(end: Value, start: Value) -> str | None:
    last, first = _moment(end), _moment(start)
    if last is None or first is None:
        return None
    seconds = (last - first).total_seconds()
    whole = int(abs(seconds))
    tail = f".{round(abs(seconds) % 1 * 1e6):06d}" if seconds % 1 else ""
    return f"{'-' if seconds < 0 else ''}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{tail}"


_FORMATS = {
    "i": "%M", "s": "%S", "T": "%H:%M:%S", "h": "%I", "r": "%I:%M:%S %p", "M": "%B", "W": "%A", "v": "%V",
    "x": "%G",
}  # fmt: skip
"""MySQL's specifiers that Python spells otherwise."""

_SPECIFIER = re.compile(r"%(.)", re.DOTALL)


def _date_format(value: Value, form: Value) -> str | None:
    moment = _moment(value)
    if moment is None or form is None:
        return None
    plain = {
        "e": str(moment.day),
        "c": str(moment.month),
        "k": str(moment.hour),
        "l": str(moment.hour % 12 or 12),
    }

    def spelled(match: re.Match[str]) -> str:
        mark = match.group(1)
        if mark in plain:
            return plain[mark]
        if mark not in "aBbdfHIjMmpSsTUuWwYyihrvx%":
            return mark
        return moment.strftime(_FORMATS.get(mark, f"%{mark}"))

    return _SPECIFIER.sub(spelled, text_of(form))


_PARTS = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{2})", "m": r"(?P<m>\d{1,2})", "c": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})", "e": r"(?P<d>\d{1,2})", "H": r"(?P<H>\d{1,2})", "k": r"(?P<H>\d{1,2})",
    "h": r"(?P<I>\d{1,2})", "I": r"(?P<I>\d{1,2})", "l": r"(?P<I>\d{1,2})", "i": r"(?P<M>\d{1,2})",
    "s": r"(?P<S>\d{1,2})", "S": r"(?P<S>\d{1,2})", "f": r"(?P<f>\d{1,6})", "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]{3})", "M": r"(?P<b>[A-Za-z]{3})[a-z]*", "W": r"[A-Za-z]+", "a": r"[A-Za-z]{3}",
    "T": r"(?P<H>\d{1,2}):(?P<M>\d{1,2}):(?P<S>\d{1,2})", "%": "%",
}  # fmt: skip
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _str_to_date(value: Value, form: Value) -> str | None:
    """Reads the head of the text by the format; what follows is dropped, as MySQL does with a warning."""
    if value is None or form is None:
        return None
    pieces = re.split(r"%(.)", text_of(form))
    pattern = "".join(
        re.escape(piece) if at % 2 == 0 else _PARTS.get(piece, re.escape(piece))
        for at, piece in enumerate(pieces)
    )
    try:
        match = re.match(r"\s*" + pattern, text_of(value))
    except re.error:
        return None
    if match is None:
        return None
    clock = any(mark in "HkhIlisSfpTr" for mark in pieces[1::2])
    moment = _assembled(match.groupdict())
    if moment is None:
        return None
    return _show(moment) if clock else moment.date().isoformat()


def _assembled(parts: Mapping[str, str | None]) -> datetime | None:
    def number(name: str, default: int) -> int:
        return int(parts.get(name) or default)

    month = number("m", 0)
    if name := parts.get("b"):
        month = _MONTH_NAMES.index(name.lower()) + 1 if name.lower() in _MONTH_NAMES else 0
    year = number("Y", 0) or (2000 + number("y", 0) if parts.get("y") else 0)
    hour = number("H", number("I", 0))
    if (half := parts.get("p")) is not None:
        hour = hour % 12 + 12 * (half.lower() == "pm")
    micro = int((parts.get("f") or "0").ljust(6, "0"))
    try:
        return datetime(year, month, number("d", 0), hour, number("M", 0), number("S", 0), micro)
    except ValueError:
        return None


def _part(value: Value, name: Value) -> int | None:
    moment = _moment(value)
    if moment is None:
        return None
    word = text_of(name).lower()
    if word in _CALENDAR:
        return _CALENDAR[word](moment)
    return int(getattr(moment, word)) if word in _CLOCK else None


_CLOCK = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_CALENDAR: Mapping[str, Callable[[datetime], int]] = {
    "quarter": lambda m: (m.month + 2) // 3,
    "week": lambda m: int(m.strftime("%U")),
    "weekday": lambda m: m.weekday(),
    "dayofweek": lambda m: m.isoweekday() % 7 + 1,
    "dayofyear": lambda m: m.timetuple().tm_yday,
    "dayofmonth": lambda m: m.day,
}


def _name(value: Value, form: Value) -> str | None:
    moment = _moment(value)
    return None if moment is None else moment.strftime(text_of(form))


def _last_day(value: Value) -> str | None:
    moment = _moment(value)
    return (
        None if moment is None else moment.date().replace(day=_days_in(moment.year, moment.month)).isoformat()
    )


def _unix_timestamp(value: Value) -> float | int | None:
    moment = _moment(value)
    if moment is None:
        return None
    seconds = (moment - datetime(1970, 1, 1)).total_seconds()
    return int(seconds) if seconds == int(seconds) else seconds


def _from_unixtime(value: Value, form: Value = None) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromtimestamp(number_of(value), UTC).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None
    return _show(moment) if form is None else _date_format(_show(moment), form)


def _time_to_sec(value: Value) -> int | None:
    clock = _time(value)
    match = _TIME.match(clock) if clock else None
    if not match:
        return None
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0)
    return -seconds if match[1] else seconds


DATE_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Value]]] = {
    "my_date": (1, _date),
    "my_time": (1, _time),
    "my_datetime": (-1, _datetime),
    "my_date_shift": (-1, _date_shift),
    "my_timestampadd": (3, _timestampadd),
    "my_timestampdiff": (3, _timestampdiff),
    "my_datediff": (2, _datediff),
    "my_timediff": (2, _timediff),
    "my_date_format": (2, _date_format),
    "my_str_to_date": (2, _str_to_date),
    "my_part": (2, _part),
    "my_name_of": (2, _name),
    "my_last_day": (1, _last_day),
    "my_unix_timestamp": (1, _unix_timestamp),
    "my_from_unixtime": (-1, _from_unixtime),
    "my_time_to_sec": (1, _time_to_sec),
}
