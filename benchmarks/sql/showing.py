"""SHOW, DESCRIBE and USE: what agents ask of a database before they know it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from benchmarks.sql.errors import (
    SCHEMA_NAME,
    MySqlError,
    syntax_error,
    unknown_column,
    unknown_database,
    unknown_table,
)
from benchmarks.sql.grammar import is_reserved, parse_condition
from benchmarks.sql.names import INFORMATION_SCHEMA, Catalog

Shown = list[tuple[str | None, ...]]

_SYSTEM_DATABASES = ("mysql", "performance_schema", "sys")
_NAME = r"(?:`(?P<{0}q>[^`]+)`|(?P<{0}>[\w$.]+))"
_LIKE = r"(?:\s+LIKE\s+(?P<quote>['\"])(?P<like>.*?)(?P=quote)(?!\w))?"
_WHERE = r"(?:\s+WHERE\s+(?P<where>.+))?"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{text}\s*", re.IGNORECASE | re.DOTALL)


_FROM_DATABASE = rf"(?:\s+(?:FROM|IN)\s+{_NAME.format('db')})?"
_TABLES = _pattern(rf"SHOW\s+(?:EXTENDED\s+)?(?P<full>FULL\s+)?TABLES\b{_FROM_DATABASE}{_LIKE}{_WHERE}")
_COLUMNS = _pattern(
    rf"SHOW\s+(?:EXTENDED\s+)?(?P<full>FULL\s+)?(?:COLUMNS|FIELDS)\s+(?:FROM|IN)\s+{_NAME.format('table')}"
    rf"{_FROM_DATABASE}{_LIKE}{_WHERE}"
)
_DESCRIBE = _pattern(
    rf"(?:DESC|DESCRIBE|EXPLAIN)\s+(?!SELECT\b|WITH\b|FORMAT\b|ANALYZE\b){_NAME.format('table')}"
    r"(?:\s+(?:['\"](?P<like>[^'\"]+)['\"]|`?(?P<column>\w+)`?))?"
)
_CREATE = _pattern(rf"SHOW\s+CREATE\s+TABLE\s+{_NAME.format('table')}")
_DATABASES = _pattern(rf"SHOW\s+(?:DATABASES|SCHEMAS){_LIKE}")
_USE = _pattern(rf"USE\s+{_NAME.format('db')}")
_PLAN = _pattern(r"(?:EXPLAIN|DESC|DESCRIBE)\s+(?:ANALYZE\s+)?(?:FORMAT\s*=\s*\w+\s+)?(?:SELECT|WITH|\()")
_OTHER = _pattern(
    r"SHOW\s+(?:GLOBAL\s+|SESSION\s+|FULL\s+)?(?:VARIABLES|STATUS|PROCESSLIST|GRANTS|WARNINGS|ERRORS|ENGINES|INDEX\w*|KEYS"
    r"|TABLE\s+STATUS|TRIGGERS|EVENTS|PRIVILEGES|CHARACTER\s+SET|COLLATION|PLUGINS|FUNCTION|PROCEDURE|CREATE)\b"
)
_FIRST_WORD = re.compile(r"\s*(SHOW|DESC|DESCRIBE|EXPLAIN|USE)\b\s*", re.IGNORECASE)


def show(statement: str, catalog: Catalog) -> Shown | None:
    """Rows of a statement that asks about tables and columns; None for any other statement.

    Raises:
        MySqlError: no such table, database or column, or no MySQL.
    """
    first = _FIRST_WORD.match(statement)
    if first is None:
        return None
    for pattern, answer in _ANSWERS:
        match = pattern.match(statement)
        if match is None:
            continue
        if statement[match.end() :].strip():
            raise syntax_error(statement, match.end())
        bare = match["table"] if "table" in pattern.groupindex else None
        if bare and is_reserved(bare):
            raise syntax_error(statement, match.start("table"))
        return answer(match, catalog)
    if _PLAN.match(statement) or _OTHER.match(statement):
        words = " ".join(statement.split()[:2]).upper()
        raise MySqlError(
            "NotSupportedError", f"{words} is not supported here: use SHOW TABLES, DESCRIBE or SELECT"
        )
    raise syntax_error(statement, first.end())


def _tables(match: re.Match[str], catalog: Catalog) -> Shown:
    database = _named(match, "db") or SCHEMA_NAME
    if database.lower() in (INFORMATION_SCHEMA, *_SYSTEM_DATABASES) and database != SCHEMA_NAME:
        prefix = f"{database.lower()}."
        names = sorted(name.removeprefix(prefix) for name in catalog if name.startswith(prefix))
    elif database != SCHEMA_NAME:
        raise unknown_database(database)
    else:
        names = sorted(name for name in catalog if "." not in name)
    like, column = match["like"], f"Tables_in_{database}"
    kept = [n for n in names if like is None or _like(like, n, case=True)]
    if match["where"]:
        condition = _condition(match)
        kept = [n for n in kept if _holds(condition, {column: n, "Table_type": "BASE TABLE"}, case=True)]
        # An unknown name is told even where there is nothing to test.
        _holds(condition, {column: "", "Table_type": ""}, case=True)
    return [(n, "BASE TABLE") if match["full"] else (n,) for n in kept]


def _columns(match: re.Match[str], catalog: Catalog) -> Shown:
    columns = _columns_of(match, catalog)
    kept = [c for c in columns if match["like"] is None or _like(match["like"], c, case=False)]
    if match["where"]:
        condition = _condition(match)
        kept = [c for c in kept if _holds(condition, _described(c), case=False)]
        _holds(condition, _described(""), case=False)
    if match["full"]:
        grants = "select,insert,update,references"
        return [(c, "text", "utf8mb4_0900_ai_ci", "YES", "", None, "", grants, "") for c in kept]
    return [tuple(_described(c).values()) for c in kept]


def _describe(match: re.Match[str], catalog: Catalog) -> Shown:
    like = match["like"] or match["column"]
    columns = _columns_of(match, catalog)
    return [tuple(_described(c).values()) for c in columns if like is None or _like(like, c, case=False)]


def _described(column: str) -> dict[str, str | None]:
    return {"Field": column, "Type": "text", "Null": "YES", "Key": "", "Default": None, "Extra": ""}


def _create(match: re.Match[str], catalog: Catalog) -> Shown:
    lines = ",\n".join(f"  `{column}` text" for column in _columns_of(match, catalog))
    table = (_named(match, "table") or "").removeprefix(f"{SCHEMA_NAME}.")
    tail = ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
    return [(table, f"CREATE TABLE `{table}` (\n{lines}\n{tail}")]


def _databases(match: re.Match[str], catalog: Catalog) -> Shown:
    names = sorted((SCHEMA_NAME, INFORMATION_SCHEMA, *_SYSTEM_DATABASES))
    return [(name,) for name in names if match["like"] is None or _like(match["like"], name, case=True)]


def _use(match: re.Match[str], catalog: Catalog) -> Shown:
    database = _named(match, "db") or ""
    if database.lower() not in (SCHEMA_NAME, INFORMATION_SCHEMA):
        raise unknown_database(database)
    return []


_ANSWERS: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str], Catalog], Shown]]] = (
    (_TABLES, _tables), (_COLUMNS, _columns), (_DESCRIBE, _describe), (_CREATE, _create),
    (_DATABASES, _databases), (_USE, _use),
)  # fmt: skip


def _named(match: re.Match[str], group: str) -> str | None:
    found = match[group] or match[f"{group}q"]
    return None if found is None else str(found)


def _columns_of(match: re.Match[str], catalog: Catalog) -> tuple[str, ...]:
    table = _named(match, "table") or ""
    groups = match.re.groupindex
    database = _named(match, "db") if "db" in groups else None
    table = table.removeprefix(f"{SCHEMA_NAME}.")
    if database and database != SCHEMA_NAME:
        table = f"{database}.{table}"
    key = table
    if table.lower().startswith(f"{INFORMATION_SCHEMA}."):
        key = f"{INFORMATION_SCHEMA}.{table.partition('.')[2].upper()}"
    if key not in catalog:
        if "." in table:
            raise MySqlError("ProgrammingError", f"Table '{table}' doesn't exist")
        raise unknown_table(table)
    return catalog[key]


def _like(pattern: str, name: str, *, case: bool) -> bool:
    marks = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    regex = "".join(wild.get(mark) or re.escape(mark[-1]) for mark in marks)
    return re.fullmatch(regex, name, re.DOTALL | (0 if case else re.IGNORECASE)) is not None


def _condition(match: re.Match[str]) -> exp.Expr:
    tree = parse_condition(match["where"])
    if tree is None:
        raise syntax_error(match.string, match.start("where"))
    return tree


def _holds(node: exp.Expr, row: Mapping[str, str | None], *, case: bool) -> bool:
    """Whether a condition of comparisons of a name with a text is true of a row of SHOW."""
    if isinstance(node, exp.Paren):
        return _holds(node.this, row, case=case)
    if isinstance(node, exp.Not):
        return not _holds(node.this, row, case=case)
    if isinstance(node, exp.And | exp.Or):
        # Both sides are looked at, so that an unknown name on either is told.
        left, right = _holds(node.left, row, case=case), _holds(node.right, row, case=case)
        return (left and right) if isinstance(node, exp.And) else (left or right)
    if not isinstance(node, exp.Like | exp.RegexpLike | exp.EQ | exp.NEQ | exp.In):
        raise MySqlError("NotSupportedError", "This condition is not supported in SHOW: use LIKE")
    return _compares(node, _value(node.this, row), case=case)


def _compares(node: exp.Expr, value: str, *, case: bool) -> bool:
    if isinstance(node, exp.In):
        return any(_like_plain(item.name, value, case=case) for item in node.expressions)
    text = node.expression.name
    if isinstance(node, exp.Like):
        return _like(text, value, case=case)
    if isinstance(node, exp.RegexpLike):
        try:
            return re.search(text, value, 0 if case else re.IGNORECASE) is not None
        except re.error as error:
            raise MySqlError("DatabaseError", "Syntax error in regular expression.") from error
    return _like_plain(text, value, case=case) == isinstance(node, exp.EQ)


def _like_plain(text: str, value: str, *, case: bool) -> bool:
    return text == value if case else text.lower() == value.lower()


def _value(node: exp.Expr, row: Mapping[str, str | None]) -> str:
    if isinstance(node, exp.Lower | exp.Upper):
        inner = _value(node.this, row)
        return inner.lower() if isinstance(node, exp.Lower) else inner.upper()
    if not isinstance(node, exp.Column):
        return node.name
    known = {name.lower(): value for name, value in row.items()}
    if node.name.lower() not in known:
        raise unknown_column(node.name, "where clause")
    return known[node.name.lower()] or ""
