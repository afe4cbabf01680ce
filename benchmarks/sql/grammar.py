"""MySQL's grammar: from a statement's text to sqlglot's syntax tree, or to MySQL's syntax error.

sqlglot reads more than MySQL does. What agents bring from other dialects is found among the tokens, and the
first offence in the text is the one that is told, as a server would.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from sqlglot import exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.parsers.mysql import MySQLParser
from sqlglot.tokenizer_core import Token, TokenType

from benchmarks.sql.errors import refused, syntax_error

_KEPT_FUNCTIONS = frozenset({
    "ABS", "ANY_VALUE", "AVG", "COALESCE", "COUNT", "CUME_DIST", "DENSE_RANK", "EXISTS", "FIRST_VALUE",
    "GREATEST", "IF", "IFNULL", "LAG", "LAST_VALUE", "LCASE", "LEAD", "LEAST", "LOWER", "MAX", "MIN", "MOD",
    "NTH_VALUE", "NTILE", "NULLIF", "PERCENT_RANK", "RANK", "REPLACE", "ROUND", "ROW_NUMBER", "SUM", "UCASE",
    "UPPER",
})  # fmt: skip
"""Functions that sqlglot may know: the same in SQLite. Others keep their name and arguments as written."""

_KEPT_PARSERS = frozenset({
    "CAST", "CONVERT", "EXTRACT", "GROUP_CONCAT", "JSON_TABLE", "MATCH", "POSITION", "SUBSTR", "SUBSTRING",
    "TRIM", "VALUES",
})  # fmt: skip

_UNIT_FIRST = ("TIMESTAMPDIFF", "TIMESTAMPADD")


def _unit_first(name: str) -> Callable[..., Any]:
    """The first argument is a word, not a column."""

    def build(args: Sequence[exp.Expr]) -> exp.Expr:
        words = [exp.Literal.string(args[0].name), *args[1:]] if args else []
        return exp.Anonymous(this=name, expressions=words)

    return build


class _Parser(MySQLParser):
    FUNCTIONS = {  # noqa: RUF012
        **{name: build for name, build in MySQLParser.FUNCTIONS.items() if name in _KEPT_FUNCTIONS},
        **{name: _unit_first(name) for name in _UNIT_FIRST},
    }
    FUNCTION_PARSERS = {  # noqa: RUF012
        name: parse for name, parse in MySQLParser.FUNCTION_PARSERS.items() if name in _KEPT_PARSERS
    }


class _Dialect(MySQL):
    """JSON paths are kept as text: they are MySQL's, and are read where the function runs."""

    Parser = _Parser

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        return path


@cache
def _dialect() -> MySQL:
    # sqlglot warns of what it cannot say in another dialect; here that is an error of its own, never a print.
    logging.getLogger("sqlglot").addHandler(logging.NullHandler())
    return _Dialect()


