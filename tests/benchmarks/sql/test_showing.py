from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.sql.engine import Rows

Run = Callable[[str], Rows]
TEAM = ("Team", "text", "YES", "", None, "")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SHOW TABLES", [("DeviceLogonEvents",), ("People",), ("Usage",)]),
        ("show tables;", [("DeviceLogonEvents",), ("People",), ("Usage",)]),
        ("SHOW FULL TABLES LIKE 'P%'", [("People", "BASE TABLE")]),
        ("SHOW TABLES FROM env_monitor_db LIKE '%eop%'", [("People",)]),
        ("SHOW TABLES LIKE 'peo%'", []),
        (
            "SHOW TABLES WHERE Tables_in_env_monitor_db LIKE '%Peo%' OR Tables_in_env_monitor_db = 'Usage'",
            [("People",), ("Usage",)],
        ),
        ("SHOW TABLES WHERE Tables_in_env_monitor_db REGEXP 'people|Usage'", [("Usage",)]),
        ("SHOW TABLES WHERE NOT Tables_in_env_monitor_db LIKE '%e%'", []),
        ("DESCRIBE People", [("AccountName", "text", "YES", "", None, ""), TEAM]),
        ("DESC `People`", [("AccountName", "text", "YES", "", None, ""), TEAM]),
        ("EXPLAIN People", [("AccountName", "text", "YES", "", None, ""), TEAM]),
        ("DESCRIBE People team", [TEAM]),
        ("DESCRIBE env_monitor_db.People", [("AccountName", "text", "YES", "", None, ""), TEAM]),
        ("SHOW COLUMNS FROM People LIKE 'tea%'", [TEAM]),
        ("SHOW COLUMNS FROM People IN env_monitor_db WHERE Field = 'TEAM'", [TEAM]),
        (
            "SHOW FULL COLUMNS FROM People LIKE 'Team'",
            [
                (
                    "Team",
                    "text",
                    "utf8mb4_0900_ai_ci",
                    "YES",
                    "",
                    None,
                    "",
                    "select,insert,update,references",
                    "",
                )
            ],
        ),
        ("SHOW COLUMNS FROM `Usage`", [("TenantId", "text", "YES", "", None, "")]),
        (
            "SHOW CREATE TABLE `Usage`",
            [
                (
                    "Usage",
                    "CREATE TABLE `Usage` (\n  `TenantId` text\n) "
                    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
                )
            ],
        ),
        ("SHOW DATABASES LIKE 'env%'", [("env_monitor_db",)]),
        ("USE env_monitor_db", []),
        ("-- look\nSHOW TABLES LIKE 'Usage'", [("Usage",)]),
        ("SHOW TABLES LIKE 'Usage'; can't say more", [("Usage",)]),
    ],
)
def test_tables_and_columns_are_shown_as_mysql_shows_them(rows: Run, sql: str, expected: Rows) -> None:
    assert rows(sql) == expected


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("DESCRIBE people", "ProgrammingError: Table 'env_monitor_db.people' doesn't exist"),
        ("DESCRIBE mysql.user", "ProgrammingError: Table 'mysql.user' doesn't exist"),
        ("SHOW TABLES FROM nope", "ProgrammingError: Unknown database 'nope'"),
        ("USE nope", "ProgrammingError: Unknown database 'nope'"),
        (
            "SHOW TABLES WHERE Table_name LIKE 'x'",
            "ProgrammingError: Unknown column 'Table_name' in 'where clause'",
        ),
        (
            "SHOW TABLES WHERE Tables_in_env_monitor_db LIKE 'P%' OR nope = 'x'",
            "ProgrammingError: Unknown column 'nope' in 'where clause'",
        ),
        (
            "EXPLAIN SELECT 1",
            "NotSupportedError: EXPLAIN SELECT is not supported here: use SHOW TABLES, DESCRIBE or SELECT",
        ),
        (
            "SHOW PROCESSLIST",
            "NotSupportedError: SHOW PROCESSLIST is not supported here: use SHOW TABLES, DESCRIBE or SELECT",
        ),
    ],
)
def test_what_cannot_be_shown_is_told(refusal: Callable[[str], str], sql: str, text: str) -> None:
    assert refusal(sql) == text
