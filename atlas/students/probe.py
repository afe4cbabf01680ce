"""Finds out in at most three small calls which action mode a model is able to speak."""

from __future__ import annotations

import json

from atlas.students.actions import ActionMode, action_schema, read_action
from core.chat import ChatModel, ChatReply, ChatRequest, Message, ToolSpec
from core.episode import Action
from core.errors import ModelOutputError, ProviderError

_ECHO = ToolSpec(
    name="echo",
    description="Repeats its text.",
    parameters={
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
        "additionalProperties": False,
    },
)
_ASK_TOOL = Message(role="user", content="Call the tool `echo` with the text: ready")
_ASK_OBJECT = Message(
    role="user",
    content='Reply with {"thought": "test", "tool": "echo", "text": "ready"} and nothing else.',
)
_ASK_TEXT = Message(role="user", content="Reply with the word: ready")


async def probe_mode(model: ChatModel) -> ActionMode:
    """The best mode that works: tools, then schema, then text.

    An endpoint may refuse tools or schemas with an error, which is an answer to the probe; that it is not
    simply down is then seen from a plain call.

    Raises:
        ProviderError: the endpoint fails at a plain call too.
    """
    refused = 0
    for mode in (ActionMode.TOOLS, ActionMode.SCHEMA):
        try:
            reply = await model.complete(_request(mode))
        except (ProviderError, ModelOutputError):
            refused += 1
            continue
        if _speaks(reply, mode):
            return mode
    if refused == 2:
        await model.complete(ChatRequest(messages=(_ASK_TEXT,)))
    return ActionMode.TEXT


def _request(mode: ActionMode) -> ChatRequest:
    if mode is ActionMode.TOOLS:
        return ChatRequest(messages=(_ASK_TOOL,), tools=(_ECHO,))
    return ChatRequest(messages=(_ASK_OBJECT,), json_schema=action_schema([_ECHO]), schema_name="action")


def _speaks(reply: ChatReply, mode: ActionMode) -> bool:
    """Only the mode's own form counts: a tool call, or a text that is the object and nothing else."""
    if mode is ActionMode.TOOLS:
        calls = [call for call in reply.tool_calls if call.name == _ECHO.name]
        return bool(calls) and _is_object(calls[0].arguments)
    return _is_object(reply.text) and isinstance(read_action(reply, mode, [_ECHO]), Action)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except json.JSONDecodeError:
        return False
