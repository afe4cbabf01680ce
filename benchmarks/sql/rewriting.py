"""Rewrites MySQL's nodes into ones that mean the same to SQLite, from the leaves up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from benchmarks.sql.errors import SCHEMA_NAME, MySqlError, unknown_function
from benchmarks.sql.function_names import FUNCTIONS, PARTS, SPELLED_DATES

_BINARY_NAMES = frozenset({"table_name", "table_schema", "schema_name"})
"""Columns of information_schema that MySQL compares with regard to case."""

_NUMERIC_FUNCTIONS = frozenset({
    "my_locate", "my_instr", "my_length", "my_char_length", "my_part", "my_timestampdiff", "my_datediff",
    "my_number", "my_unix_timestamp", "my_json_length", "my_find_in_set", "my_field", "my_time_to_sec",
    "my_inet_aton", "my_strcmp", "my_regexp_instr", "my_json_contains", "my_json_valid", "my_ascii",
    "my_crc32", "my_truncate", "floor", "ceil",
})  # fmt: skip
_NUMERIC_NODES = (
    exp.Count, exp.Sum, exp.Avg, exp.Boolean, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv,
    exp.Abs, exp.Round, exp.RowNumber, exp.Rank, exp.DenseRank,
)  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)


def rewrite(tree: exp.Query, *, names_are_binary: bool) -> exp.Expr:
    """The tree for SQLite; the given one is used up. `names_are_binary` for queries on information_schema.

    Raises:
        MySqlError: a function that MySQL does not have.
    """
    rules = _BINARY_RULES if names_are_binary else _RULES
    root: exp.Expr = tree
    for node in reversed(list(tree.bfs())):
        rule = rules.get(type(node))
        new = rule(node) if rule else node
        if new is node:
            continue
        if node is root:
            root = new
        else:
            node.replace(new)
    return root


def _call(name: str, *arguments: object) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[a for a in arguments if a is not None])


def _words(text: str) -> exp.Literal:
    return exp.Literal.string(text)


def _is_number(node: exp.Expr) -> bool:
    if isinstance(node, exp.Neg | exp.Paren):
        return _is_number(node.this)
    if isinstance(node, exp.Literal):
        return not node.is_string
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DType.BIGINT, exp.DType.INT, exp.DType.FLOAT, exp.DType.DOUBLE)
    if isinstance(node, exp.Anonymous):
        return str(node.this) in _NUMERIC_FUNCTIONS
    return isinstance(node, _NUMERIC_NODES)


def _as_number(node: exp.Expr) -> exp.Expr:
    return _call("my_number", node.copy())


def _without_case(node: exp.Expr) -> exp.Expr:
    inner = (
        node.copy()
        if isinstance(node, exp.Column | exp.Anonymous | exp.Subquery)
        else exp.Paren(this=node.copy())
    )
    return exp.Collate(this=inner, expression=exp.var("NOCASE"))


_UNCOLLATED = (exp.Tuple, exp.Collate, exp.Any, exp.All)


def _compare(node: exp.Expr) -> exp.Expr:
    """Text against a number compares as numbers; text against text without case."""
    left, right = node.this, node.expression
    numbers = _is_number(left), _is_number(right)
    if numbers[0] != numbers[1]:
        side, value = ("expression", right) if numbers[0] else ("this", left)
        if not isinstance(value, exp.Tuple | exp.Null):
            node.set(side, _as_number(value))
    elif not numbers[0] and not isinstance(left, _UNCOLLATED):
        node.set("this", _without_case(left))
    return node


def _in(node: exp.Expr) -> exp.Expr:
    items = node.expressions
    if isinstance(node.this, _UNCOLLATED):
        return node
    if items and all(_is_number(item) for item in items):
        if not _is_number(node.this):
            node.set("this", _as_number(node.this))
    elif not _is_number(node.this):
        node.set("this", _without_case(node.this))
    return node


def _between(node: exp.Expr) -> exp.Expr:
    if _is_number(node.args["low"]) and _is_number(node.args["high"]):
        if not _is_number(node.this):
            node.set("this", _as_number(node.this))
    elif not _is_number(node.this):
        node.set("this", _without_case(node.this))
    return node


def _like(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=_words("\\"))


def _is_binary_name(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.lower() in _BINARY_NAMES


def _like_of_names(node: exp.Expr) -> exp.Expr:
    if _is_binary_name(node.this):
        return _call("my_like_binary", node.this, node.expression)
    return _like(node)


def _regexp(node: exp.Expr) -> exp.Expr:
    return _call("my_regexp", node.this, node.expression)


def _regexp_of_names(node: exp.Expr) -> exp.Expr:
    return (
        _call("my_regexp_binary", node.this, node.expression) if _is_binary_name(node.this) else _regexp(node)
    )


def _arithmetic(node: exp.Expr) -> exp.Expr:
    """A date and an interval, or numbers: a text counts as the number that it begins with."""
    for side, other in ((node.expression, node.this), (node.this, node.expression)):
        if isinstance(side, exp.Interval):
            return _shifted(other, side, "-" if isinstance(node, exp.Sub) else "")
    for key in ("this", "expression"):
        if not _is_number(node.args[key]) and not isinstance(node.args[key], exp.Subquery | exp.Null):
            node.set(key, _as_number(node.args[key]))
    return node


def _shifted(value: exp.Expr, interval: exp.Interval, sign: str) -> exp.Expr:
    unit = interval.args.get("unit")
    return _call(
        "my_date_shift",
        value,
        interval.this or _words("0"),
        _words(unit.name if unit else "DAY"),
        _words(sign + "1"),
    )


def _cast(node: exp.Expr) -> exp.Expr:
    kind = node.args["to"].this
    if kind == exp.DType.DATE:
        return _call("my_date", node.this)
    if kind in (exp.DType.DATETIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ):
        return _call("my_datetime", node.this)
    if kind == exp.DType.TIME:
        return _call("my_time", node.this)
    target = _CASTS.get(kind, "text")
    return exp.Cast(this=node.this, to=exp.DataType.build(target))


_CASTS = {
    **dict.fromkeys((exp.DType.BIGINT, exp.DType.UBIGINT, exp.DType.INT, exp.DType.UINT), "bigint"),
    **dict.fromkeys((exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT), "double"),
}


def _anonymous(node: exp.Expr) -> exp.Expr:
    written = str(node.this)
    name, arguments = written.upper(), node.expressions
    if name in SPELLED_DATES and len(arguments) == 2 and isinstance(arguments[1], exp.Interval):
        return _shifted(arguments[0], arguments[1], SPELLED_DATES[name])
    if name in ("ADDDATE", "SUBDATE") and len(arguments) == 2:
        return _call("my_date_shift", *arguments, _words("DAY"), _words(SPELLED_DATES[name] + "1"))
    if name in PARTS and len(arguments) == 1:
        return _call("my_part", arguments[0], _words(PARTS[name]))
    if name in _NAMES_OF and len(arguments) == 1:
        return _call("my_name_of", arguments[0], _words(_NAMES_OF[name]))
    if name in _CONSTANTS:
        return _CONSTANTS[name]()
    if name not in FUNCTIONS:
        raise unknown_function(written)
    return _call(FUNCTIONS[name], *arguments)


_NAMES_OF = {"DAYNAME": "%A", "MONTHNAME": "%B"}
_CONSTANTS: Mapping[str, Callable[[], exp.Expr]] = {
    "DATABASE": lambda: _words(SCHEMA_NAME),
    "SCHEMA": lambda: _words(SCHEMA_NAME),
    "VERSION": lambda: _words("9.0.1"),
    "USER": lambda: _words("agent@localhost"),
    "CURRENT_USER": lambda: _words("agent@localhost"),
    "SESSION_USER": lambda: _words("agent@localhost"),
    "CURDATE": lambda: _call("my_date", _call("my_now")),
    "CURTIME": lambda: _call("my_time", _call("my_now")),
    "CONNECTION_ID": lambda: exp.Literal.number(8),
    "PI": lambda: exp.Literal.number("3.141593"),
}


def _table(node: exp.Expr) -> exp.Expr:
    listed = str(node.args.get("db") or "").lower() == "information_schema"
    node.set("db", exp.to_identifier("information_schema") if listed else None)
    node.set("catalog", None)
    return node


def _group_concat(node: exp.Expr) -> exp.Expr:
    """The separator, a key to sort by, and flags, as SQLite's own takes neither with DISTINCT."""
    value, flags, key = node.this, "", exp.null()
    if isinstance(value, exp.Order):
        ordered = value.expressions[0]
        key, value = ordered.this, value.this
        flags += "r" if ordered.args.get("desc") else ""
    if isinstance(value, exp.Distinct):
        parts = value.expressions
        value = parts[0] if len(parts) == 1 else _call("my_concat", *parts)
        flags += "d"
    return _call("my_group_concat", value, node.args.get("separator") or _words(","), key, _words(flags))


