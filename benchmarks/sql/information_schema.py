"""MySQL's information_schema over an incident's tables, in memory beside the read-only file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from benchmarks.sql.database import quoted
from benchmarks.sql.errors import SCHEMA_NAME
from benchmarks.sql.names import INFORMATION_SCHEMA

_COLUMNS = (
    "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", "ORDINAL_POSITION", "COLUMN_DEFAULT",
    "IS_NULLABLE", "DATA_TYPE", "CHARACTER_MAXIMUM_LENGTH", "CHARACTER_OCTET_LENGTH", "NUMERIC_PRECISION",
    "NUMERIC_SCALE", "DATETIME_PRECISION", "CHARACTER_SET_NAME", "COLLATION_NAME", "COLUMN_TYPE",
    "COLUMN_KEY", "EXTRA", "PRIVILEGES", "COLUMN_COMMENT", "GENERATION_EXPRESSION", "SRS_ID",
)  # fmt: skip
_TABLES = (
    "TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE", "ENGINE", "VERSION", "ROW_FORMAT",
    "TABLE_ROWS", "AVG_ROW_LENGTH", "DATA_LENGTH", "MAX_DATA_LENGTH", "INDEX_LENGTH", "DATA_FREE",
    "AUTO_INCREMENT", "CREATE_TIME", "UPDATE_TIME", "CHECK_TIME", "TABLE_COLLATION", "CHECKSUM",
    "CREATE_OPTIONS", "TABLE_COMMENT",
)  # fmt: skip
_SCHEMATA = (
    "CATALOG_NAME", "SCHEMA_NAME", "DEFAULT_CHARACTER_SET_NAME", "DEFAULT_COLLATION_NAME", "SQL_PATH",
    "DEFAULT_ENCRYPTION",
)  # fmt: skip
_LISTS = {"COLUMNS": _COLUMNS, "TABLES": _TABLES, "SCHEMATA": _SCHEMATA}

INFORMATION_COLUMNS: Mapping[str, tuple[str, ...]] = {
    f"{INFORMATION_SCHEMA}.{name}": columns for name, columns in _LISTS.items()
}
"""Columns by table, as a catalog has them."""

_BINARY = frozenset({"TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "SCHEMA_NAME"})
_NUMBERS = frozenset(
    {"ORDINAL_POSITION", "TABLE_ROWS", "VERSION", "CHARACTER_MAXIMUM_LENGTH", "CHARACTER_OCTET_LENGTH"}
)
_LONGEST_TEXT = 65535
_COLLATION = "utf8mb4_0900_ai_ci"

Listed = tuple[str | int | None, ...]


def attach(connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]) -> None:
    """Give a connection a schema that tells of its tables. Row counts are left unknown."""
    connection.execute(f"ATTACH ':memory:' AS {INFORMATION_SCHEMA}")
    # One transaction: otherwise each of the many rows is one of its own.
    connection.execute("BEGIN")
    for name, columns in _LISTS.items():
        connection.execute(f"CREATE TABLE {INFORMATION_SCHEMA}.{name} ({', '.join(map(_declared, columns))})")
    _fill(connection, "COLUMNS", [_column(t, c, n) for t, cs in tables.items() for n, c in enumerate(cs, 1)])
    _fill(connection, "TABLES", [_table(name) for name in tables])
    _fill(connection, "SCHEMATA", [("def", SCHEMA_NAME, "utf8mb4", _COLLATION, None, "NO")])
    connection.execute("COMMIT")


def _declared(column: str) -> str:
    kind = "INTEGER" if column in _NUMBERS else "TEXT"
    return f"{quoted(column)} {kind}{'' if column in _BINARY else ' COLLATE NOCASE'}"


def _fill(connection: sqlite3.Connection, name: str, rows: list[Listed]) -> None:
    marks = ", ".join("?" * len(_LISTS[name]))
    connection.executemany(f"INSERT INTO {INFORMATION_SCHEMA}.{name} VALUES ({marks})", rows)


def _column(table: str, column: str, number: int) -> Listed:
    return (
        "def", SCHEMA_NAME, table, column, number, None, "YES", "text", _LONGEST_TEXT, _LONGEST_TEXT, None,
        None, None, "utf8mb4", _COLLATION, "text", "", "", "select,insert,update,references", "", "", None,
    )  # fmt: skip


def _table(name: str) -> Listed:
    return (
        "def", SCHEMA_NAME, name, "BASE TABLE", "InnoDB", 10, "Dynamic", None, None, None, None, None, None,
        None, None, None,
        None, _COLLATION, None, "", "",
    )  # fmt: skip
