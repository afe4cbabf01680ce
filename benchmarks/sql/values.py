"""What SQLite hands to a user function, and how MySQL reads it as text or number."""

from __future__ import annotations

import re

Value = str | int | float | bytes | None

_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def text_of(value: Value) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def number_of(value: Value) -> float:
    """The number that a text begins with; 0 when it begins with none."""
    if isinstance(value, int | float):
        return float(value)
    match = _NUMBER.match(text_of(value))
    return float(match.group()) if match else 0.0


def whole_of(value: Value) -> int:
    return round(number_of(value))
