"""The Student over a chat model, against hostile and clumsy models."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from atlas.students.actions import ActionMode
from atlas.students.llm import UNREADABLE, LlmStudent, LlmStudentConfig
from core.chat import ChatReply, ChatRequest, ToolCall
from core.episode import AttemptStatus, Episode
from core.errors import Limit, LimitReached, ProviderError
from core.guidance import Guidance, GuidanceItem
from core.models.scripted import ScriptedModel
from core.usage import Role
from tests.atlas.parts import ListRecorder, TableEnvironment, make_task

QUERY = "SELECT ip FROM alerts"


def tool(name: str, value: str) -> ChatReply:
    key = "answer" if name == "submit" else "text"
    return ChatReply(
        text="", tool_calls=(ToolCall(id=f"c-{value}", name=name, arguments=json.dumps({key: value})),)
    )


def obj(name: str, value: str) -> ChatReply:
    return ChatReply(text=json.dumps({"thought": "t", "tool": name, "text": value}))


def text(name: str, value: str) -> ChatReply:
    return ChatReply(text=f"Thought: t\nAction: {'submit' if name == 'submit' else 'execute'}[{value}]")


FORMS: list[tuple[ActionMode, Callable[[str, str], ChatReply]]] = [
    (ActionMode.TOOLS, tool),
    (ActionMode.SCHEMA, obj),
    (ActionMode.TEXT, text),
]


async def go(
    model: ScriptedModel,
    mode: ActionMode | None = ActionMode.TOOLS,
    environment: TableEnvironment | None = None,
    guidance: Guidance | None = None,
    recorder: ListRecorder | None = None,
    **config: int,
) -> Episode:
    student = LlmStudent(model, LlmStudentConfig(mode=mode, **config))
    return await student.attempt(
        make_task(), environment or TableEnvironment(), guidance or Guidance(), recorder or ListRecorder(), 0
    )


@pytest.mark.parametrize(("mode", "say"), FORMS)
async def test_it_queries_and_submits_in_every_mode(
    mode: ActionMode, say: Callable[[str, str], ChatReply]
) -> None:
    model, recorder = ScriptedModel([say("sql", QUERY), say("submit", "203.0.113.9")]), ListRecorder()
    episode = await go(model, mode, recorder=recorder)
    assert (episode.answer, episode.status) == ("203.0.113.9", AttemptStatus.SUBMITTED)
    assert [s.action.tool for s in episode.steps] == ["sql", "submit"]
    assert tuple(recorder.steps[0, i] for i in range(2)) == episode.steps
    assert [role for role, *_ in recorder.calls] == [Role.STUDENT, Role.STUDENT]
    assert "203.0.113.9" in model.requests[1].messages[-1].content


async def test_native_tool_calls_are_answered_by_their_id() -> None:
    model = ScriptedModel([tool("sql", QUERY), tool("submit", "x")])
    await go(model)
    said, observed = model.requests[1].messages[-2:]
    assert said.tool_calls[0].id == observed.tool_call_id == f"c-{QUERY}"


@pytest.mark.parametrize(("mode", "say"), FORMS)
async def test_a_model_that_never_submits_ends_at_the_step_limit(
    mode: ActionMode, say: Callable[[str, str], ChatReply]
) -> None:
    model = ScriptedModel(lambda request: say("sql", QUERY))
    episode = await go(model, mode, TableEnvironment(max_steps=4))
    assert (episode.answer, episode.status, episode.limit) == (None, AttemptStatus.LIMIT, Limit.STEPS)
    assert len(episode.steps) == 4


async def test_the_last_step_is_announced_and_offers_only_the_submission() -> None:
    model = ScriptedModel([tool("sql", QUERY), tool("submit", "x")])
    await go(model, environment=TableEnvironment(max_steps=2))
    first, last = model.requests
    assert [t.name for t in first.tools] == ["sql", "submit"]
    assert [t.name for t in last.tools] == ["submit"]
    assert "last action" in last.messages[-1].content
    assert "last action" not in first.messages[-1].content


async def test_an_unreadable_action_is_repaired_once() -> None:
    model = ScriptedModel(["I will look.", tool("sql", QUERY), tool("submit", "x")])
    episode = await go(model)
    assert [s.action.tool for s in episode.steps] == ["sql", "submit"]
    assert "holds no action" in model.requests[1].messages[-1].content
    assert not any("holds no action" in m.content for m in model.requests[2].messages)


async def test_what_stays_unreadable_is_a_recorded_error_and_costs_a_step() -> None:
    model = ScriptedModel(["eh", "eh", tool("submit", "x")])
    episode = await go(model)
    assert episode.steps[0].action.tool == UNREADABLE
    assert episode.steps[0].observation.is_error
    assert episode.answer == "x"


async def test_a_model_that_only_babbles_ends_at_the_limit_without_touching_the_environment() -> None:
    environment = TableEnvironment(max_steps=3)
    model = ScriptedModel(lambda request: "{{{ broken [ json")
    episode = await go(model, ActionMode.SCHEMA, environment)
    assert (episode.status, environment.taken) == (AttemptStatus.LIMIT, 0)
    assert len(model.requests) == 6


async def test_guidance_stands_in_the_first_turn() -> None:
    item = GuidanceItem(id="i", version=1, kind="guard", content="Mind the victim's side.")
    model = ScriptedModel([tool("submit", "x")])
    await go(model, guidance=Guidance(items=(item,), notes=("Check twice.",)))
    user = model.requests[0].messages[1].content
    assert "Mind the victim's side." in user
    assert "Check twice." in user


async def test_a_huge_observation_is_cut_for_the_model_and_kept_whole_in_the_episode() -> None:
    huge = "(row)" * 20_000
    environment = TableEnvironment({QUERY: huge})
    model = ScriptedModel([tool("sql", QUERY), tool("submit", "x")])
    episode = await go(model, environment=environment, observation_tokens=100)
    seen = model.requests[1].messages[-1].content
    assert len(seen) < 2000
    assert "more characters" in seen
    assert episode.steps[0].observation.text == huge


async def test_a_long_history_is_trimmed_with_a_note_and_calls_stay_answered() -> None:
    environment = TableEnvironment({QUERY: "(row) " * 300}, max_steps=20)

    def script(request: ChatRequest) -> ChatReply:
        return tool("submit", "x") if len(model.requests) > 15 else tool("sql", QUERY)

    model = ScriptedModel(script)
    await go(model, environment=environment, context_tokens=2500, observation_tokens=400)
    last = model.requests[-1].messages
    characters = sum(len(m.content) for m in last)
    assert characters < 2500 * 6
    assert (
        any("dropped to save room" in m.content for m in last) or "left out to save room" in last[1].content
    )
    for before, after in itertools.pairwise(last):
        assert (after.tool_call_id is not None) == bool(before.tool_calls)


async def test_the_mode_is_probed_once_and_the_probe_is_in_the_ledger() -> None:
    def script(request: ChatRequest) -> ChatReply:
        if request.tools:
            return ChatReply(text="I cannot call tools.")
        if "ready" in request.messages[-1].content:
            return obj("echo", "ready")
        return obj("submit", "x")

    model, recorder = ScriptedModel(script), ListRecorder()
    student = LlmStudent(model)
    for number in range(2):
        await student.attempt(make_task(), TableEnvironment(), Guidance(), recorder, number)
    assert [role for role, *_ in recorder.calls] == [Role.PROBE, Role.PROBE, Role.STUDENT, Role.STUDENT]
    assert model.requests[-1].json_schema is not None


async def test_a_provider_failure_is_not_an_answer() -> None:
    def script(request: ChatRequest) -> ChatReply:
        raise ProviderError("503")

    with pytest.raises(ProviderError):
        await go(ScriptedModel(script))


async def test_a_spent_budget_stops_the_attempt() -> None:
    with pytest.raises(LimitReached):
        await go(ScriptedModel([tool("submit", "x")]), recorder=ListRecorder(limit=Limit.TOKENS))
