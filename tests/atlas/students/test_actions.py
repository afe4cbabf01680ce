"""Reading an action out of what models really reply."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.students.actions import SUBMIT_TOOL, ActionMode, Unreadable, read_action
from core.chat import ChatReply, ToolCall
from core.episode import Action
from tests.atlas.parts import SQL_TOOL

TOOLS = (SQL_TOOL, SUBMIT_TOOL)


def called(name: str, arguments: str, text: str = "") -> ChatReply:
    return ChatReply(text=text, tool_calls=(ToolCall(id="c1", name=name, arguments=arguments),))


OBJECT = json.dumps({"thought": "t", "tool": "sql", "text": "SELECT 1"})


@pytest.mark.parametrize(
    ("reply", "mode"),
    [
        (called("sql", '{"text": "SELECT 1"}', "t"), ActionMode.TOOLS),
        (called("sql", '{"query": "SELECT 1"}', "t"), ActionMode.TOOLS),
        (ChatReply(text=OBJECT), ActionMode.TOOLS),
        (ChatReply(text=OBJECT), ActionMode.SCHEMA),
        (ChatReply(text=f"<think>which tool? {{</think>\n```json\n{OBJECT}\n```"), ActionMode.SCHEMA),
        (ChatReply(text="Thought: t\nAction: execute[SELECT 1]"), ActionMode.TEXT),
        (ChatReply(text="Thought: t\nAction: execute[SELECT 1]"), ActionMode.SCHEMA),
        (ChatReply(text=OBJECT), ActionMode.TEXT),
    ],
)
def test_an_action_is_read(reply: ChatReply, mode: ActionMode) -> None:
    assert read_action(reply, mode, TOOLS) == Action(tool="sql", text="SELECT 1", thought="t")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (ChatReply(text=""), "no action"),
        (ChatReply(text="I would look at the alerts."), "no action"),
        (ChatReply(text='{"tool": "sql"}'), "no action"),
        (ChatReply(text='{"thought": "t", "tool": "sql", "text": 5}'), "no action"),
        (called("sql", "{text: SELECT"), "not JSON"),
        (called("sql", "[]"), "exactly one"),
        (called("sql", '{"a": "x", "b": "y"}'), "exactly one"),
        (called("sql", '{"text": ["SELECT 1"]}'), "exactly one"),
        (called("shell", '{"text": "ls"}'), "not offered"),
        (called("submit", '{"answer": "  "}'), "empty"),
    ],
)
def test_what_is_no_action_says_why(reply: ChatReply, reason: str) -> None:
    found = read_action(reply, ActionMode.TOOLS, TOOLS)
    assert isinstance(found, Unreadable)
    assert reason in found.reason


def test_at_the_last_step_only_the_submission_is_offered() -> None:
    found = read_action(called("sql", '{"text": "SELECT 1"}'), ActionMode.TOOLS, (SUBMIT_TOOL,))
    assert isinstance(found, Unreadable)


@given(st.text(max_size=200), st.sampled_from(ActionMode))
def test_no_text_breaks_the_reader(text: str, mode: ActionMode) -> None:
    assert isinstance(read_action(ChatReply(text=text), mode, TOOLS), Action | Unreadable)


@given(
    st.text(min_size=1, max_size=200).filter(str.strip),
    st.sampled_from([ActionMode.TOOLS, ActionMode.SCHEMA]),
)
def test_any_text_argument_arrives_unchanged(text: str, mode: ActionMode) -> None:
    reply = (
        called("sql", json.dumps({"text": text}))
        if mode is ActionMode.TOOLS
        else ChatReply(text=json.dumps({"thought": "", "tool": "sql", "text": text}))
    )
    found = read_action(reply, mode, TOOLS)
    assert isinstance(found, Action)
    assert found.text == text
