from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.database import Database, UtcDateTime
from core.database.prepared import Prepared
from core.errors import StorageError

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(20)),
    Column("body", JSON(none_as_null=True)),
    Column("at", UtcDateTime),
    Column("good", Boolean),
)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROW = {"id": 1, "name": "one", "body": {"a": [1, None]}, "at": NOW, "good": True}
ADD = Prepared(insert(THINGS))
THERE = Prepared(select(THINGS.c.id).where(THINGS.c.name == bindparam("name")))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path / 'things.db'}") as opened:
        THINGS.create(opened.engine)
        yield opened


def test_a_row_is_what_sqlalchemy_would_have_written(database: Database) -> None:
    with database.durable() as connection:
        ADD.run(connection, ROW)
        ADD.run(connection, ROW | {"id": 2, "body": None, "good": False})
        connection.execute(insert(THINGS), ROW | {"id": 3})
    with database.reading() as session:
        rows = [dict(row._mapping) for row in session.execute(select(THINGS).order_by(THINGS.c.id))]
    assert rows == [ROW, ROW | {"id": 2, "body": None, "good": False}, ROW | {"id": 3}]


def test_constants_of_a_statement_stay(database: Database) -> None:
    rename = Prepared(update(THINGS).where(THINGS.c.id == 2))
    with database.durable() as connection:
        ADD.run(connection, ROW)
        ADD.run(connection, ROW | {"id": 2})
        rename.run(connection, {"name": "two"})
        found = connection.execute(select(THINGS.c.name).order_by(THINGS.c.id)).scalars().all()
        assert found == ["one", "two"]
        assert THERE.first(connection, {"name": "two"}) == (2,)
        assert THERE.first(connection, {"name": "three"}) is None


def test_it_stands_or_falls_with_the_transaction(database: Database) -> None:
    def halt() -> None:
        with database.durable() as connection:
            ADD.run(connection, ROW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        halt()
    with database.durable() as connection:
        assert THERE.first(connection, {"name": "one"}) is None


def test_errors_are_those_of_sqlalchemy(database: Database) -> None:
    with database.durable() as connection:
        ADD.run(connection, ROW)
        with pytest.raises(IntegrityError):
            ADD.run(connection, ROW)
    missing = Prepared(insert(Table("missing", MetaData(), Column("id", Integer, primary_key=True))))
    with pytest.raises(StorageError, match="no such table"), database.durable() as connection:
        missing.run(connection, {"id": 1})
    with pytest.raises(DBAPIError), database.engine.begin() as connection:
        missing.run(connection, {"id": 1})


def test_a_row_is_read_as_sqlalchemy_reads_it(database: Database) -> None:
    whole = Prepared(select(THINGS).where(THINGS.c.id == bindparam("id")).with_for_update())
    with database.durable() as connection:
        ADD.run(connection, ROW)
        ADD.run(connection, ROW | {"id": 2, "body": None, "at": None, "good": None})
        for number in (1, 2):
            expected = connection.execute(select(THINGS).where(THINGS.c.id == number)).one()
            assert whole.first(connection, {"id": number}) == tuple(expected)
