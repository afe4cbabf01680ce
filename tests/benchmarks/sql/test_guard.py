"""Nothing that an agent writes changes the database, and nothing runs for ever."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.sql.database import IncidentDatabase
from benchmarks.sql.engine import Engine
from benchmarks.sql.errors import MySqlError

WRITES = (
    "INSERT INTO People VALUES ('x', 'y')", "INSERT INTO People (Team) SELECT 'x'",
    "REPLACE INTO People VALUES ('a', 'b')", "UPDATE People SET Team = 'x'", "DELETE FROM People",
    "DROP TABLE People", "TRUNCATE TABLE People", "TRUNCATE People", "CREATE TABLE x (a TEXT)",
    "CREATE TEMPORARY TABLE x AS SELECT 1", "CREATE VIEW v AS SELECT 1", "CREATE INDEX i ON People (Team)",
    "ALTER TABLE People ADD COLUMN x TEXT", "RENAME TABLE People TO Persons", "ATTACH DATABASE 'x.db' AS y",
    "DETACH DATABASE main", "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = ON", "VACUUM",
    "VACUUM INTO 'copy.db'", "REINDEX", "ANALYZE", "BEGIN", "COMMIT", "SAVEPOINT s", "SET @x = 1",
    "GRANT ALL ON x TO y", "LOAD DATA INFILE 'x' INTO TABLE People", "SELECT load_extension('x')",
    "SELECT * FROM People INTO OUTFILE 'x'", "SELECT writefile('x', 'y')", "SELECT readfile('/etc/passwd')",
    "WITH x AS (SELECT 1) INSERT INTO People SELECT 'a', 'b'", "WITH x AS (SELECT 1) DELETE FROM People",
    "WITH x AS (DELETE FROM People RETURNING *) SELECT * FROM x", "SELECT 1; DELETE FROM People",
    "/* x */ DELETE FROM People", "-- x\nDELETE FROM People", "(DELETE FROM People)",
    "EXPLAIN DELETE FROM People", "SELECT * FROM pragma_table_info('People')", "SELECT * FROM sqlite_master",
    "SELECT fts3_tokenizer('simple')", "CALL x()", "DO SLEEP(1)", "EXECUTE stmt", "KILL 1",
    "INSERT INTO information_schema.TABLES VALUES (1)",
)  # fmt: skip

_PIECES = st.sampled_from(
    (
        "SELECT", "INSERT INTO", "DELETE FROM", "UPDATE", "SET", "DROP TABLE", "WITH x AS (", ")", "(", ";",
        "People", "*", "FROM", "WHERE", "Team", "= 'x'", "VALUES", "PRAGMA", "ATTACH", "AS", "1", ",", "--",
        "/*", "*/", "'", '"', "`",
    )
)  # fmt: skip


def _digest(database: IncidentDatabase) -> tuple[str, list[str]]:
    names = sorted(path.name for path in database.path.parent.iterdir())
    return hashlib.sha256(database.path.read_bytes()).hexdigest(), names


@pytest.mark.parametrize("sql", WRITES)
def test_no_statement_that_writes_changes_a_byte(
    engine: Engine, database: IncidentDatabase, sql: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = _digest(database)
    if sql.startswith("SELECT 1;"):
        assert engine.run(sql) == [(1,)]
    else:
        with pytest.raises(MySqlError):
            engine.run(sql)
    assert _digest(database) == before
    assert engine.run("SELECT COUNT(*) FROM People") == [(2,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM People",
        "DROP TABLE People",
        "UPDATE People SET Team = 1",
        "INSERT INTO People VALUES (1, 2)",
    ],
)
def test_a_write_is_told_as_denied(refusal: Callable[[str], str], sql: str) -> None:
    verb = sql.split()[0]
    assert (
        refusal(sql)
        == f"ProgrammingError: {verb} command denied to user 'agent'@'localhost' for this database"
    )


@given(pieces=st.lists(_PIECES, max_size=14))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_statement_gives_rows_or_an_error_and_changes_nothing(
    engine: Engine, database: IncidentDatabase, pieces: list[str]
) -> None:
    _try(engine, " ".join(pieces))
    assert engine.run("SELECT COUNT(*) FROM People") == [(2,)]
    assert len(list(database.path.parent.iterdir())) == 1


@given(text=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gives_rows_or_an_error(engine: Engine, text: str) -> None:
    _try(engine, text)
    _try(engine, f"SELECT {text}")
    _try(engine, f"SELECT Team FROM People WHERE Team LIKE '{text}'")


def _try(engine: Engine, sql: str) -> None:
    try:
        found: object = engine.run(sql)
    except MySqlError as error:
        found = error.text
    assert isinstance(found, list) or (isinstance(found, str) and "Error: " in found)


def test_the_authorizer_refuses_what_the_translation_would_let_through(engine: Engine) -> None:
    """The second lock: statements straight to SQLite."""
    connection = engine._connection
    for sql in (
        "DELETE FROM People",
        "PRAGMA query_only = 0",
        "ATTACH 'x' AS y",
        "CREATE TEMP TABLE x (a)",
        "BEGIN",
    ):
        with pytest.raises(Exception, match=r"not authorized|prohibited|readonly"):
            connection.execute(sql)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"


def test_a_statement_is_stopped_at_its_time_limit_and_the_engine_goes_on(database: IncidentDatabase) -> None:
    ticks = itertools.count()
    engine = Engine(database, time_limit_seconds=30, clock=lambda: float(next(ticks)))
    with pytest.raises(MySqlError) as caught:
        engine.run(ENDLESS)
    assert (
        caught.value.text
        == "DatabaseError: Query execution was interrupted, maximum statement execution time exceeded"
    )
    assert 30 <= next(ticks) <= 40
    assert engine.run("SELECT 1") == [(1,)]
    engine.close()


def test_a_value_that_is_too_large_is_an_error(refusal: Callable[[str], str]) -> None:
    step = "SELECT i + 1, CONCAT(t, t) FROM n WHERE i < 40"
    doubling = f"WITH RECURSIVE n(i, t) AS (SELECT 1, 'xxxxxxxx' UNION ALL {step}) SELECT MAX(t) FROM n"
    assert "Error: " in refusal(doubling)
