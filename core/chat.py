"""The `ChatModel` seam: messages, tools and a JSON schema in; text, tool calls and usage out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from core.usage import TokenUsage

JsonSchema = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as a model is told of it; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: JsonSchema


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that a model asked for; `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn. `tool_calls` on assistant turns only, `tool_call_id` on tool turns only."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What one call asks. `json_schema` constrains the whole reply text; unset knobs are the server's."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    json_schema: JsonSchema | None = None
    schema_name: str = "reply"
    temperature: float | None = None
    max_output_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What came back. `model` is the name that the server gave, `finish_reason` its word."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: TokenUsage = field(default_factory=TokenUsage)
    model: str = ""
    finish_reason: str = "stop"
    latency_seconds: float = 0.0
    retries: int = 0


class ChatModel(Protocol):
    """One call to a language model, whichever process or endpoint answers it."""

    @property
    def name(self) -> str:
        """The SPEC's `provider/model` form, as stored with every call."""
        ...

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request.

        Raises:
            ProviderError: the endpoint failed after its bounded retries.
            ModelOutputError: the reply is not a chat completion.
        """
        ...

    async def close(self) -> None:
        """Free connections and processes."""
        ...
