"""From facts of an episode to drafts of items. No entity value stands in a draft: only names of the schema.

Facts: the place where a good answer was seen (a route); an unknown name and the one that worked; an
equality that found nothing and the LIKE that did; two id columns that led from one table to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from atlas.offline.evidence import Statement, columns_of, described_columns, queries, sightings
from atlas.offline.lexicon import name_words
from atlas.offline.question import Question, read_question
from atlas.offline.routes import SQL_TOOL, Route, route_action
from atlas.offline.values import Row, looks_like_json
from atlas.offline.vocabulary import AnswerType
from core.episode import Episode, Step, Task
from core.guidance import ActionTemplate
from memory.items import ItemDraft, Kind

_GOOD = 0.5
"""From this reward on the answer's places are worth keeping."""
_ID_LENGTH = 8

_TYPE_NAMES = {
    AnswerType.IP: "an IP address",
    AnswerType.ACCOUNT: "an account or user name",
    AnswerType.SID: "a security identifier (SID)",
    AnswerType.USER_ID: "a directory user id",
    AnswerType.DEVICE_ID: "a directory device id",
    AnswerType.EMAIL: "an e-mail address",
    AnswerType.URL: "a URL",
    AnswerType.FILE: "a file or process name",
    AnswerType.PROCESS: "a process with its command line",
    AnswerType.HOST: "a host name",
    AnswerType.APP_ID: "an application id",
    AnswerType.RESOURCE: "a cloud resource id",
    AnswerType.OTHER: "a value",
}


def distil_episodes(task: Task, episodes: Sequence[Episode], reward: float) -> tuple[ItemDraft, ...]:
    """Drafts from a task's attempts, each once. Routes need a reward of at least one half; guards do not."""
    question = read_question(task.prompt)
    drafts: list[ItemDraft] = []
    if reward >= _GOOD and episodes[-1].answer:
        drafts += _routes(question, task.scope, episodes)
    for episode in episodes:
        drafts += _name_guards(task.scope, episode)
        drafts += _like_guards(task.scope, episode)
        drafts += _bridges(task.scope, episode)
    return tuple({draft.content: draft for draft in drafts}.values())


def _routes(question: Question, scope: str, episodes: Sequence[Episode]) -> Iterator[ItemDraft]:
    answer = episodes[-1].answer or ""
    kind = question.answer_type
    if kind is AnswerType.OTHER:
        return
    for episode in episodes:
        for seen in sightings(question, episode, answer):
            if not seen.leads or not seen.event_column or seen.event_column == seen.place.column:
                continue
            route = Route(
                answer_type=kind, table=seen.table, event_column=seen.event_column, place=seen.place
            )
            yield ItemDraft(
                kind=Kind.ACTION_SCHEMA,
                scope=scope,
                content=_route_text(route),
                cue=f"answer_type:{kind.value}",
                action=route_action(route),
                boundary="Where the table or a column is missing, describe the table and look for its like.",
                expected_effect="The answer is read in two queries, with no look at other tables.",
            )


def _route_text(route: Route) -> str:
    place = (
        f'the value under key "{route.place.key}" in column {route.place.column}'
        if route.place.key
        else f"column {route.place.column}"
    )
    return (
        f"For {_TYPE_NAMES[route.answer_type]}: list the distinct {route.event_column} of {route.table}, "
        f"take the one nearest to the wording of the question, and read {place} of its records."
    )


_UNKNOWN_COLUMN = re.compile(r"Unknown column '(?:\w+\.)?(\w+)'")
_UNKNOWN_TABLE = re.compile(r"Table '(?:\w+\.)?(\w+)' doesn't exist")


def _name_guards(scope: str, episode: Episode) -> Iterator[ItemDraft]:
    """A wrong name, and the like-named one that worked later in the same attempt."""
    for position, step in enumerate(episode.steps):
        if not step.observation.is_error:
            continue
        later = [(s, st) for s, st, rows in queries(episode) if s.index > position and rows]
        if match := _UNKNOWN_TABLE.search(step.observation.text):
            right = _alike(match.group(1), {t for _, st in later for t in st.tables})
            if right:
                yield _guard(
                    scope,
                    f"There is no table {match.group(1)}; {right} is the one that answers.",
                    table=right,
                )
        elif match := _UNKNOWN_COLUMN.search(step.observation.text):
            yield from _column_guard(scope, match.group(1), step.action.text, later, episode)


