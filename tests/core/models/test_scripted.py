"""The model that answers from a script."""

from __future__ import annotations

import time

import pytest

from core.chat import ChatReply, ChatRequest, Message
from core.errors import ModelOutputError, ProviderError
from core.models.scripted import ScriptedModel
from core.usage import TokenUsage


def ask(text: str = "x") -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),))


async def test_lines_come_in_order_and_requests_are_kept() -> None:
    reply = ChatReply(text="two", usage=TokenUsage(input=5), model="m")
    model = ScriptedModel(["one", reply], name="scripted/student")
    first, second = await model.complete(ask("a")), await model.complete(ask("b"))
    assert (first.text, first.model, first.usage) == ("one", "scripted/student", TokenUsage.zero())
    assert second == reply
    assert [request.messages[0].content for request in model.requests] == ["a", "b"]


async def test_a_function_answers_by_the_request() -> None:
    model = ScriptedModel(lambda request: request.messages[-1].content.upper())
    assert (await model.complete(ask("loud"))).text == "LOUD"


async def test_a_spent_script_says_so() -> None:
    model = ScriptedModel(["one"])
    await model.complete(ask())
    with pytest.raises(ProviderError, match="the script of 'scripted' is spent: 1 lines, asked 2 times"):
        await model.complete(ask())


async def test_an_error_is_raised_in_its_turn() -> None:
    model = ScriptedModel([ModelOutputError("garbled"), "better"])
    with pytest.raises(ModelOutputError, match="garbled"):
        await model.complete(ask())
    assert (await model.complete(ask())).text == "better"


async def test_latency_passes_and_is_told() -> None:
    model = ScriptedModel(["one"], latency_seconds=0.05)
    started = time.perf_counter()
    reply = await model.complete(ask())
    assert time.perf_counter() - started >= 0.05
    assert reply.latency_seconds == 0.05
