"""OpenAI's chat completions as a server reads and writes them: what is asked, answered and refused."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.chat import Message

if TYPE_CHECKING:
    from adaptation.serving.live import Answered

Body = dict[str, object]


def _text(value: object) -> object:
    """Content may come in parts; of those only texts can be read."""
    if isinstance(value, list) and all(isinstance(p, dict) and p.get("type") == "text" for p in value):
        return "".join(str(part.get("text", "")) for part in value)
    return "" if value is None else value


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value or []


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskedMessage(_Wire):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[str, BeforeValidator(_text)] = ""
    name: str | None = None
    tool_call_id: str | None = None

    def message(self) -> Message:
        role = "system" if self.role == "developer" else self.role
        return Message(role=role, content=self.content, tool_call_id=self.tool_call_id)


class _TextFormat(_Wire):
    type: Literal["text"]


class _ObjectFormat(_Wire):
    """Some JSON object."""

    type: Literal["json_object"]


class _NamedSchema(_Wire):
    name: str
    description: str | None = None
    strict: bool | None = None
    json_schema: dict[str, Any] = Field(alias="schema")


class _SchemaFormat(_Wire):
    """A JSON object of this schema, which is held to whether or not it is strict."""

    type: Literal["json_schema"]
    json_schema: _NamedSchema


ResponseFormat = Annotated[_TextFormat | _ObjectFormat | _SchemaFormat, Field(discriminator="type")]
ANY_OBJECT = {"type": "object"}


class _StreamOptions(_Wire):
    include_usage: bool = False


class AskedChat(_Wire):
    """What a request may say. What would change the answer and cannot be done is refused, never ignored."""

    model: str
    messages: list[AskedMessage] = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: Annotated[list[str], BeforeValidator(_several)] = Field(default_factory=list, max_length=4)
    stream: bool = False
    stream_options: _StreamOptions | None = None
    response_format: ResponseFormat | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    frequency_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    presence_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    user: str | None = None
    metadata: dict[str, str] | None = None

    def schema_asked(self) -> dict[str, Any] | None:
        """What the reply is to be held to."""
        wanted = self.response_format
        if isinstance(wanted, _SchemaFormat):
            return wanted.json_schema.json_schema
        return ANY_OBJECT if isinstance(wanted, _ObjectFormat) else None


class Refused(Exception):
    """An error in OpenAI's form."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param

    @property
    def body(self) -> Body:
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        told: Body = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": told}


def read_chat(raw: bytes) -> AskedChat:
    """Raises:
    Refused: it is no request for a chat completion, or wants what cannot be done; its field is named.
    """
    try:
        return AskedChat.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        message = str(first["msg"])
        if first["type"] == "extra_forbidden":
            message = "this server does not know it"
        raise Refused(400, f"{where or 'the request'}: {message}", param=where) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer's frame: the same id, time and model in all of its parts."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answered: Answered) -> Body:
        message = {"role": "assistant", "content": answered.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answered)}
        return self._body("chat.completion", [choice]) | {"usage": usage(answered)}

    def chunk(self, delta: dict[str, Any], finish: str | None = None) -> Body:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._body("chat.completion.chunk", [choice])

    def usage_chunk(self, answered: Answered) -> Body:
        return self._body("chat.completion.chunk", []) | {"usage": usage(answered)}

    def _body(self, kind: str, choices: list[dict[str, Any]]) -> Body:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }


def usage(answered: Answered) -> Body:
    return {
        "prompt_tokens": answered.prompt_tokens,
        "completion_tokens": answered.tokens,
        "total_tokens": answered.prompt_tokens + answered.tokens,
        "prompt_tokens_details": {"cached_tokens": answered.reused},
    }


def finish_reason(answered: Answered) -> str:
    return "stop" if answered.ended else "length"