def _column_guard(
    scope: str, wrong: str, sql: str, later: list[tuple[Step, Statement]], episode: Episode
) -> Iterator[ItemDraft]:
    tables = set(re.findall(r"\b(?:FROM|JOIN)\s+`?(\w+)", sql, re.I))
    used = {
        c
        for _, st in later
        if set(st.tables) == tables
        for c in (*st.columns, *(c for c, _ in (*st.equals, *st.likes)))
    }
    right = _alike(wrong, used - {"*", "", wrong})
    if right and len(tables) == 1:
        table = tables.pop()
        yield _guard(scope, f"{table} has no column {wrong}; {right} works.", table=table, column=right)


def _alike(wrong: str, names: set[str]) -> str:
    """The name that shares most words with the wrong one; empty when none shares any."""
    parts = set(name_words(wrong))
    best = max(sorted(names), key=lambda n: len(parts & set(name_words(n))), default="")
    return best if parts & set(name_words(best)) else ""


def _like_guards(scope: str, episode: Episode) -> Iterator[ItemDraft]:
    """A column on which '=' found nothing and LIKE with the same value did."""
    empty: set[tuple[str, str, str]] = set()
    for _, statement, rows in queries(episode):
        if len(statement.tables) != 1:  # which table a column is of cannot be told
            continue
        table = statement.tables[0]
        if not rows:
            empty.update((table, column, value.lower()) for column, value in statement.equals)
            continue
        for column, pattern in statement.likes:
            value = pattern.strip("%").lower()
            if value and (table, column, value) in empty:
                text = (
                    f"In {table}, test {column} with LIKE '%value%': equality with the value as a question "
                    "writes it finds nothing."
                )
                yield _guard(scope, text, table=table, column=column, test="like")


def _bridges(scope: str, episode: Episode) -> Iterator[ItemDraft]:
    """A value read from an id column of one table that found rows through a column of another."""
    seen: dict[str, tuple[str, str]] = {}
    described = described_columns(episode)
    for _, statement, rows in queries(episode):
        if len(statement.tables) != 1:
            continue
        table = statement.tables[0]
        for column, value in (*statement.equals, *statement.likes):
            source = seen.get(value.strip("%").lower())
            if rows and source and source[0] != table and _is_id(column) and _is_id(source[1]):
                text = f"{source[0]}.{source[1]} leads to {table}.{column}: the same id stands in both."
                yield ItemDraft(
                    kind=Kind.TOOL_PLAN,
                    scope=scope,
                    content=text,
                    cue="bridge",
                    action=ActionTemplate(
                        tool=SQL_TOOL,
                        template=f"SELECT * FROM {table} WHERE {column} LIKE '%<id>%'",
                        bindings={
                            "play": "bridge",
                            "from_table": source[0],
                            "from_column": source[1],
                            "table": table,
                            "column": column,
                        },
                    ),
                )
        seen.update(_ids(table, columns_of(statement, described), rows))


def _ids(table: str, columns: Sequence[str], rows: Sequence[Row]) -> Iterator[tuple[str, tuple[str, str]]]:
    for row in rows:
        for column, cell in zip(columns, row, strict=False):
            if (
                isinstance(cell, str)
                and len(cell) >= _ID_LENGTH
                and _is_id(column)
                and not looks_like_json(cell)
            ):
                yield cell.lower(), (table, column)


def _is_id(column: str) -> bool:
    return bool({"id", "ids", "sid", "guid"} & set(name_words(column)))


def _guard(scope: str, content: str, **bindings: str) -> ItemDraft:
    table = bindings["table"]
    return ItemDraft(
        kind=Kind.GUARD,
        scope=scope,
        content=content,
        cue=f"table:{table}",
        action=ActionTemplate(
            tool=SQL_TOOL, template=f"SELECT <columns> FROM {table}", bindings={"play": "guard", **bindings}
        ),
    )
