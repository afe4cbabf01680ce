"""Facts of an episode, read off its steps: where an answer was seen, and in which kind of record."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from atlas.offline.findings import Findings, read_cell
from atlas.offline.lexicon import names_events
from atlas.offline.question import Question, words
from atlas.offline.routes import SQL_TOOL, Place
from atlas.offline.values import Row, fits, looks_like_json, parse_rows, same_key
from atlas.offline.vocabulary import AnswerType
from core.episode import Episode, Step

_NAME_LENGTH = 160
_COVERED = 0.5
_TELLING_WORDS = 4
"""A text in a column whose name does not speak of events must be this long to count as the name of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A SELECT as far as a reader of episodes cares. Tests are (column, literal).

    Columns read stand by their own name and not an alias, `*` as such, and empty where a value is computed.
    """

    tables: tuple[str, ...]
    columns: tuple[str, ...]
    equals: tuple[tuple[str, str], ...]
    likes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The answer in rows of a table. `event_column` names what happened there in the question's words, or is
    empty; `leads` tells that no other value stood there in more rows."""

    step: int
    table: str
    place: Place
    event_column: str
    leads: bool


@lru_cache(maxsize=4096)
def read_statement(sql: str) -> Statement | None:
    """Parse a statement of MySQL's dialect; None when it is no SELECT that can be read."""
    try:
        tree = parse_one(sql, read="mysql")
    except SqlglotError:
        return None
    if not isinstance(tree, exp.Select):
        return None
    equals = [pair for node in tree.find_all(exp.EQ) if (pair := _test(node))]
    equals += [
        (node.this.name, item.name)
        for node in tree.find_all(exp.In)
        if isinstance(node.this, exp.Column) and not node.find_ancestor(exp.Not)
        for item in node.expressions
        if isinstance(item, exp.Literal)
    ]
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return Statement(
        tables=tuple(dict.fromkeys(t.name for t in tree.find_all(exp.Table) if t.name not in own)),
        columns=_columns_read(tree),
        equals=tuple(equals),
        likes=tuple(pair for node in tree.find_all(exp.Like) if (pair := _test(node))),
    )


def _columns_read(tree: exp.Select) -> tuple[str, ...]:
    source = tree.find(exp.From)
    derived = tree.find(exp.CTE) is not None or not (source and isinstance(source.this, exp.Table))
    if derived:
        return ("",) * len(tree.expressions)
    inner = [expression.unalias() for expression in tree.expressions]
    return tuple("*" if e.is_star else e.name if isinstance(e, exp.Column) else "" for e in inner)


def _test(node: exp.Expression) -> tuple[str, str] | None:
    if node.args.get("negate") or node.find_ancestor(exp.Not):
        return None
    if isinstance(node.this, exp.Column) and isinstance(node.expression, exp.Literal):
        return node.this.name, node.expression.name
    return None


def queries(episode: Episode) -> Iterator[tuple[Step, Statement, list[Row]]]:
    """Steps that read tables, with their statement and the rows that came back (none for an error)."""
    for step in episode.steps:
        if step.action.tool != SQL_TOOL:
            continue
        statement = read_statement(step.action.text)
        if statement and statement.tables:
            rows = [] if step.observation.is_error else parse_rows(step.observation.text)
            yield step, statement, rows


def described_columns(episode: Episode) -> dict[str, tuple[str, ...]]:
    """Columns of the tables that the episode asked to describe."""
    known = {}
    for step in episode.steps:
        match = re.fullmatch(
            r"\s*(?:DESC|DESCRIBE|SHOW\s+(?:FULL\s+)?COLUMNS\s+FROM)\s+`?(\w+)`?\s*;?\s*",
            step.action.text,
            re.I,
        )
        if match and not step.observation.is_error:
            known[match.group(1)] = tuple(str(row[0]) for row in parse_rows(step.observation.text) if row)
    return known


def columns_of(statement: Statement, described: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Names of the cells of a row in order; a star stands for what its one table was described with.

    After a star that cannot be read nothing is named.
    """
    names: list[str] = []
    for column in statement.columns:
        if column != "*":
            names.append(column)
        elif len(statement.tables) == 1 and statement.tables[0] in described:
            names += described[statement.tables[0]]
        else:
            break
    return tuple(names)


def sightings(question: Question, episode: Episode, answer: str) -> list[Sighting]:
    """Every place where the answer was seen in rows of a single table, and how clearly it stood out there."""
    described = described_columns(episode)
    found: list[Sighting] = []
    for step, statement, rows in queries(episode):
        if len(statement.tables) != 1 or not _may_hold(step.observation.text, question.answer_type, answer):
            continue
        table = statement.tables[0]
        columns = columns_of(statement, described)
        for (place, event), counts in _counts(question, table, columns, rows).items():
            seen = counts.pop(same_key(question.answer_type, answer), 0)
            if seen:
                leads = seen >= max(counts.values(), default=0)
                found.append(
                    Sighting(step=step.index, table=table, place=place, event_column=event, leads=leads)
                )
    return found


def _counts(
    question: Question, table: str, columns: tuple[str, ...], rows: list[Row]
) -> dict[tuple[Place, str], Counter[str]]:
    """Rows by value for each place and event column: values of the asked type, less those of the question."""
    counts: dict[tuple[Place, str], Counter[str]] = defaultdict(Counter)
    kind, prompt = question.answer_type, Findings(question)
    for row in rows:
        event = event_column(question, table, columns, row)
        for column, cell in zip(columns, row, strict=False):
            if not column:
                continue
            seen = dict.fromkeys(  # each once, in the cell's order: a set's would change from run to run
                (key, same_key(kind, value)) for value, key in read_cell(kind, cell, "") if fits(kind, value)
            )
            for key, value in seen:
                if not prompt.is_echo(value):
                    counts[Place(column=column, key=key), event][value] += 1
    return counts


def _may_hold(text: str, kind: AnswerType, answer: str) -> bool:
    """A quick look before rows are taken apart; marks and case left out on both sides."""
    bare = re.compile(r"[^a-z0-9]+")
    return bare.sub("", same_key(kind, answer).lower()) in bare.sub("", text.lower())


def event_column(question: Question, table: str, columns: tuple[str, ...], row: Row) -> str:
    """The column whose short text names the event that the question speaks of; empty when none does."""
    best, column_found = 0.0, ""
    for column, cell in zip(columns, row, strict=False):
        if not column or not isinstance(cell, str) or len(cell) > _NAME_LENGTH:
            continue
        if cell == table or looks_like_json(cell):
            continue
        share = event_share(question, cell)
        naming = names_events(column)
        if share < _COVERED or (not naming and len(words(cell)) < _TELLING_WORDS):
            continue
        if share * (1 + naming) > best:
            best, column_found = share * (1 + naming), column
    return column_found


def event_share(question: Question, text: str) -> float:
    """Share of a short text's words that stand in the question; 0 for one word or for an entity value."""
    if text.strip().lower() in question.values:
        return 0.0
    found = set(words(text))
    if len(found) < 2:
        return 0.0
    return sum(word in question.salience for word in found) / len(found)
