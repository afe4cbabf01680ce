"""Runs one agent's statements on an incident's database, read-only and within a time limit."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from benchmarks.sql.database import IncidentDatabase
from benchmarks.sql.dialect import Prepared, prepare
from benchmarks.sql.errors import (
    SCHEMA_NAME,
    MySqlError,
    interrupted,
    refused,
    syntax_error,
    unknown_database,
    unknown_function,
    unknown_table,
)
from benchmarks.sql.functions import FunctionErrors, register
from benchmarks.sql.names import INFORMATION_SCHEMA

Cell = str | int | float | None | date
Rows = list[tuple[Cell, ...]]

TIME_LIMIT_SECONDS = 30.0
_CHECK_EVERY = 10_000
"""SQLite instructions between two looks at the clock."""

_COLUMNS = (
    "TABLE_CATALOG",
    "TABLE_SCHEMA",
    "TABLE_NAME",
    "COLUMN_NAME",
    "ORDINAL_POSITION",
    "DATA_TYPE",
    "COLUMN_TYPE",
    "IS_NULLABLE",
)
_TABLES = ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE")
_ALLOWED = frozenset(
    code
    for code in (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        getattr(sqlite3, "SQLITE_RECURSIVE", None),
    )
    if code is not None
)


class Engine:
    """A read-only connection with MySQL's manners. Not for use by two threads at once."""

    def __init__(
        self,
        database: IncidentDatabase,
        *,
        time_limit_seconds: float = TIME_LIMIT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises:
        StorageError: the file is missing or is no database.
        """
        self._limit, self._clock = time_limit_seconds, clock
        self._errors = FunctionErrors()
        self._deadline = 0.0
        self._connection = database.connect()
        register(self._connection, self._errors)
        self._connection.create_function(
            "my_now", 0, lambda: datetime.now().isoformat(sep=" ", timespec="seconds")
        )
        self.catalog = _catalog_of(database.path, database.path.stat().st_mtime_ns)
        self._attach_information_schema()
        self._connection.set_progress_handler(self._late, _CHECK_EVERY)
        self._connection.set_authorizer(_authorize)

    def run(self, sql: str) -> Rows:
        """Rows of one statement.

        Raises:
            MySqlError: what MySQL would refuse, with its text.
        """
        statement = sql.strip().rstrip(";").strip()
        if not statement:
            raise syntax_error("", 0)
        shown = self._show(statement)
        if shown is not None:
            return shown
        return self._select(_prepared(statement, self.catalog))

    def close(self) -> None:
        self._connection.close()

    def _select(self, prepared: Prepared) -> Rows:
        self._errors.last = None
        self._deadline = self._clock() + self._limit
        try:
            rows = self._connection.execute(prepared.sql).fetchall()
        except sqlite3.Error as error:
            raise self._translated(error) from error
        return [_with_dates(row, prepared.dates) for row in rows] if prepared.dates else rows

    def _translated(self, error: sqlite3.Error) -> MySqlError:
        text = str(error)
        if self._errors.last is not None:
            return self._errors.last
        if "interrupted" in text:
            return interrupted()
        if "not authorized" in text or "prohibited" in text or "readonly" in text:
            return refused("WRITE")
        if match := re.search(r"no such function: (\w+)", text):
            return unknown_function(match.group(1))
        if "wrong number of arguments" in text:
            name = re.search(r"function (?:my_)?(\w+)", text)
            called = name.group(1).upper() if name else ""
            return MySqlError(
                "ProgrammingError", f"Incorrect parameter count in the call to native function '{called}'"
            )
        if "sub-select returns" in text:
            return MySqlError("DataError", "Operand should contain 1 column(s)")
        return MySqlError("ProgrammingError", text)

    def _late(self) -> int:
        return int(self._clock() > self._deadline > 0)

    def _show(self, statement: str) -> Rows | None:
        """SHOW, DESCRIBE and USE; None for any other statement."""
        if match := _SHOW_TABLES.fullmatch(statement):
            if match["db"] and match["db"] != SCHEMA_NAME:
                raise unknown_database(match["db"])
            names = sorted((n for n in self.catalog if "." not in n), key=str.lower)
            return [(name,) for name in names if match["like"] is None or _like(match["like"], name)]
        if match := _SHOW_COLUMNS.fullmatch(statement):
            return self._describe(match["table"], match["like"], full=bool(match["full"]))
        if match := _DESCRIBE.fullmatch(statement):
            return self._describe(match["table"], match["column"], full=False)
        if _SHOW_DATABASES.fullmatch(statement):
            return [(INFORMATION_SCHEMA,), (SCHEMA_NAME,)]
        if match := _USE.fullmatch(statement):
            if match["db"].lower() not in (SCHEMA_NAME, INFORMATION_SCHEMA):
                raise unknown_database(match["db"])
            return []
        return None

    def _describe(self, table: str, like: str | None, *, full: bool) -> Rows:
        table = table.removeprefix(f"{SCHEMA_NAME}.")
        if table not in self.catalog:
            raise unknown_table(table)
        names = [c for c in self.catalog[table] if like is None or _like(like, c)]
        if full:
            grants = "select,insert,update,references"
            return [(c, "text", "utf8mb4_0900_ai_ci", "YES", "", None, "", grants, "") for c in names]
        return [(c, "text", "YES", "", None, "") for c in names]

    def _attach_information_schema(self) -> None:
        connection = self._connection
        connection.execute(f"ATTACH ':memory:' AS {INFORMATION_SCHEMA}")
        for name, columns in (("COLUMNS", _COLUMNS), ("TABLES", _TABLES)):
            listed = ", ".join(f"{column} TEXT COLLATE NOCASE" for column in columns)
            connection.execute(f"CREATE TABLE {INFORMATION_SCHEMA}.{name} ({listed})")
        tables = {name: columns for name, columns in self.catalog.items() if "." not in name}
        connection.executemany(
            f"INSERT INTO {INFORMATION_SCHEMA}.COLUMNS VALUES ('def', ?, ?, ?, ?, 'text', 'text', 'YES')",
            [
                (SCHEMA_NAME, name, column, number)
                for name, columns in tables.items()
                for number, column in enumerate(columns, 1)
            ],
        )
        connection.executemany(
            f"INSERT INTO {INFORMATION_SCHEMA}.TABLES VALUES ('def', ?, ?, 'BASE TABLE')",
            [(SCHEMA_NAME, name) for name in tables],
        )


_NAME = r"[`'\"]?(?P<{}>[\w.$]+)[`'\"]?"
_SHOW_TABLES = re.compile(
    rf"SHOW\s+(?:FULL\s+)?TABLES(?:\s+(?:FROM|IN)\s+{_NAME.format('db')})?(?:\s+LIKE\s+['\"](?P<like>[^'\"]*)['\"])?",
    re.I,
)
_SHOW_COLUMNS = re.compile(
    rf"SHOW\s+(?P<full>FULL\s+)?(?:COLUMNS|FIELDS)\s+(?:FROM|IN)\s+{_NAME.format('table')}"
    rf"(?:\s+(?:FROM|IN)\s+`?{SCHEMA_NAME}`?)?(?:\s+LIKE\s+['\"](?P<like>[^'\"]*)['\"])?",
    re.I,
)
_DESCRIBE = re.compile(
    rf"(?:DESC|DESCRIBE|EXPLAIN)\s+{_NAME.format('table')}(?:\s+['\"`]?(?P<column>[\w%]+)['\"`]?)?", re.I
)
_SHOW_DATABASES = re.compile(r"SHOW\s+(?:DATABASES|SCHEMAS)", re.I)
_USE = re.compile(rf"USE\s+{_NAME.format('db')}", re.I)


class _HashedCatalog(dict[str, tuple[str, ...]]):
    """A catalog that is never changed and counts as itself, so that prepared statements can be kept by it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@lru_cache(maxsize=64)
def _catalog_of(path: Path, stamp: int) -> _HashedCatalog:
    """Read once for every state of the file, and shared by its engines: prepared statements hang on it."""
    found = _HashedCatalog(IncidentDatabase(path).catalog)
    found[f"{INFORMATION_SCHEMA}.COLUMNS"], found[f"{INFORMATION_SCHEMA}.TABLES"] = _COLUMNS, _TABLES
    return found


@lru_cache(maxsize=8192)
def _prepared(statement: str, catalog: _HashedCatalog) -> Prepared:
    return prepare(statement, catalog)


def _authorize(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _like(pattern: str, name: str) -> bool:
    parts = [".*" if mark == "%" else "." if mark == "_" else re.escape(mark) for mark in pattern]
    return re.fullmatch("".join(parts), name, re.I | re.S) is not None


def _with_dates(row: tuple[Cell, ...], positions: tuple[int, ...]) -> tuple[Cell, ...]:
    """Dates and moments as Python's own, as a MySQL client gives them."""
    cells = list(row)
    for position in positions:
        value = cells[position]
        if isinstance(value, str):
            cells[position] = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return tuple(cells)
