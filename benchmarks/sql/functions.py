"""MySQL's functions as SQLite user functions. Values are text: every column is TEXT.

An error inside a function reaches the caller through `FunctionErrors`, as SQLite drops its text.
"""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
import uuid
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

from benchmarks.sql.date_functions import DATE_FUNCTIONS
from benchmarks.sql.errors import MySqlError
from benchmarks.sql.json_functions import JSON_FUNCTIONS
from benchmarks.sql.values import Value, number_of, text_of, whole_of

_MOST_GROUPED_BYTES = 1024
"""MySQL's group_concat_max_len."""


class FunctionErrors:
    """Holds the MySQL error that a user function raised during the statement at hand."""

    def __init__(self) -> None:
        self.last: MySqlError | None = None

    def guard(self, name: str, function: Callable[..., Value]) -> Callable[..., Value]:
        def guarded(*args: Value) -> Value:
            try:
                return function(*args)
            except MySqlError as error:
                self.last = error
                raise
            except TypeError:
                self.last = _wrong_count(name)
                raise
            except (ValueError, ArithmeticError) as error:
                self.last = MySqlError("DataError", f"Incorrect arguments to {_plain(name)}")
                raise self.last from error

        return guarded


def register(connection: sqlite3.Connection, errors: FunctionErrors, now: Callable[[], datetime]) -> None:
    """Give a connection the functions that translated statements call; `now` is the server's clock."""
    for name, (arguments, function) in {**_FUNCTIONS, **JSON_FUNCTIONS, **DATE_FUNCTIONS}.items():
        connection.create_function(name, arguments, errors.guard(name, function), deterministic=True)
    connection.create_function("my_now", -1, lambda *_: now().isoformat(sep=" ", timespec="seconds"))
    connection.create_function("my_rand", -1, lambda *_: random.random())
    connection.create_function("my_uuid", 0, lambda: str(uuid.uuid4()))
    connection.create_aggregate("my_group_concat", 4, _GroupConcat)  # type: ignore[arg-type]


def _plain(name: str) -> str:
    return name.removeprefix("my_").upper()


def _wrong_count(name: str) -> MySqlError:
    return MySqlError(
        "ProgrammingError", f"Incorrect parameter count in the call to native function '{_plain(name)}'"
    )


