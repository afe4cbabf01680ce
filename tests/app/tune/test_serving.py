"""The endpoint, asked by OpenAI's own client over a socket."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")
uvicorn = pytest.importorskip("uvicorn")

import httpx  # noqa: E402
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI  # noqa: E402

from adaptation.artifact import save  # noqa: E402
from adaptation.base import load_base  # noqa: E402
from adaptation.serving.backend import TunedAdapters  # noqa: E402
from adaptation.serving.live import Asked, LiveBase, Place  # noqa: E402
from app.tune.endpoint import Endpoint  # noqa: E402
from app.tune.wire import Refused, read_chat  # noqa: E402
from core.adapters import AdapterLimits, AdapterRequest, TrainingKind, write_examples  # noqa: E402
from core.chat import Message  # noqa: E402
from tests.adaptation.made_model import sft_examples  # noqa: E402
from tests.adaptation.serving.test_gguf import shaken  # noqa: E402
from tests.adaptation.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.app.terminal import Terminal  # noqa: E402

METHODS = ("lora", "bottleneck", "sara")
ASK = [{"role": "user", "content": "Which account signed in first?"}]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBase]:
    folder = tmp_path_factory.mktemp("served")
    file = write_tiny_gguf(folder / "tiny.gguf")
    for name in METHODS:
        save(shaken(load_base(file), name), folder / name)
    live = LiveBase(file, {name: Place(folder=folder / name) for name in METHODS})
    yield live
    live.close()


@pytest.fixture(scope="module")
def url(live: LiveBase) -> Iterator[str]:
    models = {"tiny": None, **{f"tiny:{name}": name for name in METHODS}}
    config = uvicorn.Config(Endpoint(live, models).app(), port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as made:
        yield made


def greedy(client: OpenAI, model: str, **more: object) -> object:
    return client.chat.completions.create(
        model=model,
        messages=ASK,
        **{"temperature": 0, "max_tokens": 10, **more},  # type: ignore[call-overload]
    )


def texts(live: LiveBase) -> dict[str, str]:
    """What each model writes, asked without a server."""
    asked = Asked(messages=(Message(role="user", content=ASK[0]["content"]),), temperature=0.0, max_tokens=10)
    names = {"tiny": None, **{f"tiny:{name}": name for name in METHODS}}
    return {shown: asyncio.run(live.answer(name, asked)).text for shown, name in names.items()}


def test_the_models_are_listed_and_shown(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny", *(f"tiny:{name}" for name in METHODS)]
    assert client.models.retrieve("tiny:lora").owned_by == "atlas"
    with pytest.raises(NotFoundError, match="no model 'tiny:none'"):
        client.models.retrieve("tiny:none")


def test_each_model_answers_with_its_adapter_and_counts(client: OpenAI, live: LiveBase) -> None:
    wanted = texts(live)
    assert len(set(wanted.values())) == 4
    for model, text in wanted.items():
        said = greedy(client, model)
        assert said.choices[0].message.content == text  # type: ignore[attr-defined]
        assert said.choices[0].finish_reason == "length"  # type: ignore[attr-defined]
        assert said.model == model  # type: ignore[attr-defined]
        usage = said.usage  # type: ignore[attr-defined]
        assert usage.completion_tokens == 10
        assert usage.prompt_tokens > 30
        assert usage.total_tokens == usage.prompt_tokens + 10
        assert 0 <= usage.prompt_tokens_details.cached_tokens < usage.prompt_tokens


async def test_requests_at_once_to_different_adapters_each_get_theirs(url: str, live: LiveBase) -> None:
    wanted = await asyncio.to_thread(texts, live)
    order = [model for _ in range(3) for model in wanted]
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        found = await asyncio.gather(
            *(
                client.chat.completions.create(
                    model=model,
                    messages=ASK,  # type: ignore[arg-type]
                    temperature=0,
                    max_tokens=10,
                )
                for model in order
            )
        )
    assert [each.choices[0].message.content for each in found] == [wanted[model] for model in order]


def test_a_stream_is_the_text_in_pieces_with_its_usage(client: OpenAI, live: LiveBase) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(greedy(client, "tiny:lora", **options))  # type: ignore[call-overload]
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(piece or "" for piece in pieces) == texts(live)["tiny:lora"]
    assert len([piece for piece in pieces if piece]) > 3
    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].usage.completion_tokens == 10
    assert not any(chunk.usage for chunk in chunks[:-1])


def test_seed_stop_and_roles_arrive(client: OpenAI, live: LiveBase) -> None:
    one, again = (greedy(client, "tiny", temperature=1, seed=-5) for _ in range(2))
    other = greedy(client, "tiny", temperature=1, seed=6)
    assert one.choices[0].message.content == again.choices[0].message.content  # type: ignore[attr-defined]
    assert one.choices[0].message.content != other.choices[0].message.content  # type: ignore[attr-defined]
    whole = texts(live)["tiny"]
    said = greedy(client, "tiny", stop=whole[4:6])
    assert said.choices[0].message.content == whole[: whole.index(whole[4:6])]  # type: ignore[attr-defined]
    assert said.choices[0].finish_reason == "stop"  # type: ignore[attr-defined]
    parts = [{"role": "user", "content": [{"type": "text", "text": ASK[0]["content"]}]}]
    said = client.chat.completions.create(
        model="tiny",
        messages=parts,  # type: ignore[arg-type]
        temperature=0,
        max_completion_tokens=10,
    )
    assert said.choices[0].message.content == whole


def test_errors_are_in_openais_form(client: OpenAI, url: str) -> None:
    with pytest.raises(NotFoundError) as unknown:
        greedy(client, "gpt-5")
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    long = [{"role": "user", "content": "word " * 2000}]
    for stream in (False, True):
        with pytest.raises(BadRequestError, match="the model reads at most 2048") as too_long:
            client.chat.completions.create(model="tiny", messages=long, stream=stream)  # type: ignore[call-overload]
        assert too_long.value.code == "context_length_exceeded"
    with pytest.raises(BadRequestError, match="tools: this server does not know it") as tools:
        greedy(client, "tiny", tools=[{"type": "function", "function": {"name": "f"}}])
    assert tools.value.param == "tools"
    assert tools.value.type == "invalid_request_error"
    with pytest.raises(BadRequestError, match="temperature"):
        greedy(client, "tiny", temperature=9)
    for path, status in (("/nothing", 404), ("/models", 405)):
        reply = httpx.post(f"{url}{path}", json={})
        assert reply.status_code == status
        assert reply.json()["error"]["type"] == "invalid_request_error"
    assert httpx.post(f"{url}/chat/completions", content=b"\xff").json()["error"]["message"]


@pytest.mark.parametrize("odd", [{"n": 2}, {"logprobs": True}, {"response_format": {"type": "grammar"}}])
def test_what_cannot_be_done_is_refused_and_not_ignored(odd: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        read_chat(json.dumps({"model": "tiny", "messages": ASK, **odd}).encode())
    assert refused.value.status == 400
    assert next(iter(odd)) in str(refused.value)


class Verdict(BaseModel):
    """What the client's own reading of a reply wants."""

    verdict: Literal["benign", "attack"]
    certain: bool


