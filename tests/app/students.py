"""Students of a few lines, as people bring their own."""

from __future__ import annotations

import time
from collections.abc import Callable

Sql = Callable[[str], str]


def loud(prompt: str, sql: Sql, guidance: str) -> str:
    return prompt.upper()


def slow(prompt: str, sql: Sql, guidance: str) -> str:
    time.sleep(0.2)
    return sql("SHOW TABLES")[:9]


def silent(prompt: str, sql: Sql, guidance: str) -> None:
    return None


def failing(prompt: str, sql: Sql, guidance: str) -> str:
    raise ZeroDivisionError("on purpose")