class _GroupConcat:
    """GROUP_CONCAT(value, separator, sort key, flags): flag `d` drops doubles, `r` reverses the order."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, str]] = []
        self._separator, self._flags = ",", ""

    def step(self, value: Value, separator: Value, key: Value, flags: Value) -> None:
        self._separator, self._flags = text_of(separator), text_of(flags)
        if value is not None:
            self._parts.append((text_of(key).lower() if key is not None else "", text_of(value)))

    def finalize(self) -> str | None:
        if not self._parts:
            return None
        ordered = sorted(self._parts, key=lambda part: part[0], reverse="r" in self._flags)
        texts = [text for _, text in ordered]
        if "d" in self._flags:
            texts = list({text.lower(): text for text in reversed(texts)}.values())[::-1]
        joined = self._separator.join(texts).encode()
        return joined[:_MOST_GROUPED_BYTES].decode("utf-8", "ignore")


def _concat(*parts: Value) -> str | None:
    return None if any(part is None for part in parts) else "".join(text_of(part) for part in parts)


def _concat_ws(separator: Value, *parts: Value) -> str | None:
    return None if separator is None else text_of(separator).join(text_of(p) for p in parts if p is not None)


def _locate(needle: Value, text: Value, start: Value = 1) -> int | None:
    if needle is None or text is None:
        return None
    return text_of(text).lower().find(text_of(needle).lower(), max(whole_of(start) - 1, 0)) + 1


def _substring_index(text: Value, delimiter: Value, count: Value) -> str | None:
    if text is None or delimiter is None or count is None:
        return None
    mark, number = text_of(delimiter), whole_of(count)
    if not mark or not number:
        return ""
    parts = text_of(text).split(mark)
    return mark.join(parts[:number] if number > 0 else parts[number:])


def _like_binary(text: Value, pattern: Value) -> int | None:
    if text is None or pattern is None:
        return None
    return int(_like_pattern(text_of(pattern)).fullmatch(text_of(text)) is not None)


@lru_cache(maxsize=256)
def _like_pattern(pattern: str) -> re.Pattern[str]:
    marks = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(mark) or re.escape(mark[-1]) for mark in marks), re.DOTALL)


def _regexp(text: Value, pattern: Value, flags: Value = "") -> int | None:
    if text is None or pattern is None:
        return None
    return int(_pattern(text_of(pattern), text_of(flags)).search(text_of(text)) is not None)


def _regexp_substr(text: Value, pattern: Value, *_: Value) -> str | None:
    if text is None or pattern is None:
        return None
    match = _pattern(text_of(pattern)).search(text_of(text))
    return match.group() if match else None


def _regexp_instr(text: Value, pattern: Value, *_: Value) -> int | None:
    if text is None or pattern is None:
        return None
    match = _pattern(text_of(pattern)).search(text_of(text))
    return match.start() + 1 if match else 0


def _regexp_replace(text: Value, pattern: Value, new: Value, *_: Value) -> str | None:
    if text is None or pattern is None or new is None:
        return None
    template = re.sub(r"\$(\d)", r"\\g<\1>", text_of(new).replace("\\", "\\\\"))
    try:
        return _pattern(text_of(pattern)).sub(template, text_of(text))
    except re.error as error:
        raise MySqlError("DatabaseError", "Index out of bounds in regular expression search.") from error


_POSIX = {
    "[:digit:]": r"\d", "[:alpha:]": "a-zA-Z", "[:alnum:]": "a-zA-Z0-9", "[:space:]": r"\s",
    "[:upper:]": "A-Z", "[:lower:]": "a-z", "[:xdigit:]": "0-9a-fA-F", "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip
_REGEX_REASONS = (
    ("escape", "Unrecognized escape sequence in regular expression."),
    ("unterminated character set", "The regular expression contains an unclosed bracket expression."),
    ("missing )", "Mismatched parenthesis in regular expression."),
    ("unbalanced parenthesis", "Mismatched parenthesis in regular expression."),
    (
        "bad character range",
        "The regular expression contains an [x-y] character range where x comes after y.",
    ),
)


@lru_cache(maxsize=256)
def _pattern(pattern: str, flags: str = "") -> re.Pattern[str]:
    for posix, python in _POSIX.items():
        pattern = pattern.replace(posix, python)
    try:
        return re.compile(pattern, 0 if "c" in flags else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        text = next((ours for theirs, ours in _REGEX_REASONS if theirs in str(error)), None)
        raise MySqlError("DatabaseError", text or "Syntax error in regular expression.") from error


def _find_in_set(item: Value, items: Value) -> int | None:
    if item is None or items is None:
        return None
    folded = [part.lower() for part in text_of(items).split(",")]
    return folded.index(text_of(item).lower()) + 1 if text_of(item).lower() in folded else 0


def _field(item: Value, *items: Value) -> int:
    folded = [None if part is None else text_of(part).lower() for part in items]
    return (
        0 if item is None or text_of(item).lower() not in folded else folded.index(text_of(item).lower()) + 1
    )


def _elt(number: Value, *items: Value) -> Value:
    return items[whole_of(number) - 1] if number is not None and 1 <= whole_of(number) <= len(items) else None


def _left(text: Value, count: Value) -> str | None:
    return None if text is None or count is None else text_of(text)[: max(whole_of(count), 0)]


def _right(text: Value, count: Value) -> str | None:
    if text is None or count is None:
        return None
    return text_of(text)[-whole_of(count) :] if whole_of(count) > 0 else ""


_LONGEST_TEXT = 1_000_000


def _pad(text: Value, length: Value, filler: Value, *, left: bool) -> str | None:
    if text is None or length is None or filler is None or not 0 <= whole_of(length) <= _LONGEST_TEXT:
        return None
    plain, wanted = text_of(text), whole_of(length)
    if len(plain) >= wanted:
        return plain[:wanted]
    fill = (text_of(filler) * wanted)[: wanted - len(plain)] if text_of(filler) else ""
    return fill + plain if left else plain + fill


def _repeat(text: Value, count: Value) -> str | None:
    if text is None or count is None:
        return None
    times = max(whole_of(count), 0)
    return text_of(text) * times if len(text_of(text)) * times <= _LONGEST_TEXT else None


def _of_text(function: Callable[[str], Value]) -> tuple[int, Callable[..., Value]]:
    """A function of one text that gives NULL for NULL."""
    return 1, lambda text: None if text is None else function(text_of(text))


def _inet_aton(text: str) -> int | None:
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
        return None
    return int.from_bytes(bytes(int(part) for part in parts))


def _inet_ntoa(value: Value) -> str | None:
    if value is None or not 0 <= whole_of(value) < 2**32:
        return None
    return ".".join(map(str, whole_of(value).to_bytes(4)))


def _from_base64(text: str) -> str | None:
    import base64

    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except ValueError:
        return None


def _to_base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()


def _sha2(text: Value, bits: Value) -> str | None:
    name = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}.get(whole_of(bits or 0))
    return None if text is None or name is None else hashlib.new(name, text_of(text).encode()).hexdigest()


def _strcmp(one: Value, other: Value) -> int | None:
    if one is None or other is None:
        return None
    left, right = text_of(one).lower(), text_of(other).lower()
    return (left > right) - (left < right)


def _truncate(value: Value, places: Value) -> float | int | None:
    if value is None or places is None:
        return None
    scale = 10.0 ** whole_of(places)
    return int(number_of(value) * scale) / scale


def _char(*codes: Value) -> str:
    return "".join(chr(whole_of(code) % 0x110000) for code in codes if code is not None)


_FUNCTIONS: Mapping[str, tuple[int, Callable[..., Value]]] = {
    "my_concat": (-1, _concat),
    "my_concat_ws": (-1, _concat_ws),
    "my_locate": (-1, _locate),
    "my_instr": (2, lambda text, needle: _locate(needle, text)),
    "my_substring_index": (3, _substring_index),
    "my_like_binary": (2, _like_binary),
    "my_regexp": (-1, _regexp),
    "my_regexp_binary": (2, lambda text, pattern: _regexp(text, pattern, "c")),
    "my_regexp_substr": (-1, _regexp_substr),
    "my_regexp_instr": (-1, _regexp_instr),
    "my_regexp_replace": (-1, _regexp_replace),
    "my_find_in_set": (2, _find_in_set),
    "my_field": (-1, _field),
    "my_elt": (-1, _elt),
    "my_left": (2, _left),
    "my_right": (2, _right),
    "my_lpad": (3, lambda text, length, filler: _pad(text, length, filler, left=True)),
    "my_rpad": (3, lambda text, length, filler: _pad(text, length, filler, left=False)),
    "my_repeat": (2, _repeat),
    "my_space": (1, lambda count: _repeat(" ", count)),
    "my_reverse": _of_text(lambda text: text[::-1]),
    "my_length": _of_text(lambda text: len(text.encode())),
    "my_char_length": _of_text(len),
    "my_ascii": _of_text(lambda text: text.encode()[0] if text else 0),
    "my_hex": _of_text(lambda text: text.encode().hex().upper()),
    "my_unhex": _of_text(lambda text: bytes.fromhex(text).decode("utf-8", "replace")),
    "my_md5": _of_text(lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()),
    "my_sha1": _of_text(lambda text: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()),
    "my_sha2": (2, _sha2),
    "my_crc32": _of_text(lambda text: zlib.crc32(text.encode())),
    "my_to_base64": _of_text(_to_base64),
    "my_from_base64": _of_text(_from_base64),
    "my_inet_aton": _of_text(_inet_aton),
    "my_inet_ntoa": (1, _inet_ntoa),
    "my_strcmp": (2, _strcmp),
    "my_truncate": (2, _truncate),
    "my_number": (1, lambda value: value if value is None or isinstance(value, int) else number_of(value)),
    "my_char": (-1, _char),
    "my_sleep": (1, lambda seconds: 0),
    "my_isnull": (1, lambda value: int(value is None)),
}
