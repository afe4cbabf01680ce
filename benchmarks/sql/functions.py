"""MySQL's functions as SQLite user functions. Values are text: every column is TEXT.

An error inside a function reaches the caller through `FunctionErrors`, as SQLite drops its text.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache

from benchmarks.sql.errors import MySqlError, invalid_json

Value = str | int | float | bytes | None


class FunctionErrors:
    """Holds the MySQL error that a user function raised during the statement at hand."""

    def __init__(self) -> None:
        self.last: MySqlError | None = None

    def guard(self, function: Callable[..., Value]) -> Callable[..., Value]:
        def guarded(*args: Value) -> Value:
            try:
                return function(*args)
            except MySqlError as error:
                self.last = error
                raise

        return guarded


def register(connection: sqlite3.Connection, errors: FunctionErrors) -> None:
    """Give a connection the functions that translated statements call."""
    for name, (arguments, function) in _FUNCTIONS.items():
        connection.create_function(name, arguments, errors.guard(function), deterministic=True)


def _text(value: Value) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _concat(*parts: Value) -> str | None:
    return None if any(part is None for part in parts) else "".join(_text(part) for part in parts)


def _concat_ws(separator: Value, *parts: Value) -> str | None:
    return None if separator is None else _text(separator).join(_text(p) for p in parts if p is not None)


def _locate(needle: Value, text: Value, start: Value = 1) -> int | None:
    if needle is None or text is None:
        return None
    return _text(text).lower().find(_text(needle).lower(), max(int(start or 1) - 1, 0)) + 1


def _substring_index(text: Value, delimiter: Value, count: Value) -> str | None:
    if text is None or delimiter is None or count is None:
        return None
    parts, number = _text(text).split(_text(delimiter)), int(count)
    chosen = parts[:number] if number > 0 else parts[number:] if number < 0 else []
    return _text(delimiter).join(chosen)


def _regexp(text: Value, pattern: Value) -> int | None:
    if text is None or pattern is None:
        return None
    return int(_pattern(_text(pattern)).search(_text(text)) is not None)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise MySqlError("DatabaseError", f"Illegal argument to a regular expression: {error}.") from error


def _find_in_set(item: Value, items: Value) -> int | None:
    if item is None or items is None:
        return None
    folded = [part.lower() for part in _text(items).split(",")]
    return folded.index(_text(item).lower()) + 1 if _text(item).lower() in folded else 0


def _left(text: Value, count: Value) -> str | None:
    return None if text is None or count is None else _text(text)[: max(int(count), 0)]


def _right(text: Value, count: Value) -> str | None:
    return None if text is None or count is None else _text(text)[-int(count) :] if int(count) > 0 else ""


# --- JSON -------------------------------------------------------------------------------------------------

_REASONS = (
    ("Invalid \\escape", "Invalid escape character in string."),
    ("Invalid \\uXXXX", "Incorrect hex digit after \\u escape in string."),
    ("Expecting ',' delimiter", "Missing a comma or '}' after an object member."),
    ("Expecting property name", "Missing a name for object member."),
    ("Expecting ':' delimiter", "Missing a colon after a name of object member."),
    ("Unterminated string", "Missing a closing quotation mark in string."),
    ("Invalid control character", "Invalid encoding in string."),
    ("Extra data", "The document root must not be followed by other values."),
)


def _parse(function: str, argument: int, text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not text.strip():
            raise invalid_json(function, argument, "The document is empty.", 0) from error
        reason = next((ours for theirs, ours in _REASONS if error.msg.startswith(theirs)), "Invalid value.")
        if reason.startswith("Missing a comma") and _inside_array(text, error.pos):
            reason = "Missing a comma or ']' after an array element."
        raise invalid_json(function, argument, reason, _byte_offset(text, error.pos)) from error


def _inside_array(text: str, position: int) -> bool:
    depth: list[str] = []
    for mark in re.sub(r'"(?:\\.|[^"\\])*"', '""', text[:position]):
        if mark in "[{":
            depth.append(mark)
        elif mark in "]}" and depth:
            depth.pop()
    return bool(depth) and depth[-1] == "["


def _byte_offset(text: str, position: int) -> int:
    return len(text[:position].encode())


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[str | int, ...]:
    if not path.startswith("$"):
        raise MySqlError(
            "ProgrammingError", "Invalid JSON path expression. The error is around character position 1."
        )
    steps: list[str | int] = []
    position = 1
    token = re.compile(
        r'\s*(?:\.\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_$][\w$]*|\*))|\[\s*(\d+|\*|last)\s*\]|(\*\*))'
    )
    while position < len(path.rstrip()):
        match = token.match(path, position)
        if not match:
            raise MySqlError(
                "ProgrammingError",
                f"Invalid JSON path expression. The error is around character position {position + 1}.",
            )
        quoted, name, index, deep = match.groups()
        steps.append(
            int(index) if index and index.isdigit() else next(p for p in (quoted, name, index, deep) if p)
        )
        position = match.end()
    return tuple(steps)


def _walk(node: object, steps: tuple[str | int, ...]) -> list[object]:
    if not steps:
        return [node]
    head, rest = steps[0], steps[1:]
    if head == "**":
        found = _walk(node, rest)
        for child in _children(node):
            found += _walk(child, steps)
        return found
    if head == "*":
        return [hit for child in _children(node) for hit in _walk(child, rest)]
    if isinstance(head, int):
        if isinstance(node, list):
            return _walk(node[head], rest) if head < len(node) else []
        return _walk(node, rest) if head == 0 else []
    return _walk(node[head], rest) if isinstance(node, dict) and head in node else []


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []


def _dump(node: object) -> str:
    return json.dumps(node, ensure_ascii=False)


def _json_extract(text: Value, *paths: Value) -> str | None:
    if text is None or any(path is None for path in paths):
        return None
    document = _parse("json_extract", 1, _text(text))
    found = [hit for path in paths for hit in _walk(document, _steps(_text(path)))]
    if not found:
        return None
    wild = len(paths) > 1 or any(step in ("*", "**") for path in paths for step in _steps(_text(path)))
    return _dump(found if wild else found[0])


def _json_unquote(text: Value) -> str | None:
    if text is None:
        return None
    plain = _text(text)
    if plain.startswith('"') and plain.endswith('"') and len(plain) > 1:
        return str(_parse("json_unquote", 1, plain))
    return plain


def _json_extract_scalar(text: Value, path: Value) -> str | None:
    return _json_unquote(_json_extract(text, path))


def _json_contains(text: Value, wanted: Value, path: Value = "$") -> int | None:
    if text is None or wanted is None or path is None:
        return None
    document = _parse("json_contains", 1, _text(text))
    candidate = _parse("json_contains", 2, _text(wanted))
    hits = _walk(document, _steps(_text(path)))
    return int(_contains(hits[0], candidate)) if hits else None


def _contains(target: object, candidate: object) -> bool:
    if isinstance(target, list):
        items = candidate if isinstance(candidate, list) else [candidate]
        return all(any(_contains(part, item) for part in target) for item in items)
    if isinstance(target, dict) and isinstance(candidate, dict):
        return all(key in target and _contains(target[key], value) for key, value in candidate.items())
    return target == candidate


def _json_valid(text: Value) -> int | None:
    if text is None:
        return None
    try:
        json.loads(_text(text))
    except ValueError:
        return 0
    return 1


def _json_length(text: Value, path: Value = "$") -> int | None:
    if text is None:
        return None
    hits = _walk(_parse("json_length", 1, _text(text)), _steps(_text(path)))
    return None if not hits else len(_children(hits[0])) if isinstance(hits[0], list | dict) else 1


# --- dates ------------------------------------------------------------------------------------------------

_DATETIME = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?)?",
    re.IGNORECASE,
)


def _moment(value: Value) -> datetime | None:
    match = _DATETIME.match(_text(value)) if value is not None else None
    if not match:
        return None
    year, month, day, *clock, fraction = match.groups()
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            *(int(part or 0) for part in clock),
            int((fraction or "0").ljust(6, "0")),
        )
    except ValueError:
        return None


def _show(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat(sep=" ") if moment.microsecond else moment.strftime("%Y-%m-%d %H:%M:%S")


def _date(value: Value) -> str | None:
    moment = _moment(value)
    return moment.date().isoformat() if moment else None


def _time(value: Value) -> str | None:
    moment = _moment(value)
    return moment.time().isoformat() if moment else None


def _datetime(value: Value) -> str | None:
    return _show(_moment(value))


_UNITS = {
    "MICROSECOND": timedelta(microseconds=1), "SECOND": timedelta(seconds=1), "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1), "DAY": timedelta(days=1), "WEEK": timedelta(weeks=1),
}  # fmt: skip


def _date_shift(value: Value, count: Value, unit: Value) -> str | None:
    moment = _moment(value)
    if moment is None or count is None:
        return None
    step = _UNITS.get(_text(unit).upper())
    if step is not None:
        shifted = moment + step * float(_text(count))
    else:
        shifted = _month_shift(
            moment, int(float(_text(count))) * {"YEAR": 12, "QUARTER": 3}.get(_text(unit).upper(), 1)
        )
    date_only = not re.search(r"\d[T ]\d", _text(value)) and step in (None, _UNITS["DAY"], _UNITS["WEEK"])
    return shifted.date().isoformat() if date_only else _show(shifted)


def _month_shift(moment: datetime, months: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _timestampdiff(unit: Value, start: Value, end: Value) -> int | None:
    first, last = _moment(start), _moment(end)
    if first is None or last is None:
        return None
    step = _UNITS.get(_text(unit).upper())
    if step is not None:
        return int((last - first) / step)
    months = (last.year - first.year) * 12 + last.month - first.month
    return months // {"YEAR": 12, "QUARTER": 3}.get(_text(unit).upper(), 1)


def _datediff(end: Value, start: Value) -> int | None:
    last, first = _moment(end), _moment(start)
    return None if last is None or first is None else (last.date() - first.date()).days


def _date_format(value: Value, form: Value) -> str | None:
    moment = _moment(value)
    if moment is None or form is None:
        return None
    python = (
        _text(form)
        .replace("%i", "%M")
        .replace("%s", "%S")
        .replace("%T", "%H:%M:%S")
        .replace("%e", str(moment.day))
    )
    return moment.strftime(python.replace("%f", f"{moment.microsecond:06d}"))


def _str_to_date(value: Value, form: Value) -> str | None:
    if value is None or form is None:
        return None
    python = _text(form).replace("%i", "%M").replace("%s", "%S").replace("%T", "%H:%M:%S").replace("%e", "%d")
    try:
        moment = datetime.strptime(_text(value), python)
    except ValueError as error:
        # MySQL reads the head of the text and drops the rest with a warning.
        rest = re.search(r"unconverted data remains: (.*)", str(error), re.DOTALL)
        if not rest:
            return None
        moment = datetime.strptime(_text(value)[: -len(rest.group(1))], python)
    return moment.date().isoformat() if not re.search(r"%[HhIkMSpr]", python) else _show(moment)


def _part(value: Value, name: Value) -> int | None:
    moment = _moment(value)
    return None if moment is None else int(getattr(moment, _text(name)))


def _unix_timestamp(value: Value) -> float | int | None:
    moment = _moment(value)
    if moment is None:
        return None
    seconds = (moment - datetime(1970, 1, 1)).total_seconds()
    return int(seconds) if seconds == int(seconds) else seconds


_FUNCTIONS: dict[str, tuple[int, Callable[..., Value]]] = {
    "my_concat": (-1, _concat),
    "my_concat_ws": (-1, _concat_ws),
    "my_locate": (-1, _locate),
    "my_substring_index": (3, _substring_index),
    "my_regexp": (2, _regexp),
    "my_find_in_set": (2, _find_in_set),
    "my_left": (2, _left),
    "my_right": (2, _right),
    "my_json_extract": (-1, _json_extract),
    "my_json_scalar": (2, _json_extract_scalar),
    "my_json_unquote": (1, _json_unquote),
    "my_json_contains": (-1, _json_contains),
    "my_json_valid": (1, _json_valid),
    "my_json_length": (-1, _json_length),
    "my_date": (1, _date),
    "my_time": (1, _time),
    "my_datetime": (1, _datetime),
    "my_date_shift": (3, _date_shift),
    "my_timestampdiff": (3, _timestampdiff),
    "my_datediff": (2, _datediff),
    "my_date_format": (2, _date_format),
    "my_str_to_date": (2, _str_to_date),
    "my_part": (2, _part),
    "my_unix_timestamp": (1, _unix_timestamp),
}
