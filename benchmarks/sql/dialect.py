"""From MySQL's dialect, as agents write it, to SQLite's, by way of sqlglot's syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import ErrorLevel, SqlglotError

from benchmarks.sql.errors import MySqlError, refused
from benchmarks.sql.grammar import parse_query
from benchmarks.sql.grouping import check_grouping
from benchmarks.sql.names import INFORMATION_SCHEMA, Catalog, check_names
from benchmarks.sql.rewriting import rewrite


class CellKind(StrEnum):
    """What a MySQL client makes of a column's values that SQLite gives as plain text or numbers."""

    DATE = "date"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement ready to run on SQLite, and the columns whose values are not plain, by position."""

    sql: str
    kinds: tuple[tuple[int, CellKind], ...]


def prepare(sql: str, catalog: Catalog) -> Prepared:
    """Translate one SELECT.

    Raises:
        MySqlError: what MySQL would refuse: syntax, names, grouping, anything that writes.
    """
    try:
        tree = parse_query(sql)
        _drop_dual(tree)
        _check_support(tree)
        check_names(tree, catalog)
        check_grouping(tree)
        kinds = tuple(_kinds(tree))
        lists_tables = any(t.db.lower() == INFORMATION_SCHEMA for t in tree.find_all(exp.Table))
        rewritten = rewrite(tree, names_are_binary=lists_tables)
        text = rewritten.sql(_target(), comments=False, identify=True, unsupported_level=ErrorLevel.IGNORE)
    except RecursionError as error:
        raise MySqlError("DatabaseError", "Thread stack overrun: the statement is nested too deep") from error
    except SqlglotError as error:
        raise MySqlError("NotSupportedError", "This statement is not supported here") from error
    return Prepared(sql=text, kinds=kinds)


class _Target(SQLite):
    """Names stand in backticks: SQLite takes an unknown name in double quotes for text."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS = ["`", '"', ("[", "]")]  # noqa: RUF012


@cache
def _target() -> SQLite:
    return _Target()


def _drop_dual(tree: exp.Expr) -> None:
    """DUAL stands for no table at all."""
    for from_ in list(tree.find_all(exp.From)):
        if isinstance(from_.this, exp.Table) and from_.this.name.upper() == "DUAL":
            from_.pop()


def _check_support(tree: exp.Expr) -> None:
    """What MySQL refuses before it looks at names.

    Raises:
        MySqlError: it would.
    """
    for node in tree.walk():
        if isinstance(node, exp.Into):
            raise refused("SELECT INTO")
        if isinstance(node, exp.MatchAgainst):
            raise MySqlError("DatabaseError", "Can't find FULLTEXT index matching the column list")
        if isinstance(node, exp.JSONTable):
            raise _table_function(node)
        if isinstance(node, exp.Subquery) and _is_source(node) and not node.alias:
            raise MySqlError("ProgrammingError", "Every derived table must have its own alias")
        if isinstance(node, exp.In) and (query := node.args.get("query")) and _limited(query):
            raise MySqlError(
                "ProgrammingError",
                "This version of MySQL doesn't yet support 'LIMIT & IN/ALL/ANY/SOME subquery'",
            )


def _table_function(node: exp.JSONTable) -> MySqlError:
    if not node.parent or not node.parent.alias:
        return MySqlError("ProgrammingError", "Every table function must have an alias")
    return MySqlError("NotSupportedError", "JSON_TABLE is not supported here: use JSON_EXTRACT")


def _is_source(node: exp.Subquery) -> bool:
    return isinstance(node.parent, exp.From | exp.Join) and isinstance(node.this, exp.Query)


def _limited(query: exp.Expr) -> bool:
    while isinstance(query, exp.Subquery | exp.Paren):
        query = query.this
    return bool(query.args.get("limit"))


_DATES = frozenset({
    "DATE", "STR_TO_DATE", "LAST_DAY", "TIMESTAMP", "NOW", "SYSDATE", "UTC_TIMESTAMP", "CURDATE",
    "FROM_UNIXTIME",
})  # fmt: skip
_SHIFTS = frozenset({"DATE_ADD", "DATE_SUB", "ADDDATE", "SUBDATE"})
_DATE_TYPES = (exp.DType.DATE, exp.DType.DATETIME)


def _kinds(tree: exp.Query) -> Iterator[tuple[int, CellKind]]:
    for position, node in enumerate(tree.selects):
        plain = node.unalias()
        if _is_date(plain):
            yield position, CellKind.DATE
        elif isinstance(plain, exp.Sum | exp.Avg) and not isinstance(plain.this, exp.Column | exp.Distinct):
            yield position, CellKind.DECIMAL


def _is_date(node: exp.Expr) -> bool:
    if isinstance(node, exp.Max | exp.Min | exp.Paren):
        return _is_date(node.this)
    if isinstance(node, exp.Cast):
        return node.to.this in _DATE_TYPES
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        # A shifted text stays text; a shifted date is a date.
        shifted = name in _SHIFTS and bool(node.expressions) and _is_date(node.expressions[0])
        return shifted or (name in _DATES and not (name == "FROM_UNIXTIME" and len(node.expressions) > 1))
    return isinstance(node, exp.CurrentTimestamp | exp.CurrentDate)
