"""The client against a real server on loopback, by way of the `openai` package."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from core.chat import ChatRequest, Message, ToolCall, ToolSpec
from core.errors import ModelOutputError, ProviderError, UserError
from core.models.openai_model import OpenAIChatModel
from core.usage import TokenUsage
from tests.core.fake_openai import FakeOpenAI, Turn, answer, error

KEY = "sk-secret-of-the-test"
ASK = ChatRequest(messages=(Message(role="user", content="hello"),))
OUTPUT_LIMIT = ChatRequest(messages=ASK.messages, max_output_tokens=9, temperature=0.0)


class Waits(list[float]):
    """Stands in for `asyncio.sleep`: keeps the waits, and takes no time."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def waits() -> Waits:
    return Waits()


def connect(fake: FakeOpenAI, waits: Waits, *, timeout: float = 5.0, retries: int = 2) -> OpenAIChatModel:
    return OpenAIChatModel(
        name="vllm/fake",
        model="fake",
        base_url=fake.base_url,
        api_key=KEY,
        timeout_seconds=timeout,
        max_retries=retries,
        key_variable="VLLM_API_KEY",
        sleep=waits,
    )


async def test_a_reply_comes_with_its_text_model_and_time(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(answer("hi", finish_reason="length"))
    model = connect(fake, waits)
    reply = await model.complete(ASK)
    await model.close()
    assert (reply.text, reply.model, reply.finish_reason, reply.retries) == ("hi", "fake-model", "length", 0)
    assert reply.latency_seconds > 0
    assert reply.usage == TokenUsage()
    (received,) = fake.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {"model": "fake", "messages": [{"role": "user", "content": "hello"}]}


async def test_usage_comes_in_exclusive_buckets(fake: FakeOpenAI, waits: Waits) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 60},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    fake.turns.append(answer(usage=usage))
    model = connect(fake, waits)
    reply = await model.complete(ASK)
    await model.close()
    assert reply.usage == TokenUsage(input=40, cache_read=60, output=20, reasoning=30)


async def test_tools_and_schema_and_knobs_are_sent_and_calls_come_back(
    fake: FakeOpenAI, waits: Waits
) -> None:
    tool = ToolSpec(name="sql", description="Runs SQL.", parameters={"type": "object", "properties": {}})
    call = ToolCall(id="a", name="sql", arguments='{"q": 1}')
    request = ChatRequest(
        messages=(
            *ASK.messages,
            Message(role="assistant", content="", tool_calls=(call,)),
            Message(role="tool", content="[]", tool_call_id="a"),
        ),
        tools=(tool,),
        json_schema={"type": "object"},
        schema_name="action",
        seed=3,
        stop=("END",),
        max_output_tokens=7,
    )
    fake.turns.append(answer(None, tool_calls=[("sql", '{"q": 2}')]))
    model = connect(fake, waits)
    reply = await model.complete(request)
    await model.close()
    assert reply.text == ""
    assert reply.tool_calls == (ToolCall(id="id-0", name="sql", arguments='{"q": 2}'),)
    body = fake.received[0].body
    assert body["tools"][0]["function"]["name"] == "sql"
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "sql", "arguments": '{"q": 1}'}
    assert body["messages"][2]["tool_call_id"] == "a"
    assert body["response_format"]["json_schema"] == {
        "name": "action",
        "schema": {"type": "object"},
        "strict": False,
    }
    assert (body["seed"], body["stop"], body["max_tokens"]) == (3, ["END"], 7)


@pytest.mark.parametrize(
    "turn",
    [
        error(500),
        error(503),
        error(429),
        error(408),
        Turn(cut="before"),
        Turn(body=answer().body, cut="middle"),
        Turn(body=b"<html>busy</html>"),
        Turn(body=b'{"choices": []}'),
        Turn(body=b'{"error": {"message": "upstream is busy"}}'),
    ],
    ids=["500", "503", "429", "408", "cut", "cut-in-body", "html", "no-choice", "error-in-200"],
)
async def test_what_may_pass_is_tried_again_and_counted(fake: FakeOpenAI, waits: Waits, turn: Turn) -> None:
    fake.turns.extend([turn, turn])
    model = connect(fake, waits)
    reply = await model.complete(ASK)
    await model.close()
    assert (reply.text, reply.retries, len(fake.received)) == ("ok", 2, 3)
    assert waits[0] <= 0.5 < waits[1] <= 1.0 or waits[1] == 0.5


@pytest.mark.parametrize(
    ("turn", "kind", "message"),
    [
        (error(500, "boom"), ProviderError, r"status 500: .*boom.* \(after 2 retries\)"),
        (Turn(cut="before"), ProviderError, r"no connection: .* \(after 2 retries\)"),
        (
            Turn(body=b"<html>busy</html>"),
            ModelOutputError,
            r"not a chat completion: <html>.*\(after 2 retries\)",
        ),
        (Turn(body=b'{"error": "upstream"}'), ProviderError, r"upstream \(after 2 retries\)"),
    ],
    ids=["500", "cut", "html", "error-in-200"],
)
async def test_retries_are_bounded(
    fake: FakeOpenAI, waits: Waits, turn: Turn, kind: type[Exception], message: str
) -> None:
    fake.turns.extend([turn] * 9)
    model = connect(fake, waits)
    with pytest.raises(kind, match=message):
        await model.complete(ASK)
    await model.close()
    assert len(fake.received) == 3