def _aggregate(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Column | exp.Substring):
        node.set("this", _as_number(node.this))
    return node


def _select(node: exp.Expr) -> exp.Expr:
    """HAVING without groups filters rows in MySQL, where SQLite refuses it; SQLite's WHERE knows aliases."""
    having = node.args.get("having")
    if having and not node.args.get("group") and not node.find(exp.AggFunc):
        where = node.args.get("where")
        condition = exp.and_(where.this, having.this) if where else having.this
        node.set("where", exp.Where(this=condition))
        node.set("having", None)
    for key in ("locks", "hint", "operation_modifiers"):
        node.set(key, None)
    return node


def _bracketed(node: exp.Expr) -> exp.Expr:
    """A whole query in brackets, or a side of UNION: SQLite takes no brackets there."""
    if not isinstance(node.parent, exp.SetOperation | None) or not isinstance(node.this, exp.Query):
        return node
    inner = node.this
    for key in ("order", "limit", "offset"):
        if node.args.get(key):
            inner.set(key, node.args[key])
    bound = inner.args.get("limit") or inner.args.get("order") or isinstance(inner, exp.SetOperation)
    if node.parent is None or not bound:
        return inner
    return exp.select("*").from_(
        exp.Subquery(this=inner.copy(), alias=exp.TableAlias(this=exp.to_identifier("side")))
    )


