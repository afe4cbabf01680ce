"""A base model in this process that answers with any of its adapters, one request after the other.

Every method can be served so, also those that no other server could run.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adaptation.artifact import load
from adaptation.base import Base, load_base
from adaptation.data.encoding import prompt_ids
from adaptation.serving.generating import Reader, Sampling, Written, end_ids, reads_on, write
from adaptation.serving.shaping import Shapes
from core.adapters import Turn
from core.chat import ChatReply, ChatRequest, Message
from core.errors import ProviderError, UserError
from core.usage import TokenUsage

if TYPE_CHECKING:
    from adaptation.method import AdapterMethod
    from adaptation.serving.shaping import Shape
    from core.chat import JsonSchema

MOST_TOKENS = 1024
"""Of a reply, where a request does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an adapter lies; `task` chooses among the deltas of a method that has one a task."""

    folder: Path
    task: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A chat to go on with; None leaves a knob to this server: temperature 1, a seed of its own.

    The reply is held to `json_schema`.
    """

    messages: tuple[Message, ...]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: JsonSchema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`reused` of the prompt's tokens were still known from the answer before."""

    text: str
    prompt_tokens: int
    reused: int
    tokens: int
    ended: bool


class LiveBase:
    """One base model and its adapters by name, worked by one thread: requests queue, and each finds the
    adapter that it asks for on the model. The model is read at the first of them.

    Where a chat goes on from the last one with the same adapter, only what is new is read.
    """

    def __init__(self, path: Path, adapters: Mapping[str, Place], *, base: Base | None = None) -> None:
        self._path, self._base = path, base
        self._adapters = dict(adapters)
        self._on: str | None = None
        self._method: AdapterMethod[Any] | None = None
        self._cached: dict[str, bool] = {}
        self._reader: Reader | None = None
        self._shapes: Shapes | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-model")

    def add(self, name: str, place: Place) -> None:
        """Know one more adapter; what a name means does not change."""
        self._adapters.setdefault(name, place)

    async def open(self) -> None:
        """Read the base model now.

        Raises:
            UserError: it cannot be read.
        """
        await asyncio.wrap_future(self._worker.submit(self._with, None))

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._adapters))

    async def answer(
        self, name: str | None, asked: Asked, told: Callable[[str], None] | None = None
    ) -> Answered:
        """Answer with the adapter of that name, or without any. `told` hears the text as it comes, in the
        working thread. A cancelled task ends the work at the next token.

        Raises:
            UserError: there is no such adapter, or it or the base cannot be read.
            ProviderError: the chat is longer than the model can read.
            BadSchema: no reply can be held to the schema.
        """
        ended = threading.Event()
        work = asyncio.wrap_future(self._worker.submit(self._answer, name, asked, told, ended.is_set))
        try:
            return await work
        finally:
            ended.set()

    def close(self) -> None:
        """Let go of the model after what is being answered. Closing twice does nothing."""
        self._worker.submit(self._forget)
        self._worker.shutdown(wait=True, cancel_futures=False)

    def _forget(self) -> None:
        self._base, self._method, self._on = None, None, None
        self._reader, self._shapes = None, None

    def _answer(
        self,
        name: str | None,
        asked: Asked,
        told: Callable[[str], None] | None,
        stopped: Callable[[], bool],
    ) -> Answered:
        base = self._with(name)
        ids = prompt_ids(base.tokenizer, [_turn(message) for message in asked.messages])
        sampling = _sampling(asked, _room(base, len(ids)))
        written: Written = write(
            base.model,
            base.tokenizer,
            ids,
            sampling,
            reader=self._reader,
            shape=self._shape(base, asked.json_schema),
            told=told,
            stopped=stopped,
        )
        return Answered(
            text=written.text,
            prompt_tokens=len(ids),
            reused=written.reused,
            tokens=written.tokens,
            ended=written.ended,
        )

    def _shape(self, base: Base, schema: JsonSchema | None) -> Shape | None:
        if schema is None:
            return None
        if self._shapes is None:
            size, ends = int(base.model.config.vocab_size), end_ids(base.model, base.tokenizer)
            self._shapes = Shapes(base.tokenizer, size, ends)
        return self._shapes.shape(schema)

    def _with(self, name: str | None) -> Base:
        """The base with that adapter on it and no other."""
        if name is not None and name not in self._adapters:
            raise UserError(f"there is no adapter {name!r}; there are: {', '.join(self.names()) or 'none'}")
        if self._base is None:
            self._base = load_base(self._path)
        base = self._base
        if name != self._on:
            self._take_off()
        if name is not None and name != self._on:
            self._put_on(base, name)
        base.model.eval()
        if self._reader is None:
            self._reader = Reader(base.model, cached=name is None or self._cached[name])
        return base

    def _take_off(self) -> None:
        if self._method is not None and self._base is not None:
            self._method.detach(self._base.model)
        self._method, self._on, self._reader = None, None, None

    def _put_on(self, base: Base, name: str) -> None:
        place = self._adapters[name]
        try:
            method = load(base.model, place.folder)
            if method.capabilities.per_task:
                method.select(place.task or 0)  # type: ignore[attr-defined]
            elif place.task is not None:
                raise UserError(f"{name} has no tasks: it is {method.name}")
        except Exception:
            self._forget()  # it may be half attached: read the base anew
            raise
        base.model.eval()
        self._method, self._on = method, name
        if name not in self._cached:
            self._cached[name] = reads_on(base.model)