_VERB = re.compile(r"[\s(]*(\w+)")
_READS = frozenset({"SELECT", "WITH", "TABLE", "VALUES"})
_OBJECTS = r"(?:TABLES?|DATABASE|SCHEMA|VIEW|INDEX|USER|FUNCTION|PROCEDURE|TRIGGER|EVENT|ROLE|TABLESPACE)\b"
_CREATE = rf"(?:OR\s+REPLACE\s+|TEMPORARY\s+|UNIQUE\s+|FULLTEXT\s+)*{_OBJECTS}"
_WRITES = tuple(
    re.compile(rf"\s*{verb}\b\s*{rest}", re.IGNORECASE | re.DOTALL)
    for verb, rest in (
        ("INSERT", r"(?:IGNORE\s+)?(?:INTO\s+)?`?\w"), ("UPDATE", r"`?[\w.]+`?\s+(?:\w+\s+)?SET\b"),
        ("DELETE", r"(?:\w+\s+)?FROM\b"), ("REPLACE", r"(?:INTO\s+)?`?\w+`?\s*(?:\(|VALUES|SELECT|SET)"),
        ("CREATE", _CREATE), ("DROP", rf"(?:TEMPORARY\s+)?{_OBJECTS}"), ("ALTER", _OBJECTS),
        ("TRUNCATE", r"(?:TABLE\s+)?`?\w+`?\s*$"), ("RENAME", r"(?:TABLE|USER)\b"), ("GRANT", r"\w.*\bTO\b"),
        ("REVOKE", r"\w.*\bFROM\b"), ("LOAD", r"(?:DATA|XML)\b"), ("LOCK", r"TABLES?\b"),
        ("UNLOCK", r"TABLES?\b"), ("SET", r"(?:GLOBAL|SESSION|@@?[\w.]+|\w+)\s*(?::?=|\w)"),
        ("CALL", r"`?\w+`?\s*(?:\(|$)"), ("PREPARE", r"\w+\s+FROM\b"),
        ("EXECUTE", r"(?!sql\b)\w+\s*(?:USING\b.*)?$"), ("DEALLOCATE", r"PREPARE\b"),
        ("ANALYZE", r"TABLE\b"), ("OPTIMIZE", r"TABLE\b"), ("FLUSH", r"\w+"), ("KILL", r"\w+\s*$"),
        ("DO", r"\w+\s*\("), ("BEGIN", r"(?:WORK)?\s*$"), ("START", r"TRANSACTION\b"),
        ("COMMIT", r"(?:WORK)?\s*$"), ("ROLLBACK", r"(?:WORK)?\s*$"),
        ("HANDLER", r"\w+\s+(?:OPEN|READ|CLOSE)\b"), ("INSTALL", r"(?:PLUGIN|COMPONENT)\b"),
    )
)  # fmt: skip


def parse_query(sql: str) -> exp.Query:
    """The tree of a text's first statement, which must read rows.

    Raises:
        MySqlError: the statement writes, or is no MySQL.
    """
    first = _after_comments(sql)
    verb = match.group(1).upper() if (match := _VERB.match(sql, first)) else ""
    if verb not in _READS:
        if any(write.match(sql, first) for write in _WRITES):
            raise refused(verb)
        raise syntax_error(sql, _after_verb(sql, first))
    tree, offset = _tree(sql)
    if tree is not None and offset is None:
        offset = next(_reserved_names(tree), None)
        if offset is None:
            return tree
    raise syntax_error(sql, first if offset is None else offset)


def _tree(sql: str) -> tuple[exp.Query | None, int | None]:
    """The tree, or the first place where the text is no MySQL."""
    end = _end_of_first(sql, _after_comments(sql))
    try:
        tokens = _dialect().tokenize(sql[:end])
    except TokenError:
        unclosed = _unclosed(sql[:end])
        tokens = _dialect().tokenize(sql[:unclosed])
        return None, min((unclosed, *_offences(tokens)))
    offences = list(_offences(tokens))
    try:
        trees = _Parser(error_level=ErrorLevel.IMMEDIATE, dialect=_dialect()).parse(tokens, sql)
    except ParseError as error:
        return None, min((_offset(tokens, error), *offences))
    tree = trees[0] if trees else None
    return (tree if isinstance(tree, exp.Query) else None), min(offences, default=None)


def first_statement(sql: str) -> str:
    """The text's first statement, without comments before it and the semicolon after it."""
    start = _after_comments(sql)
    return sql[start : _end_of_first(sql, start)].rstrip()


def _end_of_first(sql: str, start: int) -> int:
    """Where the first semicolon outside of quotes stands; the text's end when there is none."""
    quote, position = "", start
    while position < len(sql):
        mark = sql[position]
        if quote:
            position += mark == "\\" and quote != "`"
            quote = "" if mark == quote else quote
        elif mark in "'\"`":
            quote = mark
        elif mark == ";":
            return position
        position += 1
    return len(sql)


def parse_condition(sql: str) -> exp.Expr | None:
    """The tree of a condition that stands alone; None when it is none."""
    try:
        trees = _Parser(error_level=ErrorLevel.IMMEDIATE, dialect=_dialect()).parse_into(
            exp.Condition, _dialect().tokenize(sql), sql
        )
    except (ParseError, TokenError):
        return None
    return trees[0]


