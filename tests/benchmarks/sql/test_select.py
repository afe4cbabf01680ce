"""What MySQL and SQLite read differently in a SELECT."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

from benchmarks.sql.engine import Cell, Rows

Run = Callable[[str], Rows]
FROM = "FROM DeviceLogonEvents"


@pytest.mark.parametrize(
    ("condition", "devices"),
    [
        ("DeviceName = 'HOST-A'", ["host-a"]),
        ('DeviceName = "host-b"', ["HOST-B"]),
        ("devicename LIKE 'HOST-_'", ["host-a", "HOST-B", "host-c"]),
        ("DeviceName LIKE 'host\\_a'", []),
        ("DeviceName LIKE 'host-a' || DeviceName LIKE 'host-b'", ["host-a", "HOST-B"]),
        ("LOWER(DeviceName) = 'Host-B'", ["HOST-B"]),
        ("CONCAT(DeviceName, '!') = 'HOST-A!'", ["host-a"]),
        ("CONCAT(DeviceName, '') IN ('HOST-A', 'x')", ["host-a"]),
        ("ProcessId = 53795", ["HOST-B"]),
        ("ProcessId IN (12, 4256)", ["host-a", "host-c"]),
        ("ProcessId BETWEEN 10 AND 5000", ["host-a", "host-c"]),
        ("ProcessId > 5000", ["HOST-B"]),
        ("DeviceName REGEXP '^host-[ab]$'", ["host-a", "HOST-B"]),
        ("DeviceName NOT REGEXP 'a|b'", ["host-c"]),
        ("Timestamp LIKE '2024-07-0%'", ["host-a", "HOST-B"]),
        ("DATE(Timestamp) = '2024-07-05'", ["HOST-B"]),
        ("DATE(Timestamp) BETWEEN DATE('2024-07-04') AND DATE('2024-07-04')", ["host-a"]),
        ("Timestamp >= NOW() - INTERVAL 2 DAY", ["host-c"]),
        ("Timestamp >= DATE_SUB(NOW(), INTERVAL 2 DAY)", ["host-c"]),
        ("TIMESTAMPDIFF(HOUR, '2024-07-04 22:00:00', Timestamp) = 3", ["HOST-B"]),
        ("AccountName = ''", ["host-c"]),
        ("AccountName IN (SELECT AccountName FROM People)", ["host-a", "HOST-B"]),
        (
            "EXISTS (SELECT 1 FROM People p WHERE p.AccountName = DeviceLogonEvents.AccountName)",
            ["host-a", "HOST-B"],
        ),
        ("IF(AccountName = 'ADA', 1, 0)", ["host-a"]),
        ("DeviceName = 'C:\\Windows' OR DeviceName = 'host-a'", ["host-a"]),
        ("LOCATE('HOST', DeviceName) = 1 AND LENGTH(DeviceName) = 6 AND AccountName <=> 'ada'", ["host-a"]),
    ],
)
def test_a_condition_keeps_the_rows_that_mysql_keeps(rows: Run, condition: str, devices: list[str]) -> None:
    found = rows(f"SELECT DeviceName {FROM} WHERE {condition} ORDER BY DeviceName")
    assert found == [(device,) for device in devices]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a' || 0", 0),
        ("CONCAT('a', NULL)", None),
        ("CONCAT_WS('-', 'a', NULL, 'b')", "a-b"),
        ("SUBSTRING_INDEX('a.b.c', '.', 2)", "a.b"),
        ("SUBSTRING_INDEX('a.b.c', '.', -1)", "c"),
        ("LOCATE('B', 'abcb')", 2),
        ("LOCATE('b', 'abcb', 3)", 4),
        ("INSTR('abc', 'c')", 3),
        ("LEFT('abc', 2)", "ab"),
        ("RIGHT('abc', 2)", "bc"),
        ("LPAD('7', 3, '0')", "007"),
        ("SUBSTRING('abcdef' FROM 2 FOR 3)", "bcd"),
        ("SUBSTR('abcdef', -2)", "ef"),
        ("CHAR_LENGTH('é')", 1),
        ("LENGTH('é')", 2),
        ("TRIM('  a ')", "a"),
        ("REPLACE('aXa', 'X', 'b')", "aba"),
        ("IFNULL(NULL, 'x')", "x"),
        ("NULLIF('a', 'a')", None),
        ("FIND_IN_SET('b', 'a,B,c')", 2),
        ("REGEXP_SUBSTR('ip 10.0.0.7 x', '[0-9]+(\\\\.[0-9]+){3}')", "10.0.0.7"),
        ("REGEXP_REPLACE('a1b2', '[0-9]', '')", "ab"),
        ("INET_ATON('1.2.3.4')", 16909060),
        ("'12abc' + 1", 13.0),
        ("1 / 2", 0.5),
        ("CAST('12abc' AS UNSIGNED)", 12),
        ("CAST(12 AS CHAR)", "12"),
        ('JSON_EXTRACT(\'{"a": {"b": "x"}}\', \'$.a.b\')', '"x"'),
        ('JSON_UNQUOTE(JSON_EXTRACT(\'[{"a":"x"},{"a":"y"}]\', \'$[1].a\'))', "y"),
        ("JSON_EXTRACT('[{\"a\":1},{\"a\":2}]', '$[*].a')", "[1, 2]"),
        ('JSON_EXTRACT(\'{"a":{"x":1},"b":[{"x":2}]}\', \'$**.x\')', "[1, 2]"),
        ("JSON_EXTRACT('{\"bb\":1,\"a\":2}', '$')", '{"a": 2, "bb": 1}'),
        ("JSON_EXTRACT('{}', '$.a')", None),
        ("JSON_CONTAINS('[1, 2, 3]', '2')", 1),
        ("JSON_CONTAINS('{\"a\": [1]}', '1', '$.a')", 1),
        ("JSON_LENGTH('[1,2]')", 2),
        ("JSON_VALID('{')", 0),
        ("JSON_SEARCH('[{\"a\":\"x\"}]', 'one', 'x')", '"$[0].a"'),
        ("DATE('2024-07-04 22:34:59.1+00:00')", datetime.date(2024, 7, 4)),
        ("DATE('no date')", None),
        ("STR_TO_DATE('04/07/2024 10:05', '%d/%m/%Y %H:%i')", datetime.datetime(2024, 7, 4, 10, 5)),
        ("STR_TO_DATE('2024-07-04T10:05:06Z', '%Y-%m-%d')", datetime.date(2024, 7, 4)),
        ("STR_TO_DATE('2024-13-04', '%Y-%m-%d')", None),
        ("DATE_FORMAT('2024-07-04 22:34:59', '%Y/%m/%d %H:%i:%s')", "2024/07/04 22:34:59"),
        ("DATE_ADD('2024-01-31', INTERVAL 1 MONTH)", "2024-02-29"),
        ("DATE_ADD('2024-07-04 22:34:59', INTERVAL -5 MINUTE)", "2024-07-04 22:29:59"),
        ("DATE('2024-07-04') + INTERVAL 1 DAY", "2024-07-05"),
        ("TIMESTAMPADD(HOUR, 2, '2024-07-04 23:00:00')", "2024-07-05 01:00:00"),
        ("TIMESTAMPDIFF(MONTH, '2024-01-31', '2024-02-28')", 0),
        ("TIMESTAMPDIFF(MINUTE, '2024-07-04 10:05:30', '2024-07-04 10:00:00')", -5),
        ("DATEDIFF('2024-07-05 00:00:01', '2024-07-04 23:59:59')", 1),
        ("YEAR('2024-07-04')", 2024),
        ("EXTRACT(HOUR FROM '2024-07-04 22:34:59')", 22),
        ("DAYNAME('2024-07-04')", "Thursday"),
        ("UNIX_TIMESTAMP('1970-01-02 00:00:00')", 86400),
        ("DATABASE()", "env_monitor_db"),
    ],
)
def test_an_expression_has_mysqls_value(rows: Run, expression: str, value: Cell) -> None:
    found = rows(f"SELECT {expression}")
    assert found == [(value,)]
    assert type(found[0][0]) is type(value)


def test_functions_inside_functions_are_translated_too(rows: Run) -> None:
    shown = "LOWER(CONCAT_WS(' ', IFNULL(Team, ''), LEFT(AccountName, 1)))"
    assert rows(f"SELECT {shown} FROM People WHERE LOWER(CONCAT(Team)) LIKE 'R%'") == [("red a",)]


@pytest.mark.parametrize(
    ("select", "value"),
    [
        (f"SELECT SUM(ProcessId) {FROM}", 4256 + 53795 + 12.0),
        (f"SELECT SUM(CASE WHEN ProcessId > 100 THEN 1 ELSE 0 END) {FROM}", Decimal(2)),
        (f"SELECT AVG(LENGTH(DeviceName)) {FROM}", Decimal("6.0000")),
        (f"SELECT MAX(DATE(Timestamp)) {FROM}", datetime.date(2024, 8, 31)),
        (
            f"SELECT GROUP_CONCAT(DeviceName ORDER BY DeviceName DESC SEPARATOR ';') {FROM}",
            "host-c;HOST-B;host-a",
        ),
        ("SELECT GROUP_CONCAT(DISTINCT x SEPARATOR '|') FROM (SELECT 'a' x UNION ALL SELECT 'A') d", "a"),
        (f"SELECT COUNT(DISTINCT LEFT(DeviceName, 4)) {FROM} WHERE AccountName <> 'bob'", 1),
    ],
)
def test_an_aggregate_has_mysqls_value_and_type(rows: Run, select: str, value: Cell) -> None:
    found = rows(select)[0][0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "SELECT d.DeviceName FROM DeviceLogonEvents d JOIN People p "
            "ON p.AccountName = d.AccountName WHERE Team = 'RED'",
            [("host-a",)],
        ),
        (
            "SELECT Team FROM People LEFT JOIN DeviceLogonEvents USING (AccountName) "
            "ORDER BY Team DESC LIMIT 1",
            [("red",)],
        ),
        (
            "WITH x AS (SELECT LOWER(DeviceName) AS n FROM DeviceLogonEvents) "
            "SELECT n FROM x WHERE n = 'HOST-B'",
            [("host-b",)],
        ),
        (
            f"SELECT AccountName AS who, COUNT(*) AS n {FROM} GROUP BY who "
            "HAVING n >= 1 ORDER BY who LIMIT 1, 1",
            [("Ada", 1)],
        ),
        (f"SELECT DeviceName AS d {FROM} HAVING d = 'host-a'", [("host-a",)]),
        ("SELECT 1 UNION SELECT 2 ORDER BY 1 DESC", [(2,), (1,)]),
        ("(SELECT 1 LIMIT 1) UNION ALL (SELECT 2)", [(1,), (2,)]),
        ("SELECT Team FROM env_monitor_db.People WHERE Team IS NOT NULL", [("red",)]),
        ("SELECT `TenantId` FROM `Usage`", [("t",)]),
        ("SELECT 1 FROM DUAL", [(1,)]),
        ("SELECT 1;", [(1,)]),
        ("SELECT 1; DROP TABLE People", [(1,)]),
        ("SELECT ';' ; SELECT 2", [(";",)]),
        ("-- why\nSELECT 1 # and\n", [(1,)]),
        ("/* why */ SELECT 1", [(1,)]),
        ("", []),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
            "SELECT MAX(i) FROM n",
            [(3,)],
        ),
        (
            f"SELECT ROW_NUMBER() OVER (ORDER BY DeviceName DESC) r, DeviceName {FROM} LIMIT 1",
            [(1, "host-c")],
        ),
    ],
)
def test_a_statement_gives_its_rows(rows: Run, sql: str, expected: Rows) -> None:
    assert rows(sql) == expected


def test_information_schema_tells_of_tables_with_regard_to_case(rows: Run) -> None:
    columns = "SELECT TABLE_NAME FROM information_schema.columns WHERE"
    assert rows(f"{columns} column_name = 'TEAM'") == [("People",)]
    assert rows(f"{columns} table_name = 'people'") == []
    assert rows(f"{columns} TABLE_NAME LIKE 'peop%'") == []
    assert rows(f"{columns} TABLE_NAME LIKE 'Peop%' AND ORDINAL_POSITION = 2") == [("People",)]
    tables = "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES WHERE table_schema = DATABASE()"
    assert rows(tables) == [(3,)]


def test_a_table_that_is_not_the_agents_is_not_there(rows: Run, refusal: Callable[[str], str]) -> None:
    for name in ("_atlas_meta", "sqlite_master", "sqlite_schema"):
        assert (
            refusal(f"SELECT * FROM {name}")
            == f"ProgrammingError: Table 'env_monitor_db.{name}' doesn't exist"
        )
    assert "_atlas_meta" not in str(rows("SHOW TABLES"))
