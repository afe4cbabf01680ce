"""From a SPEC to a chat model. Whatever is missing is told here, before a run writes anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import UserError
from core.models.providers import endpoint_of
from core.spec import Provider, Spec, SpecKind

if TYPE_CHECKING:
    from core.chat import ChatModel
    from core.settings import Settings

LOCAL_PATIENCE = 5
"""How many times longer than an endpoint a model on this machine's processor may take."""


def build_chat_model(spec: Spec, settings: Settings) -> ChatModel:
    """The chat model behind `provider/model`, `local:FILE.gguf`, `adapter:NAME` or `replay:FILE`; no request
    is sent.

    The caller closes it. A local model is loaded here: build it once and share it between roles.

    Raises:
        UserError: the SPEC names no chat model, a key is not set, a package is missing, or a file cannot be
            used.
    """
    if spec.kind is SpecKind.LOCAL:
        from core.models.local_gguf import LocalGgufModel

        return LocalGgufModel(
            Path(spec.target).expanduser(),
            context_tokens=settings.local_context_tokens,
            timeout_seconds=settings.request_timeout_seconds * LOCAL_PATIENCE,
        )
    if spec.kind is SpecKind.REPLAY:
        from core.models.replay import ReplayModel

        return ReplayModel(Path(spec.target).expanduser())
    if spec.kind is SpecKind.ADAPTER:
        from core.adapters import open_backend

        return open_backend(settings).model(spec.target)
    if spec.provider is not None:
        return _endpoint_model(spec, spec.provider, settings)
    forms = "provider/model, local:FILE.gguf, adapter:NAME or replay:FILE"
    raise UserError(f"{spec} is no chat model: give {forms}")


def _endpoint_model(spec: Spec, provider: Provider, settings: Settings) -> ChatModel:
    endpoint = endpoint_of(provider, settings)
    # After the check of the key: the client takes half a second to import.
    from core.models.openai_model import OpenAIChatModel

    return OpenAIChatModel(
        name=str(spec),
        model=spec.target,
        base_url=endpoint.base_url,
        api_key=endpoint.api_key,
        timeout_seconds=settings.request_timeout_seconds,
        max_retries=settings.max_retries,
        key_variable=endpoint.key_variable,
    )