class LiveModel:
    """A `ChatModel` over a live base. A JSON schema is held to; tools are refused."""

    def __init__(self, live: LiveBase, name: str | None, *, shown_as: str) -> None:
        self._live: LiveBase | None = live
        self._adapter, self._name = name, shown_as

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """As `ChatModel.complete`.

        Raises:
            UserError: the model is closed, or its files cannot be read.
            ProviderError: the request has tools, a schema that is none, or more than the model can read.
        """
        if self._live is None:
            raise UserError(f"{self._name} is closed: build the model again")
        if request.tools:
            raise ProviderError(f"{self._name} cannot call tools: ask for text")
        began = time.monotonic()
        answered = await self._live.answer(
            self._adapter,
            Asked(
                messages=request.messages,
                temperature=request.temperature,
                max_tokens=request.max_output_tokens,
                seed=request.seed,
                stop=request.stop,
                json_schema=request.json_schema,
            ),
        )
        return ChatReply(
            text=answered.text,
            usage=TokenUsage(
                input=answered.prompt_tokens - answered.reused,
                cache_read=answered.reused,
                cache_write=0,
                output=answered.tokens,
                reasoning=0,
            ),
            model=self._name,
            finish_reason="stop" if answered.ended else "length",
            latency_seconds=time.monotonic() - began,
        )

    async def close(self) -> None:
        """Let go of the base; its weights are freed when nobody else uses it."""
        self._live = None


def _turn(message: Message) -> Turn:
    """Chat templates of small models know three roles, and no empty turn is learned."""
    role = "user" if message.role == "tool" else message.role
    return Turn.model_construct(role=role, content=message.content)


def _room(base: Base, prompt: int) -> int:
    most = int(getattr(base.model.config, "max_position_embeddings", 0) or 0)
    if most and prompt >= most:
        raise ProviderError(f"the chat has {prompt} tokens and the model reads at most {most}")
    return most - prompt if most else MOST_TOKENS


def _sampling(asked: Asked, room: int) -> Sampling:
    wanted = MOST_TOKENS if asked.max_tokens is None else asked.max_tokens
    return Sampling(
        max_tokens=min(wanted, room),
        temperature=1.0 if asked.temperature is None else asked.temperature,
        top_p=1.0 if asked.top_p is None else asked.top_p,
        seed=secrets.randbits(62) if asked.seed is None else asked.seed,
        stop=tuple(each for each in asked.stop if each),
    )