def _offset(tokens: Sequence[Token], error: ParseError) -> int:
    details = error.errors[0] if error.errors else {}
    line, column = details.get("line"), details.get("col")
    at = next((i for i, t in enumerate(tokens) if t.line == line and t.col == column), len(tokens) - 1)
    # The parser names its last token, too, when it wanted more of them.
    wanted_more = at == len(tokens) - 1 and not str(details.get("description")).startswith(
        "Invalid expression"
    )
    return tokens[at].end + 1 if wanted_more else tokens[at].start


_STATEMENT_WORDS = frozenset({"EXECUTE", "PREPARE", "CALL", "USE", "HELP", "SET", "BEGIN", "EXPLAIN", "SHOW"})
_NAMING_WORDS = ("EXECUTE", "PREPARE", "CALL")
_TWO_WORDS = re.compile(r"(\w+)(?P<gap>\s*)(?:(\w+)\s*)?")
_COMMENT = re.compile(r"\s+|--(?=\s)[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*(?!!).*?\*/", re.DOTALL)


def _after_comments(sql: str) -> int:
    position = 0
    while match := _COMMENT.match(sql, position):
        position = match.end()
    return position


def _after_verb(sql: str, first: int) -> int:
    """A statement's own first word is read before what follows it is found wrong; any other word is not."""
    match = _TWO_WORDS.match(sql, first)
    if match is None or match.group(1).upper() not in _STATEMENT_WORDS:
        return first
    named = (
        match.group(3) and match.group(1).upper() in _NAMING_WORDS and match.group(3).upper() not in _RESERVED
    )
    return match.end() if named else match.end(1) + len(match["gap"])


# --- what sqlglot reads and MySQL does not -----------------------------------------------------------------

