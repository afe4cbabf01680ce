from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database, UtcDateTime
from core.errors import StorageError, UserError


def counter(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    with database.session() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS counter (value INTEGER)"))
        session.execute(text("INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter)"))
    return database


def fail_after_a_write(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE counter SET value = 7"))
        session.execute(text("UPDATE missing SET value = 7"))


def test_sqlite_is_set_up_as_promised(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'a.db'}") as database, database.reading() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 15_000}


def test_an_error_in_a_session_leaves_nothing(tmp_path: Path) -> None:
    with counter(tmp_path / "a.db") as database:
        with pytest.raises(StorageError):
            fail_after_a_write(database)
        with database.reading() as session:
            assert session.execute(text("SELECT value FROM counter")).scalar_one() == 0


def test_read_modify_write_loses_no_update(tmp_path: Path) -> None:
    counter(tmp_path / "a.db").close()

    def work() -> None:
        with Database(f"sqlite:///{tmp_path / 'a.db'}") as database:
            for _ in range(25):
                with database.session() as session:
                    value = session.execute(text("SELECT value FROM counter")).scalar_one()
                    session.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Database(f"sqlite:///{tmp_path / 'a.db'}") as database, database.reading() as session:
        assert session.execute(text("SELECT value FROM counter")).scalar_one() == 100


def test_opening_makes_no_file(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'a.db'}").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "no url at all", "mysql://here/there", "sqlite3:///x"])
def test_a_url_that_cannot_be_used_is_one_line(url: str) -> None:
    with pytest.raises(UserError) as refusal:
        Database(url)
    assert "\n" not in str(refusal.value)


def test_a_failed_statement_is_the_operators_matter(tmp_path: Path) -> None:
    with (
        Database(f"sqlite:///{tmp_path / 'a.db'}") as database,
        pytest.raises(StorageError, match="no such table"),
        database.reading() as session,
    ):
        session.execute(text("SELECT * FROM missing"))


def test_a_password_is_never_shown() -> None:
    pytest.importorskip("psycopg")
    with Database("postgresql://someone:hunter2@127.0.0.1:1/none") as database:
        assert "hunter2" not in database.shown_url
        with pytest.raises(StorageError) as failure, database.reading() as session:
            session.execute(text("SELECT 1"))
    assert "hunter2" not in str(failure.value)


def test_times_come_back_aware_and_in_utc() -> None:
    column, dialect = UtcDateTime(), Database("sqlite://").engine.dialect
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5)))
    stored = column.process_bind_param(moment, dialect)
    assert column.process_result_value(stored, dialect) == moment
    assert stored == moment.astimezone(UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        column.process_bind_param(datetime(2026, 1, 2), dialect)
