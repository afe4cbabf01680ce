"""From MySQL's dialect, as agents write it, to SQLite's, by way of sqlglot's syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from benchmarks.sql.errors import MySqlError, refused, syntax_error, unknown_function
from benchmarks.sql.grouping import check_grouping
from benchmarks.sql.names import Catalog, check_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A statement ready to run on SQLite; `dates` are the positions of columns whose values are dates or moments."""

    sql: str
    dates: tuple[int, ...]


def prepare(sql: str, catalog: Catalog) -> Prepared:
    """Translate one SELECT.

    Raises:
        MySqlError: what MySQL would refuse: syntax, names, grouping, anything that writes.
    """
    tree = _parse(sql)
    check_names(tree, catalog)
    check_grouping(tree)
    dates = tuple(i for i, e in enumerate(tree.selects) if isinstance(e.unalias(), _DATE_TYPES))
    rewritten = tree.copy().transform(_rewrite)
    return Prepared(sql=rewritten.sql(dialect="sqlite", comments=False), dates=dates)


_DATE_TYPES = (exp.TsOrDsToDate, exp.Date, exp.StrToDate, exp.DateAdd, exp.DateSub)
_LEADING_COMMENT = re.compile(r"\s*(?:--\s[^\n]*\n|#[^\n]*\n|/\*.*?\*/)\s*", re.DOTALL)
_VERB = re.compile(r"\s*\(*\s*(\w+)")
_READS = {"SELECT", "WITH", "TABLE", "VALUES"}
_WRITES = {
    "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "TRUNCATE", "RENAME", "GRANT", "REVOKE", "LOAD",
    "LOCK", "SET", "CALL", "EXECUTE", "PREPARE", "BEGIN", "COMMIT", "ROLLBACK", "ATTACH", "PRAGMA", "VACUUM", "ANALYZE",
}  # fmt: skip


def _parse(sql: str) -> exp.Query:
    text = sql
    while match := _LEADING_COMMENT.match(text):
        text = text[match.end() :]
    verb = match.group(1).upper() if (match := _VERB.match(text)) else ""
    if verb not in _READS:
        if verb in _WRITES and _looks_like_statement(text):
            raise refused(verb)
        raise syntax_error(sql, len(sql) - len(text.lstrip()))
    try:
        trees = sqlglot.parse(text, read="mysql")
    except ParseError as error:
        raise syntax_error(text, _offset(text, error)) from error
    except TokenError as error:
        raise syntax_error(text, max(text.find("```"), 0) or _open_quote(text)) from error
    statements = [tree for tree in trees if tree is not None]
    if len(statements) != 1:
        raise MySqlError("DatabaseError", "Commands out of sync; you can't run this command now")
    if not isinstance(statements[0], exp.Query):
        raise syntax_error(text, 0)
    return statements[0]


def _looks_like_statement(text: str) -> bool:
    return bool(re.match(r"\s*\w+\s+(?:\w|`|@|\*)", text))


def _offset(text: str, error: ParseError) -> int:
    details = error.errors[0] if error.errors else {}
    start = str(details.get("start_context") or "")
    highlight = str(details.get("highlight") or "")
    position = text.find(start + highlight)
    return position + len(start) if position >= 0 and highlight else len(text)


def _open_quote(text: str) -> int:
    quote, start = "", 0
    position = 0
    while position < len(text):
        mark = text[position]
        if quote:
            if mark == "\\":
                position += 1
            elif mark == quote:
                quote = ""
        elif mark in "'\"`":
            quote, start = mark, position
        position += 1
    return start if quote else 0


def _call(name: str, *arguments: exp.Expression | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[a for a in arguments if a is not None])


def _words(text: str) -> exp.Literal:
    return exp.Literal.string(text)


# --- rewriting, one function a kind of node ---------------------------------------------------------------


def _rewrite(node: exp.Expression) -> exp.Expression:
    rule = _RULES.get(type(node))
    return rule(node) if rule else node


def _compare(node: exp.Expression) -> exp.Expression:
    """Text against a number compares as numbers; text against text without case."""
    left, right = node.this, node.expression
    if _is_number(left) != _is_number(right):
        side = "expression" if _is_number(left) else "this"
        value = node.args[side]
        if isinstance(value, exp.Column | exp.Anonymous | exp.Lower | exp.Upper | exp.Trim):
            node.set(side, exp.Cast(this=value.copy(), to=exp.DataType.build("real")))
        return node
    if (
        not isinstance(left, exp.Column)
        and not isinstance(right, exp.Column)
        and not isinstance(left, exp.Tuple)
    ):
        node.set("this", exp.Collate(this=exp.Paren(this=left.copy()), expression=exp.var("NOCASE")))
    return node


def _is_number(node: exp.Expression) -> bool:
    if isinstance(node, exp.Neg):
        return _is_number(node.this)
    return (isinstance(node, exp.Literal) and not node.is_string) or isinstance(
        node, exp.Count | exp.Length | exp.TimestampDiff | exp.Boolean
    )


def _like(node: exp.Expression) -> exp.Expression:
    if isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=_words("\\"))


