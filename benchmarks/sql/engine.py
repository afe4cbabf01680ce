"""Runs one agent's statements on an incident's database, read-only and within a time limit."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from benchmarks.sql.database import IncidentDatabase
from benchmarks.sql.dialect import CellKind, Prepared, prepare
from benchmarks.sql.errors import MySqlError, interrupted, refused, unknown_function
from benchmarks.sql.functions import FunctionErrors, register
from benchmarks.sql.grammar import first_statement
from benchmarks.sql.information_schema import INFORMATION_COLUMNS, attach
from benchmarks.sql.showing import show

Cell = str | int | float | None | date | Decimal
Rows = list[tuple[Cell, ...]]

TIME_LIMIT_SECONDS = 30.0
_CHECK_EVERY = 10_000
"""SQLite instructions between two looks at the clock."""

_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_LONGEST_VALUE_BYTES = 64 * 1024 * 1024


class Engine:
    """A read-only connection with MySQL's manners. Not for use by two threads at once."""

    def __init__(
        self,
        database: IncidentDatabase,
        *,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        """`clock` measures the time limit in seconds, `now` is what NOW() says.

        Raises:
            StorageError: the file is missing or is no database.
        """
        self._limit, self._clock = time_limit_seconds, clock
        self._errors = FunctionErrors()
        self._deadline = 0.0
        self._connection = database.connect()
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE_BYTES)
        register(self._connection, self._errors, now)
        self.catalog = _catalog_of(database.path, database.path.stat().st_mtime_ns)
        attach(self._connection, {name: columns for name, columns in self.catalog.items() if "." not in name})
        self._connection.set_progress_handler(self._late, _CHECK_EVERY)
        self._connection.set_authorizer(_authorize)

    def run(self, sql: str) -> Rows:
        """Rows of a text's first statement; the official environment, too, cuts at the first semicolon.

        Raises:
            MySqlError: what MySQL would refuse, with its text.
        """
        statement = first_statement(sql)
        if not statement:
            return []
        shown = show(statement, self.catalog)
        return list(shown) if shown is not None else self._select(_prepared(sql, self.catalog))

    def close(self) -> None:
        self._connection.close()

    def _select(self, prepared: Prepared) -> Rows:
        self._errors.last = None
        self._deadline = self._clock() + self._limit
        try:
            rows = self._connection.execute(prepared.sql).fetchall()
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise self._translated(error) from error
        return [_typed(row, prepared.kinds) for row in rows] if prepared.kinds else rows

    def _translated(self, error: Exception) -> MySqlError:
        text = str(error)
        if self._errors.last is not None:
            return self._errors.last
        if match := re.search(r"no such function: (?:my_)?(\w+)", text):
            return unknown_function(match.group(1).upper())
        if match := re.search(r"wrong number of arguments to function (?:my_)?(\w+)", text):
            name = match.group(1).upper()
            return MySqlError(
                "ProgrammingError", f"Incorrect parameter count in the call to native function '{name}'"
            )
        translate = next((ours for theirs, ours in _TRANSLATED if theirs in text), None)
        if translate is None:
            return MySqlError("NotSupportedError", f"This statement is not supported here: {text}")
        return translate()

    def _late(self) -> int:
        return int(self._clock() > self._deadline > 0)


def _fixed(kind: str, message: str) -> Callable[[], MySqlError]:
    return lambda: MySqlError(kind, message)


def _refused_write() -> MySqlError:
    return refused("WRITE")


_TRANSLATED: tuple[tuple[str, Callable[[], MySqlError]], ...] = (
    ("interrupted", interrupted),
    ("not authorized", _refused_write),
    ("prohibited", _refused_write),
    ("readonly", _refused_write),
    ("misuse of aggregate", _fixed("DatabaseError", "Invalid use of group function")),
    ("misuse of window", _fixed("DatabaseError", "You cannot use the window function in this context.")),
    ("sub-select returns", _fixed("DataError", "Operand should contain 1 column(s)")),
    ("row value misused", _fixed("DataError", "Operand should contain 1 column(s)")),
    ("too big", _fixed("DatabaseError", "Result of the statement is larger than max_allowed_packet")),
)


class _HashedCatalog(dict[str, tuple[str, ...]]):
    """A catalog that is never changed and counts as itself, so that prepared statements can be kept by it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@lru_cache(maxsize=64)
def _catalog_of(path: Path, stamp: int) -> _HashedCatalog:
    """Read once for every state of the file, and shared by its engines: prepared statements hang on it."""
    return _HashedCatalog({**IncidentDatabase(path).catalog, **INFORMATION_COLUMNS})


@lru_cache(maxsize=8192)
def _prepared(sql: str, catalog: _HashedCatalog) -> Prepared:
    return prepare(sql, catalog)


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _typed(row: tuple[Cell, ...], kinds: tuple[tuple[int, CellKind], ...]) -> tuple[Cell, ...]:
    """Dates, moments and exact numbers as Python's own, as a MySQL client gives them."""
    cells = list(row)
    for position, kind in kinds:
        value = cells[position]
        if kind is CellKind.DATE and isinstance(value, str):
            cells[position] = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        elif kind is CellKind.DECIMAL and isinstance(value, int | float):
            cells[position] = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.4f}")
    return tuple(cells)
