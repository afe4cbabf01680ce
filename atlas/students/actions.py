"""How a model says what to do: three modes, the schema of an action, and reading a reply."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from core.actions import parse_text_action
from core.chat import ChatReply, JsonSchema, ToolCall, ToolSpec
from core.episode import SUBMIT, Action


class ActionMode(StrEnum):
    """`tools`: native tool calls. `schema`: a JSON object. `text`: Thought / Action execute[...]."""

    TOOLS = "tools"
    SCHEMA = "schema"
    TEXT = "text"


SUBMIT_TOOL = ToolSpec(
    name=SUBMIT,
    description="Submit the final answer. This ends the work.",
    parameters={
        "type": "object",
        "properties": {"answer": {"type": "string", "description": "The answer, complete and exact."}},
        "required": ["answer"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A reply that holds no action; `reason` is one sentence for the model."""

    reason: str
    text: str


class _ActionReply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    thought: str = ""
    tool: str
    text: str


def action_schema(tools: Sequence[ToolSpec], *, thought_characters: int | None = None) -> JsonSchema:
    """JSON schema of an action object over the tools; strict servers know no bound on a text's length."""
    thought: JsonSchema = {"type": "string"}
    if thought_characters is not None:
        thought = {**thought, "maxLength": thought_characters}
    return {
        "type": "object",
        "properties": {
            "thought": thought,
            "tool": {"type": "string", "enum": [tool.name for tool in tools]},
            "text": {"type": "string"},
        },
        "required": ["thought", "tool", "text"],
        "additionalProperties": False,
    }


_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


def read_action(reply: ChatReply, mode: ActionMode, tools: Sequence[ToolSpec]) -> Action | Unreadable:
    """The first action of a reply. Where a model answers in another mode than asked, that is read too."""
    text = _THINKING.sub("", reply.text).strip()
    found = _read_call(reply.tool_calls[0], text) if reply.tool_calls else None
    if found is None:
        readers = (_read_text, _read_object) if mode is ActionMode.TEXT else (_read_object, _read_text)
        found = readers[0](text, tools) or readers[1](text, tools)
    if found is None:
        return Unreadable(reason="It holds no action.", text=reply.text)
    return _checked(found, tools)


def _checked(found: Action | Unreadable, tools: Sequence[ToolSpec]) -> Action | Unreadable:
    if isinstance(found, Unreadable):
        return found
    names = [tool.name for tool in tools]
    if found.tool not in names:
        return Unreadable(
            reason=f"`{found.tool}` is not offered now, only: {', '.join(names)}.", text=found.text
        )
    if not found.text.strip():
        return Unreadable(reason=f"The argument of `{found.tool}` is empty.", text="")
    return found


def _read_call(call: ToolCall, thought: str) -> Action | Unreadable:
    try:
        arguments = json.loads(call.arguments)
    except json.JSONDecodeError as error:
        reason = f"The arguments of `{call.name}` are not JSON: {error}."
        return Unreadable(reason=reason, text=call.arguments)
    values = list(arguments.values()) if isinstance(arguments, dict) else []
    if len(values) != 1 or not isinstance(values[0], str):
        reason = f"`{call.name}` takes exactly one text argument."
        return Unreadable(reason=reason, text=call.arguments)
    return Action(tool=call.name, text=values[0], thought=thought)


def _read_object(text: str, tools: Sequence[ToolSpec]) -> Action | Unreadable | None:
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        read = _ActionReply.model_validate_json(text[start : end + 1])
    except ValidationError:
        return None
    return Action(tool=read.tool, text=read.text, thought=read.thought)


def _read_text(text: str, tools: Sequence[ToolSpec]) -> Action | Unreadable | None:
    """The text form has one verb for tools: `execute` is the first tool, whatever its name."""
    action = parse_text_action(text, "fixed")
    if action is None or action.is_submit:
        return action
    name = next((tool.name for tool in tools if tool.name != SUBMIT), action.tool)
    return Action(tool=name, text=action.text, thought=action.thought)