def _table(node: exp.Expression) -> exp.Expression:
    if node.db.lower() == "information_schema":
        node.set("db", exp.to_identifier("information_schema"))
    else:
        node.set("db", None)
    return node


def _cast(node: exp.Expression) -> exp.Expression:
    kind = node.to.this
    types = exp.DataType.Type
    if kind in (types.DATE,):
        return _call("my_date", node.this)
    if kind in (types.DATETIME, types.TIMESTAMP, types.TIMESTAMPTZ):
        return _call("my_datetime", node.this)
    target = {
        types.BIGINT: "integer", types.UBIGINT: "integer", types.INT: "integer", types.DECIMAL: "real", types.DOUBLE: "real",
        types.FLOAT: "real",
    }.get(kind, "text")  # fmt: skip
    return exp.Cast(this=node.this, to=exp.DataType.build(target))


def _anonymous(node: exp.Expression) -> exp.Expression:
    name = str(node.this).upper()
    if name.startswith("MY_"):
        return node
    if name not in _ANONYMOUS:
        raise unknown_function(str(node.this))
    return _call(_ANONYMOUS[name], *node.expressions)


_ANONYMOUS = {
    "JSON_UNQUOTE": "my_json_unquote", "JSON_CONTAINS": "my_json_contains", "JSON_VALID": "my_json_valid",
    "JSON_LENGTH": "my_json_length", "FIND_IN_SET": "my_find_in_set", "UNIX_TIMESTAMP": "my_unix_timestamp",
    "NOW": "my_now", "SYSDATE": "my_now", "UTC_TIMESTAMP": "my_now", "MICROSECOND": "my_microsecond",
    "VERSION": "my_version", "USER": "my_user", "SLEEP": "my_sleep", "LAST_DAY": "my_last_day",
}  # fmt: skip


def _part_of(name: str) -> Callable[[exp.Expression], exp.Expression]:
    def rule(node: exp.Expression) -> exp.Expression:
        inner = node.this.this if isinstance(node.this, exp.Cast) else node.this
        return _call("my_part", inner, _words(name))

    return rule


def _shift(sign: str) -> Callable[[exp.Expression], exp.Expression]:
    def rule(node: exp.Expression) -> exp.Expression:
        count = node.expression
        if isinstance(count, exp.Interval):
            count = count.this
        amount = _words(sign + count.name) if isinstance(count, exp.Literal) else count
        unit = node.args.get("unit")
        return _call("my_date_shift", node.this, amount, _words(unit.name if unit else "DAY"))

    return rule


def _path(node: exp.Expression) -> exp.Expression:
    """The path of a JSON function as text."""
    inner = node.expression
    return inner if isinstance(inner, exp.Literal) else _words(inner.sql("mysql").strip("'"))


def _group_concat(node: exp.Expression) -> exp.Expression:
    """SQLite takes a separator only without DISTINCT."""
    if isinstance(node.this, exp.Distinct):
        node.set("separator", None)
    return node


_RULES: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _compare),
    exp.Like: _like,
    exp.Table: _table,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: _anonymous,
    exp.Concat: lambda n: _call("my_concat", *n.expressions),
    exp.ConcatWs: lambda n: _call("my_concat_ws", *n.expressions),
    exp.StrPosition: lambda n: _call("my_locate", n.args["substr"], n.this, n.args.get("position")),
    exp.SubstringIndex: lambda n: _call("my_substring_index", n.this, n.args["delimiter"], n.args["count"]),
    exp.RegexpLike: lambda n: _call("my_regexp", n.this, n.expression),
    exp.Left: lambda n: _call("my_left", n.this, n.expression),
    exp.Right: lambda n: _call("my_right", n.this, n.expression),
    exp.JSONExtract: lambda n: _call("my_json_extract", n.this, _path(n), *n.expressions),
    exp.JSONExtractScalar: lambda n: _call("my_json_scalar", n.this, _path(n)),
    exp.TsOrDsToDate: lambda n: _call("my_date", n.this),
    exp.Date: lambda n: _call("my_date", n.this),
    exp.Time: lambda n: _call("my_time", n.this),
    exp.Timestamp: lambda n: _call("my_datetime", n.this),
    exp.TimeToStr: lambda n: _call(
        "my_date_format", n.this.this if isinstance(n.this, exp.Cast) else n.this, n.args["format"]
    ),
    exp.StrToDate: lambda n: _call("my_str_to_date", n.this, n.args["format"]),
    exp.DateAdd: _shift(""),
    exp.DateSub: _shift("-"),
    exp.TimestampDiff: lambda n: _call("my_timestampdiff", _words(n.args["unit"].name), n.expression, n.this),
    exp.DateDiff: lambda n: _call("my_datediff", n.this, n.expression),
    exp.Year: _part_of("year"),
    exp.Month: _part_of("month"),
    exp.Day: _part_of("day"),
    exp.Hour: _part_of("hour"),
    exp.Minute: _part_of("minute"),
    exp.Second: _part_of("second"),
    exp.CurrentTimestamp: lambda n: _call("my_now"),
    exp.CurrentDate: lambda n: _call("my_date", _call("my_now")),
    exp.CurrentSchema: lambda n: _words("env_monitor_db"),
    exp.GroupConcat: _group_concat,
}
