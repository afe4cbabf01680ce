"""A conversation keeps within its window whatever the observations are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas.students.actions import ActionMode
from atlas.students.dialogue import Dialogue
from core.chat import ChatReply, ToolCall
from core.tokens import count_tokens

REPLY = ChatReply(text="t", tool_calls=(ToolCall(id="c", name="sql", arguments='{"text": "SELECT 1"}'),))


def tokens(dialogue: Dialogue) -> int:
    return sum(count_tokens(message.content) for message in dialogue.messages())


@given(
    sizes=st.lists(st.integers(min_value=0, max_value=3000), max_size=12),
    context=st.integers(min_value=600, max_value=4000),
    mode=st.sampled_from(ActionMode),
)
def test_it_never_outgrows_its_window(sizes: list[int], context: int, mode: ActionMode) -> None:
    dialogue = Dialogue("system", "user", context_tokens=context, observation_tokens=2000)
    for size in sizes:
        dialogue.add(REPLY, mode, "row " * size)
        assert tokens(dialogue) <= context + 100


def test_the_latest_observation_stays_readable() -> None:
    dialogue = Dialogue("system", "user", context_tokens=600, observation_tokens=400)
    for number in range(10):
        dialogue.add(REPLY, ActionMode.TOOLS, f"observation {number} " + "row " * 300)
    assert "observation 9" in dialogue.messages()[-1].content


def test_turns_left_out_are_told() -> None:
    dialogue = Dialogue("system", "user", context_tokens=300, observation_tokens=60)
    for _ in range(60):
        dialogue.add(REPLY, ActionMode.TEXT, "row")
    assert "left out to save room" in dialogue.messages()[1].content


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_a_short_conversation_is_untouched(turns: int) -> None:
    dialogue = Dialogue("system", "user", context_tokens=30_000, observation_tokens=100)
    for number in range(turns):
        dialogue.add(REPLY, ActionMode.TOOLS, f"observation {number}")
    contents = [m.content for m in dialogue.messages()]
    assert contents[:2] == ["system", "user"]
    assert contents[3::2] == [f"observation {number}" for number in range(turns)]