_NOT_MYSQL = (TokenType.ILIKE, TokenType.DCOLON, TokenType.L_BRACKET, TokenType.R_BRACKET)
_NO_PAIRS = frozenset({
    (TokenType.COMMA, TokenType.STAR), (TokenType.WHERE, TokenType.STAR), (TokenType.STRING, TokenType.DOT),
    (TokenType.NUMBER, TokenType.NUMBER), (TokenType.SELECT, TokenType.FROM),
    (TokenType.COMMA, TokenType.FROM),
})  # fmt: skip
"""Neighbours of which the second is an offence."""
_UNITS = frozenset({"MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
_CAST_TYPES = frozenset({
    "SIGNED", "UNSIGNED", "CHAR", "CHARACTER", "NCHAR", "BINARY", "DATE", "DATETIME", "TIME", "YEAR",
    "DECIMAL", "DEC", "JSON", "DOUBLE", "FLOAT", "REAL", "POINT",
})  # fmt: skip
_BARE_TYPES = frozenset({"DATETIME"})
"""Names of types that are no functions."""


def _offences(tokens: Sequence[Token]) -> Iterator[int]:
    yield from (t.start for t in tokens if t.token_type in _NOT_MYSQL or t.text == "==")
    for at, (token, after) in enumerate(pairwise(tokens)):
        text, second = token.text.upper(), after.text.upper()
        if (token.token_type, after.token_type) in _NO_PAIRS or (text, second) == ("FULL", "OUTER"):
            yield after.start
        elif text == "NULLS" and second in ("FIRST", "LAST"):
            yield token.start
        elif after.token_type == TokenType.L_PAREN and token.token_type != TokenType.STRING:
            yield from _call_offence(tokens, at, text)
    yield from _open_union(tokens)


def _call_offence(tokens: Sequence[Token], at: int, name: str) -> Iterator[int]:
    if name in _BARE_TYPES:
        yield tokens[at + 1].start
    elif name == "CAST":
        yield from _cast_offence(tokens, at + 2)
    elif name in _UNIT_FIRST and at + 2 < len(tokens):
        unit = tokens[at + 2]
        if unit.text.upper().removeprefix("SQL_TSI_") not in _UNITS:
            yield unit.start


def _cast_offence(tokens: Sequence[Token], start: int) -> Iterator[int]:
    depth = 0
    for at in range(start, len(tokens) - 1):
        kind = tokens[at].token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if depth < 0:
            return
        if kind == TokenType.ALIAS and depth == 0:
            if tokens[at + 1].text.upper() not in _CAST_TYPES:
                yield tokens[at + 1].start
            return


_SET_OPERATORS = (TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT)


def _open_union(tokens: Sequence[Token]) -> Iterator[int]:
    """UNION after a LIMIT or an ORDER BY that no brackets hold."""
    closed = [False]
    for token in tokens:
        kind = token.token_type
        if kind == TokenType.L_PAREN:
            closed.append(False)
        elif kind == TokenType.R_PAREN and len(closed) > 1:
            closed.pop()
        elif kind in (TokenType.LIMIT, TokenType.ORDER_BY):
            closed[-1] = True
        elif kind == TokenType.SELECT:
            closed[-1] = False
        elif kind in _SET_OPERATORS and closed[-1]:
            yield token.start


_RESERVED = frozenset({
    "ACCESSIBLE", "ADD", "ANALYZE", "BEFORE", "BOTH", "CALL", "CHANGE", "CHECK", "CONDITION", "CONSTRAINT",
    "CONTINUE", "CUBE", "DATABASES", "DELAYED", "DESCRIBE", "EACH", "ELSEIF", "EMPTY", "EXIT", "EXPLAIN",
    "FETCH", "FORCE", "FULLTEXT", "FUNCTION", "GENERATED", "GRANT", "GROUP", "GROUPS", "HIGH_PRIORITY",
    "IGNORE", "INDEX", "INOUT", "ITERATE", "KEY", "KEYS", "KILL", "LEADING", "LEAVE", "LINEAR", "LINES",
    "LOAD", "LOCK", "LONG", "LOOP", "MATCH", "OF", "OPTION", "OPTIONALLY", "OUT", "OVER", "PARTITION",
    "PRECISION", "PRIMARY", "PROCEDURE", "PURGE", "RANGE", "RANK", "READ", "READS", "RECURSIVE",
    "REFERENCES", "RELEASE", "RENAME", "REPEAT", "REQUIRE", "RESTRICT", "RETURN", "REVOKE", "ROW", "ROWS",
    "ROW_NUMBER", "SCHEMA", "SCHEMAS", "SENSITIVE", "SEPARATOR", "SPECIFIC", "SQL", "STARTING", "STORED",
    "SYSTEM", "TERMINATED", "TO", "TRAILING", "TRIGGER", "UNDO", "UNLOCK", "USAGE", "USE", "VARYING",
    "VIRTUAL", "WHILE", "WINDOW", "WRITE",
})  # fmt: skip
"""Reserved words of MySQL 9 that sqlglot takes for names."""


def is_reserved(name: str) -> bool:
    """Whether MySQL wants backticks about a name."""
    return name.upper() in _RESERVED


def _reserved_names(tree: exp.Expr) -> Iterator[int]:
    """Where a reserved word stands unquoted for a name; after a point it may."""
    for name in tree.find_all(exp.Identifier):
        start = name.meta.get("start")
        if start is None or name.args.get("quoted") or name.this.upper() not in _RESERVED:
            continue
        parent = name.parent
        if not (
            name.arg_key == "this" and isinstance(parent, exp.Column | exp.Table) and _is_qualified(parent)
        ):
            yield int(start)


def _is_qualified(node: exp.Expr) -> bool:
    return bool(node.args.get("table") or node.args.get("db"))


def _unclosed(sql: str) -> int:
    """Where the quote that never closes begins."""
    quote, start, position = "", 0, 0
    while position < len(sql):
        mark = sql[position]
        if quote:
            if mark == "\\" and quote != "`":
                position += 1
            elif mark == quote:
                quote = ""
        elif mark in "'\"`":
            quote, start = mark, position
        position += 1
    return start if quote else 0
