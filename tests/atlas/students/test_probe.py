"""Which mode a model speaks is found out, not assumed."""

from __future__ import annotations

import json

import pytest

from atlas.students.actions import ActionMode
from atlas.students.probe import probe_mode
from core.chat import ChatReply, ChatRequest, ToolCall
from core.errors import ProviderError
from core.models.scripted import ScriptedModel

OBJECT = json.dumps({"thought": "", "tool": "echo", "text": "ready"})
CALL = ChatReply(text="", tool_calls=(ToolCall(id="1", name="echo", arguments='{"text": "ready"}'),))


def model(tools: ChatReply | str | None, schema: str | None, plain: str | None = "ready") -> ScriptedModel:
    """None is a refusal by the endpoint."""

    def script(request: ChatRequest) -> ChatReply | str:
        reply = tools if request.tools else schema if request.json_schema else plain
        if reply is None:
            raise ProviderError("400: not supported")
        return reply

    return ScriptedModel(script)


@pytest.mark.parametrize(
    ("tools", "schema", "mode"),
    [
        (CALL, None, ActionMode.TOOLS),
        ("echo(ready)", OBJECT, ActionMode.SCHEMA),
        (None, OBJECT, ActionMode.SCHEMA),
        ("no", f"Sure! {OBJECT}", ActionMode.TEXT),
        (None, None, ActionMode.TEXT),
        (
            ChatReply(text="", tool_calls=(ToolCall(id="1", name="echo", arguments="ready"),)),
            "{}",
            ActionMode.TEXT,
        ),
    ],
)
async def test_the_best_mode_that_works(
    tools: ChatReply | str | None, schema: str | None, mode: ActionMode
) -> None:
    assert await probe_mode(model(tools, schema)) is mode


async def test_an_endpoint_that_is_down_is_not_a_text_model() -> None:
    with pytest.raises(ProviderError):
        await probe_mode(model(None, None, None))
