"""The Student that needs no language model: reads the question, queries through the same tool, submits.

What it knows of the world comes from the schema that it discovers and from the items it is given.
"""

from __future__ import annotations

import contextlib

from atlas.offline.advice import Advice
from atlas.offline.desk import Desk, StepsSpent
from atlas.offline.findings import Candidate, Findings
from atlas.offline.question import Question, read_question
from atlas.offline.routes import Route, read_routes
from atlas.offline.survey import EventTable, Survey, read_events
from core.episode import AttemptStatus, Environment, Episode, Task
from core.guidance import Guidance
from core.recorder import Recorder

_MOST_TABLES = 12
"""Tables that a survey looks at before it submits what it has."""
_TRUST = 2.0
"""A place that gave the answer half as often as the best one counts a quarter."""
_MOST_ROUTES = 3


class OfflineStudent:
    """An investigator over any SQL environment; deterministic, no model, no tokens."""

    name = "offline"

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        await environment.reset(task)
        question = read_question(task.prompt)
        desk = Desk(environment, recorder, number)
        findings = Findings(question)
        with contextlib.suppress(StepsSpent):  # what was found so far is submitted below
            await _investigate(question, desk, findings, guidance)
        ranked = findings.ranked()
        answer = compose_answer(question, ranked) if ranked else None
        if answer is not None:
            await desk.submit(answer, "The best candidate that was seen.")
        return Episode(
            task=task,
            number=number,
            steps=tuple(desk.steps),
            answer=answer,
            status=AttemptStatus.SUBMITTED if answer is not None else AttemptStatus.LIMIT,
        )

    async def close(self) -> None:
        return None


async def _investigate(question: Question, desk: Desk, findings: Findings, guidance: Guidance) -> None:
    """Known routes first; without one, or when two tables are asked to agree, look around."""
    tables_wanted = 2 if Advice.CORROBORATE in guidance.notes else 1
    used = await _follow(question, desk, findings, read_routes(guidance.items, question.answer_type))
    if _settled(findings, tables_wanted) or (findings.ranked() and tables_wanted == 1):
        return
    survey = Survey(question, desk, findings)
    # For a second view a known table is looked at again: the answer may stand in a column that is not known.
    known = used if tables_wanted == 1 else set()
    tables = [table for table in await survey.tables() if table not in known][:_MOST_TABLES]
    for look in (survey.by_event, survey.pivot):
        for table in tables:
            await look(table)
            if _settled(findings, tables_wanted):
                return


async def _follow(question: Question, desk: Desk, findings: Findings, routes: list[Route]) -> set[str]:
    """Take the best routes, one query a table beside the list of its events; the tables used come back.

    A table of which a column is missing was not used: its answer may stand under another name.
    """
    groups: dict[tuple[str, str], list[Route]] = {}
    for route in routes:
        groups.setdefault((route.table, route.event_column), []).append(route)
    most = max((route.support for route in routes), default=0) or 1
    tables = [
        EventTable(
            table=table,
            event_column=event_column,
            places={route.place: route.worth * (route.support / most) ** _TRUST for route in group},
        )
        for (table, event_column), group in list(groups.items())[:_MOST_ROUTES]
    ]
    await read_events(question, desk, findings, tables)
    refused = [step.action.text for step in desk.steps if step.observation.is_error]
    return {t.table for t in tables if not any(f" FROM {t.table}" in text for text in refused)}


def _settled(findings: Findings, tables_wanted: int) -> bool:
    ranked = findings.ranked()
    return bool(ranked) and not ranked[0].echo and len(ranked[0].tables) >= tables_wanted


def compose_answer(question: Question, ranked: list[Candidate]) -> str:
    """One answer; several only where the question asks for several."""
    if question.several:
        top = ranked[0].weight
        return ", ".join(c.value for c in ranked[:5] if c.weight >= 0.6 * top)
    return ranked[0].value