def _parameter(node: exp.Expr) -> exp.Expr:
    return _words("9.0.1") if node.name.lower() == "version" else exp.null()


def _substring(node: exp.Expr) -> exp.Expr:
    length = node.args.get("length")
    return _call("substr", node.this, node.args.get("start") or exp.Literal.number(1), length)


def _json(node: exp.Expr) -> exp.Expr:
    name = "my_json_scalar" if isinstance(node, exp.JSONExtractScalar) else "my_json_extract"
    return _call(name, node.this, node.expression, *node.expressions)


def _refuse_any(node: exp.Expr) -> exp.Expr:
    raise MySqlError("NotSupportedError", "ANY, SOME and ALL are not supported here: use IN or MAX and MIN")


_RULES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    **dict.fromkeys(_COMPARISONS, _compare),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv), _arithmetic),
    **dict.fromkeys((exp.Sum, exp.Avg), _aggregate),
    **dict.fromkeys((exp.JSONExtract, exp.JSONExtractScalar), _json),
    **dict.fromkeys((exp.Any, exp.All), _refuse_any),
    **dict.fromkeys((exp.Parameter, exp.SessionParameter), _parameter),
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.RegexpLike: _regexp,
    exp.Table: _table,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: _anonymous,
    exp.Substring: _substring,
    exp.StrPosition: lambda n: _call("my_locate", n.args["substr"], n.this, n.args.get("position")),
    exp.Extract: lambda n: _call("my_part", n.expression, _words(n.name)),
    exp.CurrentTimestamp: lambda n: _call("my_now"),
    exp.CurrentDate: lambda n: _call("my_date", _call("my_now")),
    exp.CurrentTime: lambda n: _call("my_time", _call("my_now")),
    exp.Localtime: lambda n: _call("my_now"),
    exp.Localtimestamp: lambda n: _call("my_now"),
    exp.CurrentUser: lambda n: _words("agent@localhost"),
    exp.GroupConcat: _group_concat,
    exp.Select: _select,
    exp.Subquery: _bracketed,
}
_PLAIN_IN_LISTS = (*_COMPARISONS, exp.In, exp.Between)
_BINARY_RULES: Mapping[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    **{kind: rule for kind, rule in _RULES.items() if kind not in _PLAIN_IN_LISTS},
    exp.Like: _like_of_names,
    exp.RegexpLike: _regexp_of_names,
}
