"""Statements that run often: compiled once, and handed to SQLite's driver as they are.

A row written through SQLAlchemy costs thrice what SQLite itself takes for it, and a write of memory has six.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

_Turn = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A statement's text, the names of its marks, what turns values into SQL's, and its constants.

    `reads` turns the columns of its rows into values.
    """

    sql: str
    names: tuple[str, ...]
    turns: Mapping[str, _Turn]
    constants: Mapping[str, object]
    reads: tuple[_Turn | None, ...]

    def values(self, parameters: Mapping[str, object]) -> list[object]:
        given = {**self.constants, **parameters}
        return [turn(given[name]) if (turn := self.turns.get(name)) else given[name] for name in self.names]


class Prepared:
    """A statement whose parameters are always the same.

    Errors are those of `connection.execute`.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._form: _Form | None = None

    def run(self, connection: Connection, parameters: Mapping[str, object]) -> None:
        """Run it in the transaction of the connection, where it returns nothing."""
        if connection.dialect.name == "sqlite":
            self._driven(connection, parameters)
        else:
            connection.execute(self._statement, dict(parameters))

    def first(self, connection: Connection, parameters: Mapping[str, object]) -> tuple[Any, ...] | None:
        """The first row that it returns."""
        if connection.dialect.name != "sqlite":
            found = connection.execute(self._statement, dict(parameters)).first()
            return None if found is None else tuple(found)
        row = self._driven(connection, parameters).fetchone()
        if row is None:
            return None
        reads = self._compiled(connection, parameters).reads
        return tuple(read(value) if read else value for read, value in zip(reads, row, strict=True))

    def _compiled(self, connection: Connection, parameters: Mapping[str, object]) -> _Form:
        if self._form is None:
            self._form = _compiled(self._statement, connection.dialect, parameters)
        return self._form

    def _driven(self, connection: Connection, parameters: Mapping[str, object]) -> sqlite3.Cursor:
        form = self._compiled(connection, parameters)
        values = form.values(parameters)
        driver: Any = connection.connection.driver_connection
        try:
            cursor: sqlite3.Cursor = driver.execute(form.sql, values)
        except sqlite3.Error as error:
            told = DBAPIError.instance(form.sql, values, error, sqlite3.Error, dialect=connection.dialect)
            raise told from error
        return cursor


def _compiled(statement: Any, dialect: Dialect, parameters: Mapping[str, object]) -> _Form:
    compiled = statement.compile(dialect=dialect, column_keys=list(parameters))
    names = tuple(compiled.positiontup)
    turns = {name: _turn(compiled.binds[name].type, dialect) for name in names}
    return _Form(
        sql=str(compiled),
        names=names,
        turns={name: turn for name, turn in turns.items() if turn is not None},
        constants={name: value for name, value in compiled.params.items() if name not in parameters},
        reads=tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in (statement.selected_columns if statement.is_select else ())
        ),
    )


def _turn(kind: TypeEngine[Any], dialect: Dialect) -> _Turn | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)
