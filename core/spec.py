"""SPEC: the text by which people name a student, a teacher or a model on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from core.errors import UserError


class SpecKind(StrEnum):
    """What a SPEC names."""

    OFFLINE = "offline"
    PROVIDER = "provider"
    LOCAL = "local"
    PYTHON = "python"
    HTTP = "http"
    REPLAY = "replay"
    ADAPTER = "adapter"


class Provider(StrEnum):
    """Whose endpoint a `provider/model` SPEC means; addresses and keys are settings."""

    OPENAI = "openai"
    OPENROUTER = "openrouter"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    OLLAMA = "ollama"
    VLLM = "vllm"
    LLAMACPP = "llamacpp"


FORMS = (
    "offline, provider/model (as openai/gpt-5-mini or ollama/qwen3:8b), local:FILE.gguf, "
    "python:module:callable, http:URL, replay:FILE, adapter:NAME"
)

_PREFIX = re.compile(r"(local|python|http|https|replay|adapter):(.*)", re.DOTALL)
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_ADAPTER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A parsed SPEC.

    `target` is the model, file, `module:callable`, URL or adapter name after the form's first word, and
    empty for `offline`. `provider` is set for kind `provider` alone. `str()` gives the SPEC back.
    """

    kind: SpecKind
    target: str = ""
    provider: Provider | None = None

    @property
    def in_process(self) -> bool:
        """Its weights are in this process: a small model, with a window of `ATLAS_LOCAL_CONTEXT_TOKENS`."""
        return self.kind in (SpecKind.LOCAL, SpecKind.ADAPTER)

    def __str__(self) -> str:
        if self.kind is SpecKind.OFFLINE:
            return "offline"
        if self.provider is not None:
            return f"{self.provider}/{self.target}"
        return f"{self.kind}:{self.target}"


def parse_spec(text: str) -> Spec:
    """Read a SPEC. Nothing is opened: whether a file or a model exists is seen where it is built.

    `http:URL` may be written as the bare URL, too.

    Raises:
        UserError: no form fits; the message lists the forms.
    """
    text = text.strip()
    if text == "offline":
        return Spec(kind=SpecKind.OFFLINE)
    if not text or not text.isprintable():
        raise _misfit(text, "it is empty" if not text else "it holds unprintable characters")
    if match := _PREFIX.fullmatch(text):
        return _prefixed(text, match[1], match[2].strip())
    provider, slash, model = text.partition("/")
    if not (slash and provider and model):
        raise _misfit(text, "it has none of the known forms")
    if provider not in set(Provider):
        raise _misfit(text, f"provider {provider!r} is none of {', '.join(Provider)}")
    return Spec(kind=SpecKind.PROVIDER, provider=Provider(provider), target=model)


def _prefixed(text: str, word: str, rest: str) -> Spec:
    if word == "https" or (word == "http" and rest.startswith("//")):
        word, rest = "http", text
    kind = SpecKind(word)
    if complaint := _complaint(kind, rest):
        raise _misfit(text, complaint)
    return Spec(kind=kind, target=rest)


def _complaint(kind: SpecKind, target: str) -> str | None:
    if not target:
        return f"nothing follows {kind}:"
    if kind is SpecKind.LOCAL and not target.lower().endswith(".gguf"):
        return "the file after local: must end in .gguf"
    if kind is SpecKind.PYTHON and not _is_callable_name(target):
        return "after python: comes module:callable, as mypackage.students:mine"
    if kind is SpecKind.HTTP and not _is_web_address(target):
        return "after http: comes a URL, as http://127.0.0.1:9000/attempt"
    if kind is SpecKind.ADAPTER and not _ADAPTER_NAME.fullmatch(target):
        return "an adapter's name has letters, digits, dots, dashes and underscores"
    return None


def _is_callable_name(target: str) -> bool:
    module, colon, name = target.partition(":")
    return bool(colon and _DOTTED.fullmatch(module) and _DOTTED.fullmatch(name))


def _is_web_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _misfit(text: str, why: str) -> UserError:
    return UserError(f"{text!r} is no SPEC: {why}; write one of: {FORMS}")
