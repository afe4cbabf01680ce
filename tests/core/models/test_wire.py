"""Requests and replies as JSON: what servers bend, and what OpenAI's strict mode asks for."""

from __future__ import annotations

import json

import pytest

from core.chat import ChatRequest, Message
from core.errors import ModelOutputError, ProviderError
from core.models.wire import excerpt, is_strict, read_reply, request_body

CLOSED = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        ({"type": "string"}, True),
        (CLOSED | {"properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        (CLOSED | {"required": []}, False),
        (CLOSED | {"additionalProperties": True}, False),
        ({"type": "object"}, False),
        (CLOSED | {"properties": {"a": {"type": "object"}}}, False),
        ({"anyOf": [CLOSED, {"type": "object"}]}, False),
    ],
)
def test_strict_is_asked_for_only_where_openai_takes_it(schema: dict[str, object], strict: bool) -> None:
    assert is_strict(schema) is strict


def test_unset_knobs_are_left_out() -> None:
    body = request_body(ChatRequest(messages=(Message(role="user", content="x"),)), "m")
    assert set(body) == {"model", "messages"}


def test_half_a_surrogate_pair_can_be_sent() -> None:
    body = request_body(ChatRequest(messages=(Message(role="user", content="a\ud800b"),)), "m")
    assert json.dumps(body, ensure_ascii=False).encode()


def completion(message: dict[str, object], **more: object) -> str:
    return json.dumps({"choices": [{"message": message, **more}]})


def test_parts_of_text_are_joined() -> None:
    parts = [{"type": "text", "text": "one "}, {"type": "thinking"}, {"type": "text", "text": "two"}]
    assert read_reply(completion({"content": parts})).text == "one two"


def test_a_refusal_is_the_text() -> None:
    assert read_reply(completion({"content": None, "refusal": "no"})).text == "no"


def test_a_tool_call_without_id_or_with_an_object_for_text_is_mended() -> None:
    calls = [{"function": {"name": "sql", "arguments": {"q": 1}}}, {"function": {"name": "end"}}]
    first, second = read_reply(completion({"content": "", "tool_calls": calls})).tool_calls
    assert (first.id, first.arguments) == ("call_0", '{"q": 1}')
    assert (second.id, second.arguments) == ("call_1", "{}")


def test_an_unsaid_finish_is_unknown() -> None:
    assert read_reply(completion({"content": "x"})).finish_reason == "unknown"


def test_unreadable_usage_does_not_cost_the_reply() -> None:
    text = json.dumps({"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": "?"}})
    assert read_reply(text).text == "x"


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"choices": []}', "<html>", '{"choices": [{}]}'])
def test_what_is_no_completion_is_told(text: str) -> None:
    with pytest.raises(ModelOutputError, match="not a chat completion"):
        read_reply(text)


@pytest.mark.parametrize("text", ['{"error": "down"}', '{"error": {"message": "down", "code": 502}}'])
def test_an_error_in_a_200_is_the_providers(text: str) -> None:
    with pytest.raises(ProviderError, match=r"^down$"):
        read_reply(text)


def test_an_excerpt_is_one_short_line() -> None:
    assert excerpt("a\n  b") == "a b"
    assert len(excerpt("x" * 999)) == 200


@pytest.mark.parametrize("error", [{"code": 502, "message": "upstream broke off"}, "upstream broke off"])
def test_a_choice_that_broke_off_is_a_failure_and_no_answer(error: object) -> None:
    choice = {"finish_reason": "error", "error": error, "message": {"content": "The answer is"}}
    with pytest.raises(ProviderError, match=r"^upstream broke off$"):
        read_reply(json.dumps({"choices": [choice]}))


def test_half_a_surrogate_pair_does_not_spoil_a_reply() -> None:
    assert read_reply(r'{"choices": [{"message": {"content": "a\uD83D b"}}]}').text == "a? b"
    assert read_reply(r'{"choices": [{"message": {"content": "\ud83d\ude00"}}]}').text == "\U0001f600"
    with pytest.raises(ModelOutputError):
        read_reply(r'{"choices": [{"message": {"content": "\ud83d')
