"""Looking around in a database that nothing is known of: which tables, which columns, which values.

Nothing here knows a table by heart. Tables are tried in the order in which their names resemble the
question; columns are chosen by what their names say in English.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from atlas.offline.desk import Desk, like, quoted
from atlas.offline.events import asked_events, opening_event
from atlas.offline.findings import KEY_FIT, Findings, read_cell
from atlas.offline.lexicon import name_fit, name_words, names_events
from atlas.offline.question import Entity, Question, stem
from atlas.offline.routes import Place
from atlas.offline.values import answer_type_of, looks_like_json
from atlas.offline.vocabulary import AnswerType

_MOST_ANSWER_COLUMNS = 3
_MOST_ENTITIES = 3
_SAMPLE_ROWS = 3
_SHORTEST_ENTITY = 3
_SHARED_ENTITY = 0.15
"""What a record gains for each value of the question that stands in it."""
_SURE_NAME = 0.8
"""Columns whose names fit less well than this do not keep the survey from looking inside other cells."""


_FIELD = {stem(word): 0.6 for word in ("security", "alert", "incident")}
"""An investigation is about alerts and incidents even where the question does not say so."""


def rank_tables(question: Question, tables: Iterable[str]) -> list[str]:
    """Tables by the words that their names share with the question, rare words first."""
    split = {table: {stem(word) for word in name_words(table)} for table in tables}
    count = Counter(word for found in split.values() for word in found)
    total = len(split)

    def closeness(table: str) -> float:
        shared = sum(
            (question.salience.get(w, 0.0) + _FIELD.get(w, 0.0)) * math.log(1 + total / count[w])
            for w in split[table]
        )
        return shared / len(split[table])

    return sorted(split, key=lambda table: (-closeness(table), table))


class Survey:
    """The tables and columns that one attempt has come to know."""

    def __init__(self, question: Question, desk: Desk, findings: Findings) -> None:
        self._question, self._desk, self._findings = question, desk, findings
        self._columns: dict[str, list[str]] = {}

    async def tables(self) -> list[str]:
        result = await self._desk.query("SHOW TABLES", "See which tables there are.")
        return rank_tables(self._question, [str(row[0]) for row in result.rows])

    async def columns(self, table: str) -> list[str]:
        if table not in self._columns:
            result = await self._desk.query(f"DESCRIBE {table}", f"See the columns of {table}.")
            self._columns[table] = [str(row[0]) for row in result.rows]
        return self._columns[table]

    async def pivot(self, table: str) -> None:
        """From the entities of the question to the answer, within one table."""
        columns = await self.columns(table)
        answers = fitting(self._question.answer_type, columns)
        if not answers:
            return
        for entity in self._entities():
            places = [c for c in fitting(answer_type_of(entity.type), columns) if c not in answers]
            if places:
                await self._rows_of(table, answers, places[0], entity)

    async def by_event(self, table: str) -> None:
        """From the name of the event to the answer, within one table."""
        columns = await self.columns(table)
        naming = sorted((c for c in columns if names_events(c) > 0.5), key=lambda c: (-names_events(c), c))
        for column in naming[:1]:
            answers = fitting(self._question.answer_type, columns)
            if answers:
                await self._read(table, column, [Place(column=c) for c in answers])
            best = max((name_fit(self._question.answer_type, c) for c in answers), default=0.0)
            if best < _SURE_NAME or not self._findings.ranked():
                await self._look_inside(table, column, columns)

    async def _look_inside(self, table: str, event_column: str, columns: list[str]) -> None:
        """Read whole rows of the nearest event once: which cell holds what is asked for, under which key."""
        names = await event_names(self._desk, table, event_column)
        near = asked_events(self._question, names)
        if not near:
            return
        event = next(iter(near))
        sample = await self._desk.query(
            f"SELECT * FROM {table} WHERE {event_column} = {quoted(event)} LIMIT {_SAMPLE_ROWS}",
            "No column is named for the answer: see what the cells of a record hold.",
        )
        places = dict.fromkeys(
            Place(column=columns[i], key=key)
            for row in sample.rows
            for i, cell in enumerate(row[: len(columns)])
            if looks_like_json(cell)
            for _, key in read_cell(self._question.answer_type, cell, "")
        )
        if places:
            await self._read(table, event_column, places)

    async def _read(self, table: str, event_column: str, places: Iterable[Place]) -> None:
        source = EventTable(table=table, event_column=event_column, places=dict.fromkeys(places, 1.0))
        await read_events(self._question, self._desk, self._findings, [source])

    async def _rows_of(self, table: str, answers: list[str], column: str, entity: Entity) -> None:
        wanted = ", ".join(answers)
        for test in (f"= {quoted(entity.value)}", f"LIKE {like(entity.value)}"):
            result = await self._desk.query(
                f"SELECT DISTINCT {wanted} FROM {table} WHERE {column} {test}",
                f"Look for {entity.value} in {table}.",
            )
            if result.rows:
                break
        for row in result.rows:
            for answer, cell in zip(answers, row, strict=False):
                for value, key in read_cell(self._question.answer_type, cell, ""):
                    self._findings.add(value, 1.0, table, Place(column=answer, key=key))

    def _entities(self) -> list[Entity]:
        known = [e for e in self._question.entities if answer_type_of(e.type) is not AnswerType.OTHER]
        late_first = sorted(known, key=lambda e: -e.at)
        return late_first[:_MOST_ENTITIES]


def fitting(kind: AnswerType, columns: Iterable[str]) -> list[str]:
    """Columns whose names fit an answer type, best first."""
    fit = {column: name_fit(kind, column) for column in columns}
    good = [column for column in fit if fit[column] >= KEY_FIT]
    return sorted(good, key=lambda c: (-fit[c], c))[:_MOST_ANSWER_COLUMNS]


async def event_names(desk: Desk, table: str, event_column: str) -> list[str]:
    """Distinct names; none where there is but one, as it tells no event from another."""
    result = await desk.query(f"SELECT DISTINCT {event_column} FROM {table}", "List the names of the events.")
    names = [str(row[0]) for row in result.rows if row and row[0]]
    return names if len(names) > 1 else []


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """A table that names events in a column, and the places to read in it, each with its trust in [0, 1]."""

    table: str
    event_column: str
    places: Mapping[Place, float]


async def read_events(
    question: Question, desk: Desk, findings: Findings, tables: Sequence[EventTable]
) -> None:
    """Read the places in the records of the events nearest to the question.

    The names of all tables are weighed together: a table that lacks the event is not read for another.
    """
    names = {t.table: await event_names(desk, t.table, t.event_column) for t in tables}
    pooled = dict.fromkeys(name for listed in names.values() for name in listed)
    asked, opening = asked_events(question, pooled), opening_event(question, pooled)
    for source in tables:
        if any(name in asked for name in names[source.table]):
            wanted = [name for name in (*asked, opening) if name in names[source.table]]
            await _read_table(question, desk, findings, source, dict.fromkeys(wanted), asked)


async def _read_table(
    question: Question,
    desk: Desk,
    findings: Findings,
    source: EventTable,
    wanted: Iterable[str],
    asked: Mapping[str, float],
) -> None:
    columns = list(dict.fromkeys(place.column for place in source.places))
    chosen = ", ".join(quoted(name) for name in wanted)
    result = await desk.query(
        f"SELECT DISTINCT {source.event_column}, {', '.join(columns)} FROM {source.table} "
        f"WHERE {source.event_column} IN ({chosen})",
        "Read the records of the events nearest to the question.",
    )
    entities = [value for value in question.values if len(value) > _SHORTEST_ENTITY]
    for row in result.rows:
        event, cells = str(row[0]), dict(zip(columns, row[1:], strict=False))
        blob = " ".join(str(cell) for cell in cells.values()).lower()
        weight = asked.get(event, 0.0) ** 4 * (1 + _SHARED_ENTITY * sum(value in blob for value in entities))
        for place, trust in source.places.items():
            cell = cells.get(place.column)
            found = dict.fromkeys(value for value, _ in read_cell(question.answer_type, cell, place.key))
            found.pop(event, None)
            for rank, value in enumerate(found):
                if event in asked:
                    findings.add(value, trust * weight / (1 + 0.1 * rank), source.table, place)
                else:
                    findings.known_at_start(value)
