"""From SPEC and settings to a chat model, and everything that can be missing on the way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import ChatRequest, Message
from core.errors import ProviderError, UserError
from core.models.build import build_chat_model
from core.models.providers import endpoint_of, ollama_base_url
from core.models.replay import RecordingModel
from core.models.scripted import ScriptedModel
from core.settings import Settings, load_settings
from core.spec import Provider, parse_spec
from tests.core.fake_openai import FakeOpenAI, answer, error

ROOT = Path(__file__).parents[3]
ASK = ChatRequest(messages=(Message(role="user", content="hello"),))


def settings_of(folder: Path, *lines: str) -> Settings:
    path = folder / "some.env"
    path.write_text("\n".join(lines), encoding="utf-8")
    return load_settings(path)


@pytest.mark.parametrize(
    ("spec", "address_line", "key_line"),
    [
        ("openai/m", "OPENAI_BASE_URL={v1}", "OPENAI_API_KEY=sk-test"),
        ("openrouter/some/m", "OPENROUTER_BASE_URL={v1}/", "OPENROUTER_API_KEY=sk-test"),
        ("vllm/some/m", "VLLM_BASE_URL={v1}", "VLLM_API_KEY=sk-test"),
        ("vllm/m", "VLLM_BASE_URL={v1}", ""),
        ("llamacpp/m", "LLAMACPP_BASE_URL={v1}", ""),
        ("ollama/qwen3:8b", "OLLAMA_HOST={host}", ""),
    ],
)
async def test_the_model_asks_the_address_of_the_settings_for_the_specs_model(
    spec: str, address_line: str, key_line: str, tmp_path: Path
) -> None:
    with FakeOpenAI(answer("hi")) as fake:
        host = fake.base_url.removeprefix("http://").removesuffix("/v1")
        settings = settings_of(tmp_path, address_line.format(v1=fake.base_url, host=host), key_line)
        model = build_chat_model(parse_spec(spec), settings)
        reply = await model.complete(ASK)
        await model.close()
    (received,) = fake.received
    assert reply.text == "hi"
    assert model.name == spec
    assert received.path == "/v1/chat/completions"
    assert received.body["model"] == spec.partition("/")[2]
    assert received.headers["authorization"] == f"Bearer {'sk-test' if key_line else 'none'}"


async def test_timeout_and_retries_are_those_of_the_settings(tmp_path: Path) -> None:
    with FakeOpenAI(answer(delay_seconds=0.5), error(500)) as fake:
        lines = (f"VLLM_BASE_URL={fake.base_url}", "ATLAS_REQUEST_TIMEOUT_SECONDS=0.2", "ATLAS_MAX_RETRIES=0")
        model = build_chat_model(parse_spec("vllm/m"), settings_of(tmp_path, *lines))
        with pytest.raises(ProviderError, match=r"0\.2 s"):
            await model.complete(ASK)
        with pytest.raises(ProviderError, match="500"):
            await model.complete(ASK)
        await model.close()
    assert len(fake.received) == 2


async def test_a_refused_key_names_its_variable(tmp_path: Path) -> None:
    with FakeOpenAI(error(401)) as fake:
        lines = (f"OPENAI_BASE_URL={fake.base_url}", "OPENAI_API_KEY=sk-wrong-key")
        model = build_chat_model(parse_spec("openai/m"), settings_of(tmp_path, *lines))
        with pytest.raises(UserError, match="OPENAI_API_KEY") as caught:
            await model.complete(ASK)
        await model.close()
    assert "sk-wrong-key" not in str(caught.value)


@pytest.mark.parametrize("provider", ["openai", "openrouter", "anthropic", "gemini"])
def test_a_missing_key_is_told_by_its_variable_before_anything_is_sent(provider: str) -> None:
    with pytest.raises(UserError, match=rf"^{provider.upper()}_API_KEY is not set"):
        build_chat_model(parse_spec(f"{provider}/m"), load_settings(False))


@pytest.mark.parametrize("provider", list(Provider))
def test_every_provider_has_an_address_and_hides_its_key(provider: Provider, tmp_path: Path) -> None:
    lines = [
        f"{name}=sk-test"
        for name in Settings.variables()
        if name.endswith("_API_KEY") and not name.startswith("ATLAS_")
    ]
    endpoint = endpoint_of(provider, settings_of(tmp_path, *lines))
    assert endpoint.base_url.startswith("http")
    assert "sk-test" not in repr(endpoint)
    assert endpoint.key_variable in Settings.variables()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:11500", "http://127.0.0.1:11500/v1"),
        ("http://box:11434/", "http://box:11434/v1"),
        ("http://box:11434/v1", "http://box:11434/v1"),
        ("http://box", "http://box:80/v1"),
        ("https://box/behind/proxy", "https://box:443/behind/proxy/v1"),
        ("[::1]", "http://[::1]:11434/v1"),
        ("[::]:1", "http://127.0.0.1:1/v1"),
    ],
)
def test_ollamas_host_is_read_as_its_own_client_reads_it(host: str, address: str) -> None:
    assert ollama_base_url(host) == address


@pytest.mark.parametrize("host", ["ftp://box", "http://", "box:port", ":11434", "[::1"])
def test_an_ollama_host_that_is_no_address_is_a_users_error(host: str) -> None:
    with pytest.raises(UserError, match="OLLAMA_HOST"):
        ollama_base_url(host)


@given(st.text())
def test_any_ollama_host_gives_an_address_or_a_users_error(host: str) -> None:
    try:
        address = ollama_base_url(host)
    except UserError:
        return
    assert address.startswith(("http://", "https://"))
    assert address.endswith("/v1")


async def test_a_recording_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    await RecordingModel(ScriptedModel(["hi"]), path).complete(ASK)
    model = build_chat_model(parse_spec(f"replay:{path}"), load_settings(False))
    assert (await model.complete(ASK)).text == "hi"


@pytest.mark.parametrize("spec", ["replay:no-such.jsonl", "local:no-such.gguf"])
def test_a_missing_file_is_a_users_error_that_names_it(spec: str, tmp_path: Path) -> None:
    name = spec.partition(":")[2]
    with pytest.raises(UserError, match=name):
        build_chat_model(parse_spec(spec.replace(name, f"{tmp_path}/{name}")), load_settings(False))


@pytest.mark.parametrize("spec", ["offline", "python:a:b", "http://127.0.0.1/a"])
def test_what_is_no_chat_model_is_told_the_forms(spec: str) -> None:
    with pytest.raises(
        UserError, match=r"is no chat model: give provider/model, local:FILE\.gguf, adapter:NAME or"
    ):
        build_chat_model(parse_spec(spec), load_settings(False))


def test_an_adapter_without_a_backend_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match="adapter"):
        build_chat_model(parse_spec("adapter:mine"), load_settings(False))


def test_building_needs_no_running_loop(tmp_path: Path) -> None:
    model = build_chat_model(parse_spec("ollama/m"), load_settings(False))
    asyncio.run(model.close())


def test_the_client_is_imported_only_for_a_model_that_needs_it() -> None:
    program = (
        "import sys\nfrom core.models.build import build_chat_model\n"
        "from core.settings import load_settings\nfrom core.spec import parse_spec\n"
        "from core.errors import UserError\n"
        "try:\n    build_chat_model(parse_spec('openai/m'), load_settings(False))\n"
        "except UserError:\n    print([m for m in ('openai', 'xllamacpp') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