@pytest.mark.parametrize("model", ["tiny", *(f"tiny:{name}" for name in METHODS)])
def test_a_reply_is_held_to_its_schema(model: str, client: OpenAI) -> None:
    """Asked for as OpenAI's client asks: by a class."""
    said = client.chat.completions.parse(model=model, messages=ASK, response_format=Verdict, max_tokens=200)  # type: ignore[arg-type]
    assert isinstance(said.choices[0].message.parsed, Verdict)
    assert said.choices[0].finish_reason == "stop"


def test_a_reply_may_be_asked_to_be_some_object(client: OpenAI) -> None:
    said = greedy(client, "tiny", response_format={"type": "json_object"}, max_tokens=8)
    assert said.choices[0].message.content.lstrip().startswith("{")  # type: ignore[attr-defined]
    plain = greedy(client, "tiny", response_format={"type": "text"})
    assert plain.choices[0].message.content == greedy(client, "tiny").choices[0].message.content  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_no_schema_is_refused(stream: bool, client: OpenAI) -> None:
    described = {"type": "json_schema", "json_schema": {"name": "odd", "schema": {"type": "nonsense"}}}
    with pytest.raises(BadRequestError, match="no reply can be held to this schema") as refused:
        greedy(client, "tiny", response_format=described, stream=stream)
    assert refused.value.param == "response_format"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_hangs_up_makes_room_for_the_next(stream: bool, url: str) -> None:
    ask = {"model": "tiny", "messages": ASK, "temperature": 0, "max_tokens": 1900, "stream": stream}
    address = f"{url}/chat/completions"
    async with httpx.AsyncClient() as client:
        if stream:
            async with client.stream("POST", address, json=ask) as reply:
                assert await anext(reply.aiter_lines())
        else:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(address, json=ask, timeout=0.3)
        short = await client.post(address, json={**ask, "stream": False, "max_tokens": 2}, timeout=10)
    assert short.json()["usage"]["completion_tokens"] == 2


@pytest.fixture
def trained(tmp_path: Path) -> Terminal:
    """A home with one adapter of the tiny base."""
    terminal = Terminal(folder=tmp_path)
    data = tmp_path / "data.jsonl"
    request = AdapterRequest(
        name="boxes",
        kind=TrainingKind.SFT,
        base_model=str(write_tiny_gguf(tmp_path / "tiny.gguf")),
        data=data,
        data_digest=write_examples(data, sft_examples()),
        limits=AdapterLimits(steps=2),
    )
    asyncio.run(TunedAdapters(terminal.home / "adapters").train(request))
    return terminal


def test_the_command_serves_a_base_with_the_adapters_of_this_home(trained: Terminal) -> None:
    process = trained.start("tune", "serve", trained.folder / "tiny.gguf", "--port", "0")
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")  # bars of the libraries come first
        told = (re.search(r"models at (http\S+) .*: tiny, tiny:boxes$", line) for line in lines)
        found = next(filter(None, told))
        with OpenAI(base_url=found[1], api_key="none", max_retries=0) as client:
            assert [model.id for model in client.models.list()] == ["tiny", "tiny:boxes"]
            assert greedy(client, "tiny:boxes").usage.completion_tokens == 10  # type: ignore[attr-defined]
        rebound = httpx.get(f"{found[1]}/models", headers={"Host": "evil.example"})
        assert rebound.status_code == 421
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode in (0, 130), err
    assert out == ""


def test_wrong_use_is_one_line(trained: Terminal, tmp_path: Path) -> None:
    other = write_tiny_gguf(tmp_path / "other.gguf", seed=5)
    for words, told in (
        ((tmp_path / "none.gguf",), "no model at"),
        ((tmp_path / "tiny.gguf", "--adapter", "none"), "there is no adapter 'none'; there are: boxes"),
        ((other, "--adapter", "boxes"), "adapter 'boxes' was trained on another base"),
        ((tmp_path / "tiny.gguf", "--host", "203.0.113.9"), "cannot listen on 203.0.113.9"),
    ):
        said = trained.run("tune", "serve", *words)
        assert said.status == 2, said.err
        assert told in said.err
        assert len(said.err.strip().splitlines()) == 1
