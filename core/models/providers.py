"""Where a provider answers and with which key: every one of them speaks OpenAI's chat completions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.errors import UserError
from core.settings import Settings
from core.spec import Provider

OPENAI_BASE_URL = "https://api.openai.com/v1"
ANTHROPIC_BASE_URL = "https://api.anthropic.com/v1"
GEMINI_BASE_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
OLLAMA_PORT = 11434

NO_KEY = "none"
"""Sent to servers on one's own machine that ask for no key: the client insists on having one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`key_variable` is where people set the key; for Ollama, which has none, where they set its address."""

    base_url: str
    api_key: str = field(repr=False)
    key_variable: str


def endpoint_of(provider: Provider, settings: Settings) -> Endpoint:
    """The address and key of a provider.

    Raises:
        UserError: the provider needs a key and its variable is not set.
    """
    match provider:
        case Provider.OPENAI:
            address = settings.openai_base_url or OPENAI_BASE_URL
            return _keyed("openai_api_key", settings.openai_api_key, address)
        case Provider.OPENROUTER:
            return _keyed("openrouter_api_key", settings.openrouter_api_key, settings.openrouter_base_url)
        case Provider.ANTHROPIC:
            return _keyed("anthropic_api_key", settings.anthropic_api_key, ANTHROPIC_BASE_URL)
        case Provider.GEMINI:
            return _keyed("gemini_api_key", settings.gemini_api_key, GEMINI_BASE_URL)
        case Provider.OLLAMA:
            return Endpoint(
                base_url=ollama_base_url(settings.ollama_host), api_key=NO_KEY, key_variable="OLLAMA_HOST"
            )
        case Provider.VLLM:
            return _own_server("vllm_api_key", settings.vllm_api_key, settings.vllm_base_url)
        case Provider.LLAMACPP:
            return _own_server("llamacpp_api_key", settings.llamacpp_api_key, settings.llamacpp_base_url)
        case _:
            assert_never(provider)


def ollama_base_url(host: str) -> str:
    """The OpenAI-compatible address for a value of OLLAMA_HOST, read as Ollama's own client reads it.

    Scheme, port and path may be missing; an address that means "every interface" is reached by loopback.

    Raises:
        UserError: it is no address.
    """
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or parts.scheme not in ("http", "https"):
        raise UserError(f"OLLAMA_HOST {host!r} is no address: write it as http://127.0.0.1:{OLLAMA_PORT}")
    if name in ("0.0.0.0", "::"):
        name = "127.0.0.1"
    shown = f"[{name}]" if ":" in name else name
    if port is None:
        port = OLLAMA_PORT if "://" not in host else {"http": 80, "https": 443}[parts.scheme]
    path = parts.path.rstrip("/").removesuffix("/v1")
    return f"{parts.scheme}://{shown}:{port}{path}/v1"


def _keyed(field_name: str, key: SecretStr | None, base_url: str) -> Endpoint:
    variable = Settings.variable(field_name)
    if key is None:
        raise UserError(
            f"{variable} is not set: put the provider's key there, in the environment or in .env "
            "(any word, if the server behind the base URL asks for none)"
        )
    return Endpoint(base_url=base_url, api_key=key.get_secret_value(), key_variable=variable)


def _own_server(field_name: str, key: SecretStr | None, base_url: str) -> Endpoint:
    value = NO_KEY if key is None else key.get_secret_value()
    return Endpoint(base_url=base_url, api_key=value, key_variable=Settings.variable(field_name))
