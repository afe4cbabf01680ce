"""Asks a model for a JSON object of a fixed shape, with one repair."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.chat import ChatModel, ChatRequest, JsonSchema, Message
from core.errors import ModelOutputError

LONGEST_SHOWN = 4_000
"""Characters of a reply that could not be read, when it is asked for again."""
ReplyT = TypeVar("ReplyT", bound=BaseModel)

_THINKING = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


async def ask_object(
    model: ChatModel,
    prompt: str,
    shape: type[ReplyT],
    *,
    name: str,
    temperature: float | None = None,
    max_output_tokens: int | None = None,
    seed: int | None = None,
    most_items: int | None = None,
    most_letters: int | None = None,
) -> ReplyT:
    """One object of `shape`; the server is told its JSON schema, and the reply is validated all the same.

    `most_items` is told the server of each list of the object, `most_letters` of each text within it: a small
    model goes on until it is cut off. A reply that has more all the same is read. OpenAI's strict mode knows
    no length of a text, so that only other servers can be told one.

    Raises:
        ModelOutputError: two replies could not be read.
        ProviderError: the endpoint failed.
        LimitReached: the budget is spent (of a metered model).
    """
    request = ChatRequest(
        messages=(Message(role="user", content=prompt),),
        json_schema=reply_schema(shape, most_items, most_letters),
        schema_name=name,
        temperature=temperature,
        max_output_tokens=max_output_tokens,
        seed=seed,
    )
    reply = await model.complete(request)
    try:
        return read_object(reply.text, shape)
    except ModelOutputError as error:
        repair = (
            Message(role="assistant", content=_shown(reply.text)),
            Message(role="user", content=f"{error} Reply again with that one JSON object and nothing else."),
        )
    again = replace(request, messages=(*request.messages, *repair))
    return read_object((await model.complete(again)).text, shape)


def _shown(text: str) -> str:
    """A reply as it is shown again: one that went on until it was cut off would fill a small context."""
    kept = text[:LONGEST_SHOWN]
    return (kept if kept == text else f"{kept} [cut]") or "(nothing)"


def reply_schema(
    shape: type[BaseModel], most_items: int | None = None, most_letters: int | None = None
) -> JsonSchema:
    """The schema of a shape. Shapes list all their fields as required, as strict servers want it."""
    schema: dict[str, Any] = shape.model_json_schema()
    if most_letters is not None:
        _bound_texts(schema, most_letters)
    if most_items is not None:
        for part in schema["properties"].values():
            if part.get("type") == "array":
                part["maxItems"] = most_items
    return schema


def _bound_texts(part: Any, most: int) -> None:
    """Texts that are free within the schema, wherever they stand, get a greatest length."""
    if isinstance(part, dict):
        if part.get("type") == "string" and not {"enum", "const", "maxLength"} & part.keys():
            part["maxLength"] = most
        for each in part.values():
            _bound_texts(each, most)
    elif isinstance(part, list):
        for each in part:
            _bound_texts(each, most)


def read_object(text: str, shape: type[ReplyT]) -> ReplyT:
    """Read a reply; prose or a code fence around the object is let pass.

    Raises:
        ModelOutputError: there is no such object in it.
    """
    text = _THINKING.sub("", text)
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise ModelOutputError("The reply holds no JSON object.")
    try:
        return shape.model_validate_json(text[start : end + 1])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the object"
        raise ModelOutputError(f"The reply does not fit: {where}: {first['msg']}.") from error
