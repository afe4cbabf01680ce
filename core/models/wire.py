"""OpenAI's chat completions as they travel: a request's JSON body, and a reply read into our values.

Servers add fields of their own, so that unknown ones are ignored here; missing counts stay unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.chat import ChatReply, ChatRequest, JsonSchema, Message, ToolCall
from core.errors import ModelOutputError, ProviderError
from core.models.usage import read_usage

Body = dict[str, object]


def request_body(request: ChatRequest, model: str) -> Body:
    """The JSON body, with the classic name `max_tokens`; unset knobs are left out."""
    body: Body = {"model": model, "messages": [_message(message) for message in request.messages]}
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                },
            }
            for tool in request.tools
        ]
    if request.json_schema is not None:
        body["response_format"] = _response_format(request.schema_name, request.json_schema)
    knobs = {
        "temperature": request.temperature,
        "max_tokens": request.max_output_tokens,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    return body | {name: value for name, value in knobs.items() if value is not None}


def _message(message: Message) -> Body:
    # Half a surrogate pair, as broken data holds it, cannot be sent as UTF-8.
    content = message.content.encode("utf-8", "replace").decode("utf-8")
    body: Body = {"role": message.role, "content": content}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _response_format(name: str, schema: JsonSchema) -> Body:
    described: Body = {"name": name, "schema": schema, "strict": is_strict(schema)}
    return {"type": "json_schema", "json_schema": described}


def is_strict(schema: object) -> bool:
    """Whether OpenAI's strict mode takes the schema: every object closed, every property required.

    A schema that is not so would be refused as strict; it is then sent as a hint, which servers that
    build a grammar from it hold to just the same.
    """
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            names, required = schema.get("properties"), schema.get("required")
            closed = schema.get("additionalProperties") is False
            if not closed or not isinstance(names, Mapping) or not isinstance(required, list | tuple):
                return False
            if set(names) != set(required):
                return False
        return all(is_strict(value) for value in schema.values())
    if isinstance(schema, list | tuple):
        return all(is_strict(value) for value in schema)
    return True


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def _as_json_text(value: object) -> object:
    return value if isinstance(value, str) else json.dumps(value or {})


def _as_text(value: object) -> object:
    if isinstance(value, list):
        return "".join(part.get("text") or "" for part in value if isinstance(part, dict))
    return value


class _Function(_Wire):
    name: str
    arguments: Annotated[str, BeforeValidator(_as_json_text)] = "{}"


class _ToolCall(_Wire):
    id: str | None = None
    function: _Function


class _Message(_Wire):
    content: Annotated[str | None, BeforeValidator(_as_text)] = None
    refusal: str | None = None
    tool_calls: tuple[_ToolCall, ...] | None = None


class _Error(_Wire):
    message: str


class _Choice(_Wire):
    message: _Message
    finish_reason: str | None = None
    error: _Error | str | None = None


class _Completion(_Wire):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    model: str | None = None
    usage: object = None


class _ErrorReply(_Wire):
    error: _Error | str


def read_reply(text: str) -> ChatReply:
    """The first choice of a chat completion; times and retries are the caller's to fill in.

    Raises:
        ProviderError: the text is an error's, which gateways send with status 200.
        ModelOutputError: the text is not a chat completion.
    """
    try:
        completion = _Completion.model_validate_json(_mended(text))
    except ValidationError:
        if error := _error_message(text):
            raise ProviderError(excerpt(error)) from None
        raise ModelOutputError(f"the reply is not a chat completion: {excerpt(text)}") from None
    choice = completion.choices[0]
    if choice.error is not None:
        # A gateway whose upstream broke off: what came so far is no answer.
        raise ProviderError(excerpt(choice.error if isinstance(choice.error, str) else choice.error.message))
    calls = tuple(
        ToolCall(id=call.id or f"call_{index}", name=call.function.name, arguments=call.function.arguments)
        for index, call in enumerate(choice.message.tool_calls or ())
    )
    return ChatReply(
        text=choice.message.content or choice.message.refusal or "",
        tool_calls=calls,
        usage=read_usage(completion.usage),
        model=completion.model or "",
        finish_reason=choice.finish_reason or "unknown",
    )


def _mended(text: str) -> str:
    """The JSON with `?` for escaped halves of surrogate pairs, which small models break emoji into."""
    if "\\ud" not in text.lower():
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _error_message(text: str) -> str | None:
    try:
        error = _ErrorReply.model_validate_json(text).error
    except ValidationError:
        return None
    return error if isinstance(error, str) else error.message


def excerpt(text: str, limit: int = 200) -> str:
    """One line of at most `limit` characters, for a message to a person."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
