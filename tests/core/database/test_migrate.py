from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

import core.store.tables
import memory.sql.tables
from core.database import Base, Database, DatabaseState, check, current_revision, open_database, upgrade
from core.errors import UserError

ALL_TABLES = (core.store.tables, memory.sql.tables)
KEYWORDS = "item_words"
"""Each dialect makes it its own way, outside SQLAlchemy's model; FTS5 adds tables whose names begin so."""


def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    upgrade(url)
    with Database(url) as database, database.engine.connect() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, parents: not str(name).startswith(KEYWORDS),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        tables = set(inspect(connection).get_table_names())
    assert KEYWORDS in tables
    known = {table for table in tables if not table.startswith(KEYWORDS)}
    assert known == set(Base.metadata.tables) | {"alembic_version"}


def test_upgrade_twice_changes_nothing(url: str) -> None:
    first = upgrade(url)
    assert upgrade(url) == first == current_revision(url)
    assert check(url) is DatabaseState.CURRENT


def test_checking_a_missing_file_makes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'home' / 'atlas.db'}"
    assert check(url) is DatabaseState.MISSING
    assert current_revision(url) is None
    assert list(tmp_path.iterdir()) == []


def test_open_makes_a_missing_database_and_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "home" / "deep" / "atlas.db"
    open_database(f"sqlite:///{path}").close()
    assert check(f"sqlite:///{path}") is DatabaseState.CURRENT


def test_a_newer_database_is_refused_and_left_alone(url: str) -> None:
    upgrade(url)
    with Database(url) as database, database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    assert check(url) is DatabaseState.NEWER
    for action in (upgrade, open_database):
        with pytest.raises(UserError, match="newer Atlas") as refusal:
            action(url)
        assert "\n" not in str(refusal.value)
    assert current_revision(url) == "from_the_future"


def test_an_outdated_database_is_named_and_mended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'atlas.db'}"
    upgrade(url)
    with Database(url) as database, database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        for table in (KEYWORDS, *(table.name for table in reversed(memory.sql.tables.MEMORY_TABLES))):
            session.execute(text(f"DROP TABLE {table}"))
    assert check(url) is DatabaseState.OUTDATED
    with pytest.raises(UserError, match="atlas db upgrade"):
        open_database(url)
    upgrade(url)
    open_database(url).close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(UserError, match="other tables"):
        open_database(f"sqlite:///{path}")
    with pytest.raises(UserError, match="other tables"):
        upgrade(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"these are notes, not a database\n" * 100)
    before = path.read_bytes()
    with pytest.raises(UserError, match="not an Atlas database"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot make the folder") as refusal:
        open_database(f"sqlite:///{tmp_path / 'file' / 'atlas.db'}")
    assert "\n" not in str(refusal.value)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(UserError, match="cannot write the database"):
        open_database(f"sqlite:///{tmp_path / 'folder.db'}")


def test_two_upgrades_at_once_both_end_well(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(upgrade, [url] * 4))
    assert revisions == [current_revision(url)] * 4
    assert check(url) is DatabaseState.CURRENT
