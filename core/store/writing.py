"""Small helpers of every write: upserts for SQLite and PostgreSQL, columns that keep no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import JSON, Dialect, Insert, String, Table, Text, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from core.redaction import redact, redacted

Row = Mapping[str, object]


class Kept(TypeDecorator[str]):
    """Text without its secrets, and without what a database refuses."""

    impl: type[String] = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _storable(redact(value))


class KeptName(Kept):
    """A short text that others chose."""

    impl = String
    cache_ok = True


class KeptJson(TypeDecorator[object]):
    """A JSON value whose texts are without their secrets."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        return redacted(value)


def upsert(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows, or bring those of the same key to their values. All rows name the same columns."""
    _insert_or(session, table, rows, update=True)


def insert_new(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose keys are not there yet and leave the others as they are."""
    _insert_or(session, table, rows, update=False)


def append(session: Session, table: Table, row: Row) -> None:
    session.execute(_insertion(table), dict(row))


def _insert_or(session: Session, table: Table, rows: Sequence[Row], *, update: bool) -> None:
    if not rows:
        return
    statement = _statement(table, tuple(rows[0]), update, session.get_bind().dialect.name)
    session.execute(statement, [dict(row) for row in rows])


@lru_cache(maxsize=64)
def _insertion(table: Table) -> Insert:
    return insert(table)


@lru_cache(maxsize=64)
def _statement(table: Table, names: tuple[str, ...], update: bool, dialect_name: str) -> Insert:
    """Cached, because building one takes longer than running it."""
    keys = [column.name for column in table.primary_key]
    others = [name for name in names if name not in keys]
    dialect: Any = postgresql if dialect_name == "postgresql" else sqlite
    statement: Any = dialect.insert(table)
    if update and others:
        changes = {name: statement.excluded[name] for name in others}
        return cast("Insert", statement.on_conflict_do_update(index_elements=keys, set_=changes))
    return cast("Insert", statement.on_conflict_do_nothing())


def _storable(text: str) -> str:
    """NUL characters and lone surrogates become a mark."""
    if text.isascii():
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
