"""A GGUF file as a chat model: llama.cpp's own server, run in this process on a free loopback port."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import UserError

if TYPE_CHECKING:
    from core.chat import ChatModel, ChatReply, ChatRequest

PACKAGE = "xllamacpp"
MAGIC = b"GGUF"
SILENT = -1


class _Server(Protocol):
    """What is used of the package's server: it listens from its making until nothing refers to it."""

    @property
    def listening_address(self) -> str: ...


class LocalGgufModel:
    """Loads the file when it is made and holds it until `close`; one request is worked at a time.

    Threads for generation are one fewer than the cores: as many as cores slows to a tenth on a busy machine.
    `timeout_seconds` counts the wait behind other requests. The port answers only to a key made afresh here.

    Raises (when made):
        UserError: no such file, not a GGUF file, the package is missing, or llama.cpp cannot load the file.
    """

    def __init__(self, path: Path, *, context_tokens: int, timeout_seconds: float) -> None:
        # Imported here with the client that it needs: most runs load no local model.
        from core.models.openai_model import OpenAIChatModel

        check_gguf(path)
        key = secrets.token_urlsafe()
        server = _serve(path, key=key, context_tokens=context_tokens)
        self._server: _Server | None = server
        self._port = int(server.listening_address.rsplit(":", 1)[1])
        self._model: ChatModel = OpenAIChatModel(
            name=f"local:{path.name}",
            model=path.stem,
            base_url=f"{server.listening_address}/v1",
            api_key=key,
            timeout_seconds=timeout_seconds,
            max_retries=0,
            key_variable="",
        )

    @property
    def port(self) -> int:
        """Of the server on 127.0.0.1."""
        return self._port

    @property
    def name(self) -> str:
        """`local:FILE.gguf` without the folder."""
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """As `ChatModel.complete`; never retried, for a request that was slow once is slow again."""
        if self._server is None:
            raise UserError(f"{self.name} is closed: build the model again")
        return await self._model.complete(request)

    async def close(self) -> None:
        """Stop the server and free the weights. Closing twice does nothing."""
        await self._model.close()
        self._server = None


def check_gguf(path: Path) -> None:
    """Raises:
    UserError: the file is missing, unreadable or not GGUF.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): give the path of a GGUF file") from None
    if start != MAGIC:
        raise UserError(f"{path} is not a GGUF file: its first four bytes are not 'GGUF'")


def _serve(path: Path, *, key: str, context_tokens: int) -> _Server:
    try:
        import xllamacpp
    except ImportError as error:
        raise UserError(
            f"local models need the package {PACKAGE} ({error}): pip install 'atlas-agents[local]'"
        ) from None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {path.stem}
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = max(1, (os.cpu_count() or 2) - 1)
    params.api_keys = [key]
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = SILENT
    try:
        server: _Server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise UserError(
            f"llama.cpp cannot load {path}: the file is damaged, of an unknown architecture, "
            "or too large for the memory that is free"
        ) from error
    return server
