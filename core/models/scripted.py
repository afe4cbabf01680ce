"""A `ChatModel` that answers from a script: for tests, demonstrations and dry runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from core.chat import ChatReply, ChatRequest
from core.errors import AtlasError, ProviderError
from core.usage import TokenUsage

Line = ChatReply | str | AtlasError
"""One line of a script: a reply, a reply's text, or an error to raise."""


class ScriptedModel:
    """Answers with the lines in their order, or with what a function of the request returns.

    Every request is kept in `requests`. A text costs no tokens.
    """

    def __init__(
        self,
        script: Sequence[Line] | Callable[[ChatRequest], Line],
        *,
        name: str = "scripted",
        latency_seconds: float = 0.0,
    ) -> None:
        self.requests: list[ChatRequest] = []
        self._script = script
        self._name = name
        self._latency_seconds = latency_seconds

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Raises:
        ProviderError: the script is spent, or its line says so.
        """
        self.requests.append(request)
        line = self._next(request)
        if self._latency_seconds:
            await asyncio.sleep(self._latency_seconds)
        if isinstance(line, AtlasError):
            raise line
        if isinstance(line, str):
            line = ChatReply(text=line, usage=TokenUsage.zero(), model=self._name)
        return replace(line, latency_seconds=line.latency_seconds or self._latency_seconds)

    async def close(self) -> None:
        return None

    def _next(self, request: ChatRequest) -> Line:
        if callable(self._script):
            return self._script(request)
        asked = len(self.requests)
        if asked > len(self._script):
            raise ProviderError(
                f"the script of '{self._name}' is spent: {len(self._script)} lines, asked {asked} times"
            )
        return self._script[asked - 1]
