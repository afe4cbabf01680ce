"""Somebody's own code as a Student."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph

from atlas.students.callables import CallableStudent, load_callable_student
from core.episode import AttemptStatus, Episode
from core.errors import Limit, LimitReached, ModelOutputError, UserError
from core.guidance import Guidance
from tests.atlas.parts import ListRecorder, TableEnvironment, make_task

QUERY = "SELECT ip FROM alerts"


async def run(student: CallableStudent, **kwargs: object) -> Episode:
    environment = kwargs.get("environment") or TableEnvironment()
    recorder = kwargs.get("recorder") or ListRecorder()
    return await student.attempt(make_task(), environment, Guidance(notes=("Hurry.",)), recorder, 0)


def plain(prompt: str, sql: Callable[[str], str], guidance: str) -> str | None:
    assert "web-01" in prompt
    assert "Hurry." in guidance
    return sql(QUERY)[3:-4]


async def asynchronous(prompt: str, sql: Callable[[str], Awaitable[str]], guidance: str) -> str | None:
    return (await sql(QUERY))[3:-4]


class Caller:
    async def __call__(self, prompt: str, sql: Callable[[str], Awaitable[str]], guidance: str) -> str | None:
        return (await sql(QUERY))[3:-4]


class State(TypedDict, total=False):
    prompt: str
    answer: str


async def look(state: State, config: RunnableConfig) -> State:
    return {"answer": (await config["configurable"]["sql"](QUERY))[3:-4]}


def graph() -> object:
    builder = StateGraph(State)
    builder.add_node("look", look)
    builder.add_edge(START, "look")
    builder.add_edge("look", END)
    return builder.compile()


@pytest.mark.parametrize(
    "target", [plain, asynchronous, Caller(), graph()], ids=["plain", "async", "object", "graph"]
)
async def test_every_form_queries_and_answers(target: object) -> None:
    recorder = ListRecorder()
    episode = await run(CallableStudent("mine", target), recorder=recorder)
    assert (episode.answer, episode.status) == ("203.0.113.9", AttemptStatus.SUBMITTED)
    assert [s.action.tool for s in episode.steps] == ["sql", "submit"]
    assert len(recorder.steps) == 2


async def test_none_submits_nothing() -> None:
    async def nothing(prompt: str, sql: object, guidance: str) -> None:
        return None

    episode = await run(CallableStudent("mine", nothing))
    assert (episode.answer, episode.status, episode.steps) == (None, AttemptStatus.LIMIT, ())


@pytest.mark.parametrize("form", ["plain", "async"])
async def test_one_that_never_stops_querying_ends_at_the_step_limit(form: str) -> None:
    def endless(prompt: str, sql: Callable[[str], str], guidance: str) -> str:
        while True:
            sql(QUERY)

    async def endless_async(prompt: str, sql: Callable[[str], Awaitable[str]], guidance: str) -> str:
        while True:
            await sql(QUERY)

    target = endless if form == "plain" else endless_async
    episode = await run(CallableStudent("mine", target), environment=TableEnvironment(max_steps=3))
    assert (episode.status, episode.limit, len(episode.steps)) == (AttemptStatus.LIMIT, Limit.STEPS, 2)


async def test_it_may_answer_when_no_statement_is_left() -> None:
    async def careful(prompt: str, sql: Callable[[str], Awaitable[str]], guidance: str) -> str:
        seen = ""
        try:
            while True:
                seen = await sql(QUERY)
        except LimitReached:
            return seen[3:-4]

    episode = await run(CallableStudent("mine", careful), environment=TableEnvironment(max_steps=3))
    assert episode.answer == "203.0.113.9"


async def test_money_limits_fly() -> None:
    with pytest.raises(LimitReached):
        await run(CallableStudent("mine", asynchronous), recorder=ListRecorder(limit=Limit.MONEY))


async def test_an_answer_that_is_no_text_is_refused() -> None:
    async def number(prompt: str, sql: object, guidance: str) -> int:
        return 7

    with pytest.raises(ModelOutputError, match="not int"):
        await run(CallableStudent("mine", number))


def test_a_callable_is_loaded_by_its_path() -> None:
    assert load_callable_student("os.path:basename").name == "python:os.path:basename"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nomodule", "MODULE:NAME"),
        ("no_such_module_here:f", "PYTHONPATH"),
        ("os.path:no_such_name", "has no no_such_name"),
        ("os.path:sep", "neither be called"),
    ],
)
def test_a_bad_path_says_what_to_do(path: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_callable_student(path)
