"""`Database`: an SQLAlchemy engine with the settings that every part relies on."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from core.database.base import Base
from core.errors import StorageError, UserError

BUSY_SECONDS = 15
"""How long a writer waits for another; our transactions last milliseconds."""

_TRY_EVERY = 0.002
"""Seconds between two tries of a writer that has just begun to wait."""

_BEGIN, _SYNCHRONOUS = "sqlite_begin", "sqlite_synchronous"


class Database:
    """One database by URL. Opening it connects to nothing yet and makes no file.

    `session()` is for writing (SQLite: BEGIN IMMEDIATE, so that read-modify-write is safe), `reading()` for
    reading (every statement of the block sees the same moment), `durable()` for writes that a power cut must
    not take back. All commit at the end of the block, roll back on an error, and turn driver errors into
    `UserError` (cannot open, read-only, not a database) or `StorageError`.
    """

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.engine = _make_engine(self.url)
        self._writing = sessionmaker(self.engine, expire_on_commit=False)
        readers = self.engine.execution_options(**{_BEGIN: "DEFERRED"})
        if self.url.get_backend_name() == "postgresql":
            readers = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._reading = sessionmaker(readers, expire_on_commit=False)
        self._durable = self.engine.execution_options(**{_SYNCHRONOUS: "FULL"})

    @classmethod
    def in_memory(cls, *tables: Table) -> Database:
        """A private SQLite database, made without migrations; no tables named: all that are known by now."""
        database = cls("sqlite://")
        Base.metadata.create_all(database.engine, tables=list(tables) or None, checkfirst=False)
        return database

    @property
    def path(self) -> Path | None:
        """The SQLite file; None in memory and on a server."""
        return sqlite_path(self.url)

    @property
    def shown_url(self) -> str:
        """The URL as it may be printed: without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with explained(self.url), self._writing.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with explained(self.url), self._reading.begin() as session:
            yield session

    @contextmanager
    def durable(self) -> Iterator[Connection]:
        with explained(self.url), self._durable.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def parse_url(url: str) -> URL:
    """Raises:
    UserError: not a database URL, or of a kind that Atlas does not know.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UserError("the database URL cannot be read; write sqlite:///FILE or postgresql://...") from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise UserError(
            f"no {parsed.get_backend_name()} databases here; use sqlite:///FILE or postgresql://..."
        )
    return parsed


def sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn a driver's error about the database as a whole into one line that says who must act."""
    try:
        yield
    except DBAPIError as error:
        raise _explain(url, error) from error


def _explain(url: URL, error: DBAPIError) -> Exception:
    reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    where = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        where = str(sqlite_path(url) or "the database in memory")
        if "unable to open" in reason or "readonly" in reason or "read-only" in reason:
            return UserError(f"cannot write the database {where}: {reason}; check the folder and its rights")
        if "not a database" in reason:
            return UserError(f"{where} is not an Atlas database; name another file or move it away")
    return StorageError(f"the database {where} failed: {reason}")


def _make_engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        connect = {"check_same_thread": False, "timeout": BUSY_SECONDS}
        if sqlite_path(url) is None:
            engine = create_engine(url, poolclass=StaticPool, connect_args=connect)
        else:
            engine = create_engine(url, connect_args=connect)
    except (ImportError, NoSuchModuleError) as error:
        raise UserError("PostgreSQL needs its driver: pip install 'atlas-agents[postgres]'") from error
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class _Cursor(Protocol):
    def execute(self, statement: str, /) -> object: ...

    def close(self) -> None: ...


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _Cursor: ...


def _configure_sqlite(connection: _SqliteConnection, entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA recursive_triggers=ON")  # else INSERT OR REPLACE deletes behind a trigger's back
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    mode = options.get(_BEGIN, "IMMEDIATE")
    if mode == "IMMEDIATE":
        # With WAL, NORMAL loses nothing to a killed process. A power cut may take the last commits but never
        # leaves a torn file, and a resumed run writes them again: every write is idempotent by its key. What
        # people and runs teach the memory is not written again: FULL syncs the log at every commit.
        connection.exec_driver_sql(f"PRAGMA synchronous={options.get(_SYNCHRONOUS, 'NORMAL')}")
        _begin_in_turn(connection)
    else:
        connection.exec_driver_sql(f"BEGIN {mode}")


def _begin_in_turn(connection: Connection) -> None:
    """BEGIN IMMEDIATE, tried the more often the longer it waits.

    SQLite's own waiting sleeps up to 100 ms between two tries, and whoever has just written is back before a
    sleeper wakes: one of eight writers waited 7 s while the others wrote 300 times.
    """
    driver: Any = connection.connection.driver_connection  # SQLAlchemy's own way costs ten times as much
    began = time.monotonic()
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while (waited := time.monotonic() - began) < BUSY_SECONDS:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(_TRY_EVERY / (1.0 + 10.0 * waited))
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # fails again, and is told of as all errors are
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
