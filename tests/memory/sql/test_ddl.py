"""The database itself refuses to rewrite history, whoever asks."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text

from core.database import Database
from core.errors import StorageError
from memory.library import PamphletLibrary
from memory.sql.tables import APPEND_ONLY
from tests.memory.ledger.soundness import check
from tests.memory.samples import DRAFTS, task

COLUMNS = {
    "item_versions": ("content", "'other words'"),
    "memory_events": ("reason", "'another reason'"),
    "snapshots": ("digest", "'0'"),
    "snapshot_items": ("version", "2"),
}


@pytest.fixture
def filled(library: PamphletLibrary) -> PamphletLibrary:
    library.learn(DRAFTS, task(1))
    library.archive.snapshot("before", actor="person:ann")
    return library


def test_every_table_that_only_grows_is_tried_here() -> None:
    assert set(COLUMNS) == set(APPEND_ONLY)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["update", "delete", "replace"])
def test_a_row_is_neither_changed_nor_removed(
    filled: PamphletLibrary, database: Database, table: str, verb: str
) -> None:
    column, value = COLUMNS[table]
    statement = {
        "update": f"UPDATE {table} SET {column} = {value}",
        "delete": f"DELETE FROM {table}",
        "replace": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }[verb]
    if verb == "replace" and database.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite knows INSERT OR REPLACE")
    with pytest.raises(StorageError, match=f"{table} is append-only"), database.session() as session:
        session.execute(text(statement))
    check(database)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_another_program_is_refused_too(filled: PamphletLibrary, database: Database, table: str) -> None:
    if database.path is None:
        pytest.skip("another program opens files")
    column, value = COLUMNS[table]
    other = sqlite3.connect(database.path)
    try:
        for statement in (f"UPDATE {table} SET {column} = {value}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)
    finally:
        other.close()


def test_an_item_with_history_is_not_deleted_under_it(filled: PamphletLibrary, database: Database) -> None:
    with pytest.raises(StorageError, match="append-only"), database.session() as session:
        session.execute(text("DELETE FROM items"))
    assert len(filled.items()) == len(DRAFTS)


def test_rows_are_still_added(filled: PamphletLibrary, database: Database) -> None:
    filled.learn(DRAFTS, task(2))
    filled.archive.snapshot("after", actor="person:ann")
    filled.archive.snapshot("after again", actor="person:ann")  # the same content is held once
    check(database)
