"""Finds unknown tables and columns before a statement runs, with MySQL's words and in MySQL's order.

SQLite would read an unknown `"x"` as text and find columns in other places than MySQL does, so names are
resolved here: tables first, then the columns of the select list, the conditions, groups and order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from benchmarks.sql.errors import SCHEMA_NAME, MySqlError, ambiguous_column, unknown_column, unknown_table

Catalog = Mapping[str, tuple[str, ...]]
"""Columns in order by table; those of information_schema stand under `information_schema.NAME`."""

Columns = tuple[str, ...] | None
"""Columns of a source; None when they cannot be known beforehand."""

Sources = dict[str, Columns]

INFORMATION_SCHEMA = "information_schema"


def check_names(tree: exp.Expr, catalog: Catalog) -> None:
    """Raises:
    MySqlError: a table, column or qualifier that is not there, or an ambiguous column.
    """
    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if table.name and not (table.name in ctes and not table.db):
            table_columns(table, catalog)
    _Checker(catalog).query(tree, [], {})


def table_columns(table: exp.Table, catalog: Catalog) -> tuple[str, ...]:
    """Columns of a named table; table names are case-sensitive, those of information_schema are not."""
    if table.db.lower() == INFORMATION_SCHEMA:
        key = f"{INFORMATION_SCHEMA}.{table.name.upper()}"
        if key in catalog:
            return catalog[key]
        raise MySqlError("ProgrammingError", f"Unknown table '{table.name.upper()}' in information_schema")
    if table.db and table.db != SCHEMA_NAME:
        raise MySqlError("ProgrammingError", f"Table '{table.db}.{table.name}' doesn't exist")
    if table.name not in catalog:
        raise unknown_table(table.name)
    return catalog[table.name]


class _Checker:
    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def query(self, node: exp.Expr, outer: list[Sources], ctes: Sources) -> Columns:
        """Check a query expression and return the names of its columns."""
        node = _bare(node)
        ctes = dict(ctes)
        with_ = node.args.get("with_") or node.args.get("with")
        recursive = bool(with_ and with_.recursive)
        for cte in with_.expressions if with_ else ():
            columns = self.query(cte.this, outer, {**ctes, cte.alias: None} if recursive else ctes)
            alias = cte.args.get("alias")
            named = tuple(c.name for c in alias.columns) if alias and alias.columns else None
            ctes[cte.alias] = named or _without_doubles(columns)
        if isinstance(node, exp.SetOperation):
            left = self.query(node.left, outer, ctes)
            right = self.query(node.right, outer, ctes)
            if left is not None and right is not None and len(left) != len(right):
                raise MySqlError("DataError", "The used SELECT statements have a different number of columns")
            return left
        if isinstance(node, exp.Select):
            return self._select(node, outer, ctes)
        return None

    def _select(self, select: exp.Select, outer: list[Sources], ctes: Sources) -> Columns:
        sources = self._sources(select, outer, ctes)
        aliases = {e.alias.lower() for e in select.expressions if isinstance(e, exp.Alias)}
        merged = {c.name.lower() for j in select.args.get("joins") or () for c in j.args.get("using") or ()}
        for clause, nodes in _clauses(select):
            lenient = aliases if clause in ("group statement", "order clause", "having clause") else set()
            place = clause
            for part in (part for node in nodes for part in _own(node)):
                if isinstance(part, exp.Column):
                    self._column(part, place, sources, outer, lenient, merged)
                    continue
                self.query(part, [sources, *outer], ctes)
                if _is_tested_in(part):
                    # MySQL resolves the left side after the inner query, and does not turn the name back.
                    place = _IN_QUERY
        return _output(select, sources)

    def _sources(self, select: exp.Select, outer: list[Sources], ctes: Sources) -> Sources:
        sources: Sources = {}
        from_ = select.args.get("from_") or select.args.get("from")
        nodes = [from_.this] if from_ else []
        nodes += [join.this for join in select.args.get("joins") or ()]
        for node in nodes:
            if isinstance(node, exp.Table) and node.name:
                known = node.name in ctes and not node.db
                sources[node.alias_or_name] = ctes[node.name] if known else table_columns(node, self._catalog)
            elif isinstance(node, exp.Subquery):
                sources[node.alias_or_name] = _without_doubles(self.query(node.this, outer, ctes))
            else:
                sources[node.alias_or_name] = None
        return sources

    def _column(
        self,
        column: exp.Column,
        clause: str,
        sources: Sources,
        outer: list[Sources],
        aliases: set[str],
        merged: set[str],
    ) -> None:
        name = column.name.lower()
        if isinstance(column.this, exp.Star) or (not column.table and name in aliases):
            return
        for level, scope in enumerate([sources, *outer]):
            owners = [
                columns for alias, columns in scope.items() if not column.table or alias == column.table
            ]
            hits = sum(columns is None or name in {c.lower() for c in columns} for columns in owners)
            sure = all(columns is not None for columns in owners)
            if hits > 1 and sure and level == 0 and name not in merged:
                raise ambiguous_column(column.name, clause)
            if hits:
                return
        raise unknown_column(".".join(part.name for part in column.parts), clause)


_IN_QUERY = "IN/ALL/ANY subquery"


def _is_tested_in(query: exp.Expr) -> bool:
    node: exp.Expr | None = query
    while isinstance(node, exp.Query | exp.Paren):
        node = node.parent
    return isinstance(node, exp.In)


def _without_doubles(columns: Columns) -> Columns:
    """Raises:
    MySqlError: a column stands twice in a derived table.
    """
    seen: set[str] = set()
    for column in columns or ():
        if column.lower() in seen:
            raise MySqlError("ProgrammingError", f"Duplicate column name '{column}'")
        seen.add(column.lower())
    return columns


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Subquery | exp.Paren):
        node = node.this
    return node


def _clauses(select: exp.Select) -> Iterator[tuple[str, Sequence[exp.Expr]]]:
    yield "field list", select.expressions
    if where := select.args.get("where"):
        yield "where clause", [where]
    # MySQL resolves the conditions of joins from the last to the first.
    joins = reversed(select.args.get("joins") or ())
    yield "on clause", [join.args["on"] for join in joins if join.args.get("on")]
    for key, clause in (("group", "group statement"), ("having", "having clause"), ("order", "order clause")):
        if select.args.get(key):
            yield clause, [select.args[key]]


def _own(node: exp.Expr) -> Iterator[exp.Expr]:
    """Columns and inner queries of an expression; an inner query is given whole and not entered."""
    if isinstance(node, exp.Query):
        yield node
        return
    if isinstance(node, exp.Column):
        yield node
        return
    if isinstance(node, exp.In) and node.args.get("query"):
        yield from _own(node.args["query"])
        yield from _own(node.this)
        return
    for child in node.iter_expressions():
        yield from _own(child)


def _output(select: exp.Select, sources: Sources) -> Columns:
    names: list[str] = []
    for node in select.expressions:
        star = isinstance(node, exp.Star)
        if star or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            wanted = "" if star else node.table
            if wanted and wanted not in sources:
                raise MySqlError("ProgrammingError", f"Unknown table '{wanted}'")
            for alias, columns in sources.items():
                if columns is None:
                    return None
                names += columns if not wanted or alias == wanted else ()
        else:
            names.append(node.alias_or_name or node.sql("mysql"))
    return tuple(names)
