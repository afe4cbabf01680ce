"""The OpenAI-compatible endpoint over a live base model: `BASE` and `BASE:ADAPTER` are its models."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from adaptation.serving.shaping import BadSchema
from app.tune.wire import AskedChat, Body, Refused, Reply, finish_reason, read_chat
from core.errors import AtlasError, ProviderError

if TYPE_CHECKING:
    from starlette.requests import Request

    from adaptation.serving.live import Answered, Asked, LiveBase

MOST_BYTES = 4_000_000
"""Of a request: more than any context holds."""


class Endpoint:
    """`models` has the name of each model and the adapter's at the live base; None is the base alone."""

    def __init__(self, live: LiveBase, models: Mapping[str, str | None]) -> None:
        self._live, self._models = live, dict(models)
        self._since = int(time.time())

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models", self._list),
                Route("/v1/models/{name:path}", self._show),
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
            ],
            exception_handlers={Refused: _refused, HTTPException: _unrouted, Exception: _broken},
        )

    async def _list(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._model(name) for name in self._models]})

    async def _show(self, request: Request) -> Response:
        return JSONResponse(self._model(self._known(request.path_params["name"])))

    async def _chat(self, request: Request) -> Response:
        raw = await _body(request)
        chat = read_chat(raw)
        adapter, reply = self._models[self._known(chat.model)], Reply(model=chat.model)
        if chat.stream:
            return await self._streamed(chat, adapter, reply)
        work = asyncio.create_task(self._live.answer(adapter, _asked(chat)))
        gone = asyncio.create_task(_gone(request))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                return Response(status_code=499)  # nobody is there to read it
            return JSONResponse(reply.whole(_result(work)))
        finally:
            work.cancel()
            gone.cancel()

    async def _streamed(self, chat: AskedChat, adapter: str | None, reply: Reply) -> Response:
        """Answers by events. A request that cannot be answered is refused before the first of them."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def told(piece: str) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        work = asyncio.create_task(self._live.answer(adapter, _asked(chat), told))
        work.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            first = await pieces.get()
        except asyncio.CancelledError:
            work.cancel()
            raise
        if first is None:
            _result(work)
        events = _events(chat, reply, work, pieces, first)
        return StreamingResponse(
            events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
        )

    def _known(self, name: str) -> str:
        if name not in self._models:
            known = ", ".join(self._models)
            raise Refused(
                404, f"there is no model {name!r}; there are: {known}", code="model_not_found", param="model"
            )
        return name

    def _model(self, name: str) -> Body:
        return {"id": name, "object": "model", "created": self._since, "owned_by": "atlas"}


async def _events(
    chat: AskedChat,
    reply: Reply,
    work: asyncio.Task[Answered],
    pieces: asyncio.Queue[str | None],
    piece: str | None,
) -> AsyncIterator[str]:
    try:
        yield _event(reply.chunk({"role": "assistant", "content": ""}))
        while piece is not None:
            yield _event(reply.chunk({"content": piece}))
            piece = await pieces.get()
        try:
            answered = _result(work)
        except Refused as refused:
            yield _event(refused.body)
            return
        yield _event(reply.chunk({}, finish_reason(answered)))
        if chat.stream_options and chat.stream_options.include_usage:
            yield _event(reply.usage_chunk(answered))
        yield "data: [DONE]\n\n"
    finally:
        work.cancel()


def _event(body: Body) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def _result(work: asyncio.Task[Answered]) -> Answered:
    try:
        return work.result()
    except BadSchema as error:
        raise Refused(400, str(error), param="response_format") from None
    except ProviderError as error:
        raise Refused(400, str(error), code="context_length_exceeded", param="messages") from None
    except AtlasError as error:
        raise Refused(500, str(error)) from None


def _asked(chat: AskedChat) -> Asked:
    from adaptation.serving.live import Asked

    return Asked(
        messages=tuple(each.message() for each in chat.messages),
        temperature=chat.temperature,
        top_p=chat.top_p,
        max_tokens=chat.max_completion_tokens or chat.max_tokens,
        seed=None if chat.seed is None else chat.seed % 2**63,
        stop=tuple(chat.stop),
        json_schema=chat.schema_asked(),
    )


async def _body(request: Request) -> bytes:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MOST_BYTES:
            raise Refused(413, f"the request has more than {MOST_BYTES} bytes")
    return raw


async def _gone(request: Request) -> None:
    """Returns when the client has hung up; its body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse(error.body, status_code=error.status)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    what = f"{request.method} {request.url.path}: {error.detail.lower()}"
    return JSONResponse(Refused(error.status_code, what).body, status_code=error.status_code)


async def _broken(request: Request, error: Exception) -> Response:
    """The fault is told to the terminal, by the server; the client learns that it is not theirs."""
    return JSONResponse(Refused(500, "the server failed; its terminal says why").body, status_code=500)
