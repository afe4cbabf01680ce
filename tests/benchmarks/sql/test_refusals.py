"""What is refused, and in which of MySQL's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.sql.dialect import prepare
from benchmarks.sql.engine import Engine
from benchmarks.sql.errors import MySqlError

Refusal = Callable[[str], str]
FROM = "FROM DeviceLogonEvents"


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        (f"SELECT ip_address {FROM}", "Unknown column 'ip_address' in 'field list'"),
        (f'SELECT "ip_address" {FROM} WHERE nope = "x"', "Unknown column 'nope' in 'where clause'"),
        (f"SELECT DeviceName {FROM} ORDER BY nope", "Unknown column 'nope' in 'order clause'"),
        (f"SELECT COUNT(*) {FROM} GROUP BY nope", "Unknown column 'nope' in 'group statement'"),
        (f"SELECT DeviceName AS d {FROM} WHERE d = 'x'", "Unknown column 'd' in 'where clause'"),
        (f"SELECT x.DeviceName {FROM} d", "Unknown column 'x.DeviceName' in 'field list'"),
        (f"SELECT x.* {FROM} d", "Unknown table 'x'"),
        (
            "SELECT 1 FROM People p JOIN DeviceLogonEvents d ON p.Id = d.Id",
            "Unknown column 'p.Id' in 'on clause'",
        ),
        (
            f"SELECT 1 {FROM} WHERE nope IN (SELECT Team FROM People)",
            "Unknown column 'nope' in 'IN/ALL/ANY subquery'",
        ),
        (
            f"SELECT 1 {FROM} WHERE nope IN (SELECT Team FROM People WHERE no2 = 1)",
            "Unknown column 'no2' in 'where clause'",
        ),
        ("SELECT * FROM alerts", "Table 'env_monitor_db.alerts' doesn't exist"),
        ("SELECT * FROM people", "Table 'env_monitor_db.people' doesn't exist"),
        ("SELECT * FROM other.People", "Table 'other.People' doesn't exist"),
        ("SELECT * FROM information_schema.NOPE", "Unknown table 'NOPE' in information_schema"),
        ("SELECT my_now()", "FUNCTION env_monitor_db.my_now does not exist"),
        (f"SELECT tostring(DeviceName) {FROM}", "FUNCTION env_monitor_db.tostring does not exist"),
        (
            f"SELECT DeviceName, COUNT(*) {FROM}",
            "In aggregated query without GROUP BY, expression #1 of SELECT list contains "
            "nonaggregated column 'env_monitor_db.DeviceLogonEvents.DeviceName'; "
            "this is incompatible with sql_mode=only_full_group_by",
        ),
        (
            f"SELECT DISTINCT DeviceName {FROM} ORDER BY Timestamp",
            "Expression #1 of ORDER BY clause is not in SELECT list, references "
            "column 'env_monitor_db.DeviceLogonEvents.Timestamp' which is not in SELECT list; "
            "this is incompatible with DISTINCT",
        ),
        ("SELECT * FROM (SELECT 1)", "Every derived table must have its own alias"),
        ("SELECT * FROM (SELECT Team, Team FROM People) d", "Duplicate column name 'Team'"),
        (
            f"SELECT 1 {FROM} WHERE DeviceName IN (SELECT Team FROM People LIMIT 1)",
            "This version of MySQL doesn't yet support 'LIMIT & IN/ALL/ANY/SOME subquery'",
        ),
        (
            "SELECT JSON_EXTRACT('{}', 'a')",
            "Invalid JSON path expression. The error is around character position 1.",
        ),
        (
            "SELECT JSON_CONTAINS('[1]', '1', '$[*]')",
            "In this situation, path expressions may not contain the * and ** tokens or an array range.",
        ),
    ],
)
def test_wrong_names_and_groups_have_mysqls_words(refusal: Refusal, sql: str, text: str) -> None:
    assert refusal(sql).partition(": ")[2] == text


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT nope FROM People", "ProgrammingError"),
        ("SELECT AccountName FROM People p JOIN DeviceLogonEvents d ON 1", "IntegrityError"),
        ("SELECT JSON_EXTRACT('x', '$')", "DataError"),
        ("SELECT Team FROM People WHERE COUNT(*) > 1", "DatabaseError"),
        ("SELECT (SELECT Team, AccountName FROM People LIMIT 1)", "DataError"),
        ("SELECT 1 UNION SELECT 1, 2", "DataError"),
        ("SELECT 'a' REGEXP '('", "DatabaseError"),
        ("SELECT MATCH(Team) AGAINST ('x') FROM People", "DatabaseError"),
        ("SELECT LEFT('a')", "ProgrammingError"),
    ],
)
def test_an_error_is_of_mysqls_class(engine: Engine, sql: str, kind: str) -> None:
    with pytest.raises(MySqlError) as caught:
        engine.run(sql)
    assert caught.value.text.startswith(f"{kind}: ")


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("", 'The document is empty." at position 0.'),
        ('{"a":"C:\\\\\\\\Users"}', None),
        ('{"a":"C:\\\\Users"}', 'Invalid escape character in string." at position 8.'),
        ("[] x", 'The document root must not be followed by other values." at position 3.'),
        ("nope", 'Invalid value." at position 0.'),
        ("NaN", 'Invalid value." at position 0.'),
        ('{"a":1 "b"}', "Missing a comma or '}' after an object member.\" at position 7."),
        ("[1 2]", "Missing a comma or ']' after an array element.\" at position 3."),
    ],
)
def test_broken_json_is_told_with_its_place(engine: Engine, document: str, text: str | None) -> None:
    sql = f"SELECT JSON_EXTRACT('{document}', '$.a')"
    if text is None:
        assert engine.run(sql) == [('"C:\\\\Users"',)]
        return
    with pytest.raises(MySqlError) as caught:
        engine.run(sql)
    assert (
        caught.value.text == f'DataError: Invalid JSON text in argument 1 to function json_extract: "{text}'
    )


def test_json_that_is_nested_too_deep_is_an_error_and_no_crash(refusal: Refusal) -> None:
    deep = "[" * 100_000
    assert refusal(f"SELECT JSON_EXTRACT('{deep}', '$')").startswith("DataError: ")


def test_a_statement_that_is_nested_too_deep_is_an_error_and_no_crash(refusal: Refusal) -> None:
    assert refusal("SELECT " + "(" * 3000 + "1" + ")" * 3000).startswith(
        "DatabaseError: Thread stack overrun"
    )


@pytest.mark.parametrize(
    ("sql", "near"),
    [
        ("I think we should look", "I think we should look"),
        ("<think> hm", "<think> hm"),
        ("SELEC 1", "SELEC 1"),
        ("SELECT 1 FROM", ""),
        ("SELECT a b c FROM People", "c FROM People"),
        ("SELECT Team, * FROM People", "* FROM People"),
        ("SELECT from, x FROM People", "from, x FROM People"),
        ("SELECT * FROM Usage", "Usage"),
        ("SELECT * FROM People WHERE To = 1", "To = 1"),
        ("SELECT * FROM People WHERE Team ILIKE 'x'", "ILIKE 'x'"),
        ("SELECT Team::date FROM People", "::date FROM People"),
        ("SELECT CAST(Team AS INT) FROM People", "INT) FROM People"),
        ("SELECT * FROM People WHERE datetime('x') = 1", "('x') = 1"),
        ("SELECT 1 LIMIT 1 UNION SELECT 2", "UNION SELECT 2"),
        ("SELECT Team FROM People ORDER BY Team NULLS LAST", "NULLS LAST"),
        ("SELECT Team FROM People]", "]"),
        ("SELECT Team FROM People WHERE Team == 'x'", "== 'x'"),
        ("SELECT Team FROM People WHERE Team = 'x", "'x"),
        ("SELECT TIMESTAMPDIFF(SINUTE, 1, 2)", "SINUTE, 1, 2)"),
        ("execute sql SHOW TABLES", "sql SHOW TABLES"),
        ("Execute: sql", ": sql"),
        ("SHOW TABLES LIMIT 5", "LIMIT 5"),
        ("SHOW TABLES LIKE 'a' OR 'b'", "OR 'b'"),
        ("DESCRIBE People] and then", "] and then"),
        ("DESCRIBE Usage", "Usage"),
        ("PRAGMA table_info(People)", "PRAGMA table_info(People)"),
        ("ATTACH 'x' AS y", "ATTACH 'x' AS y"),
        ("```sql SELECT 1```", "```sql SELECT 1```"),
        ("SELEC " + "x" * 200, "SELEC " + "x" * 74),
    ],
)
def test_a_syntax_error_is_told_from_where_the_text_stops_being_mysql(
    refusal: Refusal, sql: str, near: str
) -> None:
    assert refusal(sql) == (
        "ProgrammingError: You have an error in your SQL syntax; check the manual that corresponds to your "
        f"MySQL server version for the right syntax to use near '{near}' at line 1"
    )


def test_the_line_of_a_syntax_error_is_counted(refusal: Refusal) -> None:
    assert refusal("SELECT Team\nFROM People\nWHERE Team ILIKE 'x'").endswith("near 'ILIKE 'x'' at line 3")


def test_what_cannot_be_said_in_sqlite_is_never_printed(capfd: pytest.CaptureFixture[str]) -> None:
    catalog = {"T": ("a",)}
    for sql in ("SELECT JSON_EXTRACT(a, '$[*].x') FROM T", "SELECT a->'$[?(@.b)]', a->>'$**.c' FROM T"):
        assert "my_json" in prepare(sql, catalog).sql.lower()
    with pytest.raises(MySqlError):
        prepare("SELECT * FROM T, JSON_TABLE(a, '$[*]' COLUMNS(i FOR ORDINALITY)) AS j", catalog)
    assert capfd.readouterr() == ("", "")
