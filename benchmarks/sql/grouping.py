"""MySQL's rule ONLY_FULL_GROUP_BY, and its sister for DISTINCT with ORDER BY."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from benchmarks.sql.errors import SCHEMA_NAME, MySqlError

_MODE = "this is incompatible with sql_mode=only_full_group_by"


def check_grouping(tree: exp.Expr) -> None:
    """Raises:
    MySqlError: a select list or an order that the mode refuses.
    """
    for select in tree.find_all(exp.Select):
        _check_groups(select)
        _check_distinct(select)


def _check_groups(select: exp.Select) -> None:
    group = select.args.get("group")
    aggregated = any(_aggregates(node) for node in select.expressions)
    if not group and not aggregated:
        return
    aliases = {e.alias.lower(): e.this for e in select.expressions if isinstance(e, exp.Alias)}
    grouped: set[str] = set()
    for node in group.expressions if group else ():
        if isinstance(node, exp.Literal) and not node.is_string:
            position = int(node.name) - 1
            node = select.expressions[position] if position < len(select.expressions) else node
        grouped.add(_bare_sql(node))
        if isinstance(node, exp.Column) and not node.table and node.name.lower() in aliases:
            grouped.add(_bare_sql(aliases[node.name.lower()]))
    for number, node in enumerate(select.expressions, 1):
        if _bare_sql(node) in grouped:
            continue
        loose = next((c for c in _plain_columns(node) if _bare_sql(c) not in grouped), None)
        if loose is not None:
            raise _group_error(number, _full_name(loose, select), grouped=group is not None)


def _group_error(number: int, column: str, *, grouped: bool) -> MySqlError:
    if grouped:
        text = (
            f"Expression #{number} of SELECT list is not in GROUP BY clause and contains nonaggregated "
            f"column '{column}' which is not functionally dependent on columns in GROUP BY clause; {_MODE}"
        )
    else:
        text = (
            f"In aggregated query without GROUP BY, expression #{number} of SELECT list contains "
            f"nonaggregated column '{column}'; {_MODE}"
        )
    return MySqlError("ProgrammingError", text)


def _check_distinct(select: exp.Select) -> None:
    order = select.args.get("order")
    if (
        not select.args.get("distinct")
        or not order
        or any(isinstance(e, exp.Star) for e in select.expressions)
    ):
        return
    shown = {_bare_sql(e) for e in select.expressions} | {e.alias_or_name.lower() for e in select.expressions}
    for number, ordered in enumerate(order.expressions, 1):
        for column in ordered.find_all(exp.Column):
            if _bare_sql(column) not in shown and column.name.lower() not in shown:
                raise MySqlError(
                    "DatabaseError",
                    f"Expression #{number} of ORDER BY clause is not in SELECT list, references column "
                    f"'{_full_name(column, select)}' which is not in SELECT list; this is "
                    "incompatible with DISTINCT",
                )


def _aggregates(node: exp.Expr) -> bool:
    return any(isinstance(part, exp.AggFunc) and not part.find_ancestor(exp.Window) for part in _within(node))


def _plain_columns(node: exp.Expr) -> Iterator[exp.Column]:
    """Columns of an expression outside aggregate functions and inner queries."""
    if isinstance(node, exp.AggFunc | exp.Query | exp.Window):
        return
    if isinstance(node, exp.Column):
        yield node
        return
    for child in node.iter_expressions():
        yield from _plain_columns(child)


def _within(node: exp.Expr) -> Iterator[exp.Expr]:
    yield node
    for child in node.iter_expressions():
        if not isinstance(child, exp.Query):
            yield from _within(child)


def _bare_sql(node: exp.Expr) -> str:
    """A comparable form: alias and qualifier left out, lower case."""
    inner = node.unalias() if isinstance(node, exp.Alias) else node
    if isinstance(inner, exp.Column):
        return inner.name.lower()
    return inner.sql("mysql").lower()


def _full_name(column: exp.Column, select: exp.Select) -> str:
    from_ = select.args.get("from_") or select.args.get("from")
    alias = column.table or (from_.this.alias_or_name if from_ else "")
    listed = next((t for t in select.find_all(exp.Table) if t.alias_or_name == alias and t.db), None)
    schema = listed.db.lower() if listed else SCHEMA_NAME
    return f"{schema}.{alias}.{column.name}"