@pytest.mark.parametrize(
    ("turn", "kind", "message"),
    [
        (error(401, f"bad key {KEY}"), UserError, "refuses the key: check VLLM_API_KEY$"),
        (error(404, "no such model"), UserError, "does not know the model or the address .*no such model"),
        (error(400, f"too long {KEY}"), ProviderError, "status 400"),
        (error(403, "region"), ProviderError, "status 403"),
        (error(429, "pay", code="insufficient_quota"), ProviderError, "status 429: .*pay"),
    ],
    ids=["401", "404", "400", "403", "quota"],
)
async def test_what_will_not_pass_is_not_tried_again(
    fake: FakeOpenAI, waits: Waits, turn: Turn, kind: type[Exception], message: str
) -> None:
    fake.turns.append(turn)
    model = connect(fake, waits)
    with pytest.raises(kind, match=message) as caught:
        await model.complete(ASK)
    await model.close()
    assert KEY not in str(caught.value)
    assert len(fake.received) == 1


async def test_the_server_says_how_long_to_wait(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(error(429, headers={"Retry-After": "7"}))
    model = connect(fake, waits)
    await model.complete(ASK)
    await model.close()
    assert waits == [7.0]


async def test_a_wait_beyond_reason_ends_the_call(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(error(429, headers={"Retry-After": "3600"}))
    model = connect(fake, waits)
    with pytest.raises(ProviderError, match="asks to wait 3600 s"):
        await model.complete(ASK)
    await model.close()
    assert waits == []


async def test_a_slow_answer_is_given_up_and_tried_again(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(answer("late", delay_seconds=1.0))
    model = connect(fake, waits, timeout=0.2)
    reply = await model.complete(ASK)
    await model.close()
    assert (reply.text, reply.retries) == ("ok", 1)


async def test_the_last_timeout_says_how_long_it_waited(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(answer("late", delay_seconds=1.0))
    model = connect(fake, waits, timeout=0.2, retries=0)
    with pytest.raises(ProviderError, match=r"no answer within 0\.2 s"):
        await model.complete(ASK)
    await model.close()


async def test_nobody_listening_is_a_providers_failure(waits: Waits) -> None:
    with FakeOpenAI() as gone:
        pass
    model = connect(gone, waits)
    with pytest.raises(ProviderError, match="no connection"):
        await model.complete(ASK)
    await model.close()
    assert len(waits) == 2


async def test_a_refused_knob_is_left_out_from_then_on(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.append(error(400, code="unsupported_value", param="temperature"))
    fake.turns.append(error(400, code="unsupported_parameter", param="max_tokens"))
    model = connect(fake, waits)
    reply = await model.complete(OUTPUT_LIMIT)
    await model.complete(OUTPUT_LIMIT)
    await model.close()
    assert reply.retries == 0
    assert fake.received[0].body["temperature"] == 0.0
    for received in fake.received[2:]:
        assert "temperature" not in received.body
        assert "max_tokens" not in received.body
        assert received.body["max_completion_tokens"] == 9


async def test_a_knob_refused_again_ends_the_call(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.extend([error(400, code="unsupported_value", param="temperature")] * 2)
    model = connect(fake, waits)
    with pytest.raises(ProviderError, match="status 400"):
        await model.complete(OUTPUT_LIMIT)
    await model.close()


async def test_openais_organisation_is_told_to_nobody_else(
    fake: FakeOpenAI, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-user")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    model = connect(fake, waits, retries=0)
    await model.complete(ASK)
    await model.close()
    assert "openai-organization" not in fake.received[0].headers


async def test_many_calls_at_once_share_one_client(fake: FakeOpenAI, waits: Waits) -> None:
    fake.turns.extend(answer(delay_seconds=0.2) for _ in range(16))
    model = connect(fake, waits)
    async with asyncio.timeout(2):
        replies = await asyncio.gather(*(model.complete(ASK) for _ in range(16)))
    await model.close()
    assert len(replies) == 16


@pytest.mark.parametrize("key", ["sk-1\n", "“sk-1”"])
def test_a_key_that_cannot_be_sent_is_told_by_its_variable(key: str) -> None:
    with pytest.raises(UserError, match="the key of VLLM_API_KEY holds characters") as caught:
        OpenAIChatModel(
            name="vllm/fake",
            model="fake",
            base_url="http://127.0.0.1:1/v1",
            api_key=key,
            timeout_seconds=1.0,
            max_retries=0,
            key_variable="VLLM_API_KEY",
        )
    assert "sk-1" not in str(caught.value)
