"""Incident databases: SQLite files of text columns that are built once and read many times.

As in the official environment every column is TEXT and compares without regard to case.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.errors import StorageError, UserError

Row = tuple[str | None, ...]

FORMAT = "1"
"""Goes up when files of earlier versions cannot be read any more; such files are built anew."""

_META = "_atlas_meta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table to build. `rows` is read at most once; each row has one value (or None) a column."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row] = ()


def build_database(path: Path, tables: Iterable[Table], *, digest: str = "") -> IncidentDatabase:
    """Build one SQLite file of all the tables, or find it built.

    With a `digest` (a name of the source's content) a file that was built from the same digest is kept as
    it is and `tables` is not read. Without one the file is always built. It appears whole or not at all.

    Raises:
        UserError: a table or column stands twice, or a row's length is not the number of columns.
        StorageError: the file cannot be written.
    """
    database = IncidentDatabase(path)
    if digest and database.digest == digest:
        return database
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise StorageError(f"cannot write the database {path}: {error.strerror}") from error
    temporary = Path(name)
    try:
        _write(temporary, tables, digest)
        temporary.replace(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"cannot write the database {path}: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return IncidentDatabase(path)


def digest_of(*parts: str) -> str:
    """One name for the content of some parts, in their order."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _write(path: Path, tables: Iterable[Table], digest: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(f"CREATE TABLE {_META} (format TEXT, digest TEXT)")
        seen: set[str] = set()
        for table in tables:
            if table.name.lower() in seen:
                raise UserError(f"table {table.name} is given twice")
            seen.add(table.name.lower())
            _write_table(connection, table)
        connection.execute(f"INSERT INTO {_META} VALUES (?, ?)", (FORMAT, digest))
        connection.execute("COMMIT")
    finally:
        connection.close()


def _write_table(connection: sqlite3.Connection, table: Table) -> None:
    if not table.columns or len({column.lower() for column in table.columns}) != len(table.columns):
        raise UserError(f"table {table.name} has no columns, or one of them twice")
    columns = ", ".join(f"{quoted(column)} TEXT COLLATE NOCASE" for column in table.columns)
    connection.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {quoted(table.name)} VALUES ({marks})"
    connection.executemany(insert, _checked(table))


def _checked(table: Table) -> Iterator[Row]:
    width = len(table.columns)
    for number, row in enumerate(table.rows, start=1):
        if len(row) != width:
            raise UserError(f"table {table.name}, row {number}: {len(row)} values for {width} columns")
        yield tuple(row)


def quoted(name: str) -> str:
    """A name as SQLite reads it whatever its letters are."""
    return '"' + name.replace('"', '""') + '"'


class IncidentDatabase:
    """A built database file. Connections are the caller's: each environment opens its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def digest(self) -> str | None:
        """What the file was built from; None when there is no readable file of this version."""
        if not self.path.is_file():
            return None
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(self.connect()) as connection:
            row = connection.execute(f"SELECT digest FROM {_META} WHERE format = ?", (FORMAT,)).fetchone()
            return None if row is None else str(row[0])
        return None

    @cached_property
    def catalog(self) -> Mapping[str, tuple[str, ...]]:
        """Columns by table, tables in the order of MySQL's SHOW TABLES (by code point).

        Raises:
            StorageError: the file is missing or damaged.
        """
        try:
            with contextlib.closing(self.connect()) as connection:
                names = [
                    str(name)
                    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                    if name != _META
                ]
                return {name: _columns(connection, name) for name in sorted(names)}
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"cannot read the database {self.path}: {error}; delete it to rebuild"
            ) from error

    def connect(self) -> sqlite3.Connection:
        """A read-only connection that any one thread at a time may use.

        Raises:
            StorageError: the file is missing.
        """
        uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StorageError(f"cannot open the database {self.path}: {error}") from error


def _columns(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    return tuple(str(row[1]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})"))
