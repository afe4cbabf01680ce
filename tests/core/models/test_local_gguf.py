"""A GGUF file in process: what is refused, and a real small model that answers."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.chat import ChatRequest, Message
from core.errors import ProviderError, UserError
from core.models.local_gguf import LocalGgufModel
from core.spec import parse_spec

ROOT = Path(__file__).parents[3]
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}, "count": {"type": "integer"}},
    "required": ["colour", "count"],
    "additionalProperties": False,
}

needs_llama = pytest.mark.skipif(find_spec("xllamacpp") is None, reason="extra `local` is not installed")


def ask(text: str, *, tokens: int = 48, schema: dict[str, object] | None = None) -> ChatRequest:
    return ChatRequest(
        messages=(Message(role="user", content=text),),
        max_output_tokens=tokens,
        json_schema=schema,
        temperature=0.0,
        seed=1,
    )


def load(path: Path) -> LocalGgufModel:
    return LocalGgufModel(path, context_tokens=512, timeout_seconds=50)


@pytest.mark.parametrize("content", [b"", b"GGU", b"not a model at all"])
def test_a_file_that_is_not_gguf_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "small.gguf"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"small\.gguf is not a GGUF file"):
        load(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)


@needs_llama
def test_a_damaged_model_is_a_users_error(tmp_path: Path) -> None:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(UserError, match=r"llama\.cpp cannot load .*small\.gguf"):
        load(path)


def test_without_the_package_the_extra_is_named(tmp_path: Path) -> None:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    program = (
        "import sys; from pathlib import Path; from core.errors import UserError\n"
        "from core.models.local_gguf import LocalGgufModel\n"
        "sys.modules['xllamacpp'] = None\n"
        f"try:\n    LocalGgufModel(Path({str(path)!r}), context_tokens=512, timeout_seconds=1)\n"
        "except UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "pip install 'atlas-agents[local]'" in done.stdout
    assert done.stdout.count("\n") == 1


@pytest.fixture
async def model(gguf: Path) -> AsyncIterator[LocalGgufModel]:
    made = load(gguf)
    yield made
    await made.close()


@pytest.mark.slow
async def test_it_answers_and_counts_its_tokens(model: LocalGgufModel, gguf: Path) -> None:
    reply = await model.complete(ask("Say hello.", tokens=8))
    assert reply.text.strip()
    assert model.name == f"local:{gguf.name}"
    assert reply.model == gguf.stem
    assert reply.usage.output == 8
    assert reply.usage.input is not None
    assert reply.usage.input > 0
    assert reply.finish_reason == "length"
    assert reply.latency_seconds > 0


@pytest.mark.slow
async def test_cached_prompt_tokens_are_a_bucket_of_their_own(model: LocalGgufModel) -> None:
    first = await model.complete(ask("Say hello.", tokens=2))
    again = await model.complete(ask("Say hello.", tokens=2))
    assert first.usage.input is not None
    assert again.usage.cache_read is not None
    assert again.usage.input is not None
    assert again.usage.cache_read > 0
    assert again.usage.input + again.usage.cache_read == first.usage.input + (first.usage.cache_read or 0)


@pytest.mark.slow
async def test_it_obeys_a_schema(model: LocalGgufModel) -> None:
    reply = await model.complete(ask("Describe a ball as JSON.", schema=SCHEMA))
    found = json.loads(reply.text)
    assert found["colour"] in ("red", "blue")
    assert isinstance(found["count"], int)
    assert set(found) == {"colour", "count"}


@pytest.mark.slow
async def test_requests_at_once_are_worked_one_after_another(model: LocalGgufModel) -> None:
    replies = await asyncio.gather(*(model.complete(ask(f"Count to {n}.", tokens=4)) for n in range(4)))
    assert [reply.usage.output for reply in replies] == [4] * 4


@pytest.mark.slow
async def test_a_prompt_over_the_context_is_the_endpoints_error(model: LocalGgufModel) -> None:
    with pytest.raises(ProviderError, match="context"):
        await model.complete(ask("word " * 2000))


@pytest.mark.slow
async def test_closing_stops_the_server_and_may_be_repeated(gguf: Path) -> None:
    model = load(gguf)
    port = model.port
    await model.complete(ask("Hi", tokens=1))
    await model.close()
    await model.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with pytest.raises(UserError, match="is closed"):
        await model.complete(ask("Hi", tokens=1))


@pytest.mark.slow
async def test_the_port_answers_only_to_the_models_own_key(model: LocalGgufModel) -> None:
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        "Host: a",
        "Content-Length: 2",
        "Connection: close",
        "",
        "{}",
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", model.port)
    writer.write("\r\n".join(lines).encode())
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b" 401 " in status


@pytest.mark.slow
def test_a_process_that_forgets_to_close_ends_all_the_same(gguf: Path) -> None:
    spec = parse_spec(f"local:{gguf}")
    program = (
        "from core.models.build import build_chat_model\nfrom core.settings import load_settings\n"
        "from core.spec import parse_spec\n"
        f"model = build_chat_model(parse_spec({str(spec)!r}), load_settings(False))\nprint(model.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=50
    )
    assert (done.stdout, done.stderr) == (f"local:{gguf.name}\n", "")
