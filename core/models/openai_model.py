"""Any OpenAI-compatible endpoint as a `ChatModel`. The only module that imports `openai`.

Retries live here and nowhere else: the client's own are off, so that each one is counted in the reply.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from random import Random
from urllib.parse import urlsplit

import httpx2
import openai

from core.chat import ChatReply, ChatRequest
from core.errors import AtlasError, ModelOutputError, ProviderError, UserError
from core.models.backoff import LONGEST_ASKED_SECONDS, asked_seconds, backoff_seconds
from core.models.wire import Body, excerpt, read_reply, request_body

OPENAI_HOST = "api.openai.com"
"""Where the limit of output is named `max_completion_tokens` from the start."""

_DROPPABLE = frozenset({"temperature", "seed", "stop"})
_PASSING_STATUS = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """One attempt that gave no reply: what to raise if it is the last, and whether to try again."""

    error: AtlasError
    cause: Exception
    passing: bool
    asked_seconds: float | None = None


class OpenAIChatModel:
    """Chat completions over HTTP, without streaming.

    `timeout_seconds` holds one attempt from its sending to the last byte. Rate limits, server errors,
    timeouts, cut connections and replies that are no chat completion are tried again, `max_retries` times at
    most, with growing waits or the wait that the server asks for. Knobs that a model
    refuses (`temperature` with reasoning models) are left out from then on.

    Raises (when made):
        UserError: the key cannot be one.
    """

    def __init__(
        self,
        *,
        name: str,
        model: str,
        base_url: str,
        api_key: str,
        timeout_seconds: float,
        max_retries: int,
        key_variable: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not (api_key.isascii() and api_key.isprintable()):
            raise UserError(
                f"{name}: the key of {key_variable} holds characters that no key has: set it again"
            )
        self._name, self._model, self._key_variable = name, model, key_variable
        self._base_url = base_url.rstrip("/")
        self._timeout_seconds, self._max_retries, self._sleep = timeout_seconds, max_retries, sleep
        self._api_key = api_key
        self._random = Random()
        self._dropped: set[str] = set()
        self._new_limit_name = self._is_openai
        self._client = self._connect()

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request; `latency_seconds` is that of the attempt that succeeded.

        Raises:
            UserError: the key or the model's name is refused.
            ProviderError: the endpoint failed after its bounded retries, or refused the request.
            ModelOutputError: the endpoint answers, but not with a chat completion.
        """
        retries = 0
        while True:
            outcome = await self._attempt(request)
            if isinstance(outcome, ChatReply):
                return replace(outcome, retries=retries)
            wait = outcome.asked_seconds
            if not outcome.passing or retries == self._max_retries or (wait or 0.0) > LONGEST_ASKED_SECONDS:
                raise self._final(outcome, retries) from outcome.cause
            await self._sleep(backoff_seconds(retries, self._random) if wait is None else wait)
            retries += 1

    async def close(self) -> None:
        await self._client.close()

    @property
    def _is_openai(self) -> bool:
        return urlsplit(self._base_url).hostname == OPENAI_HOST

    def _connect(self) -> openai.AsyncOpenAI:
        # A proxy of the environment cannot reach this machine's own servers.
        http_client = openai.DefaultAsyncHttpxClient(
            timeout=self._timeout_seconds, trust_env=not _is_loopback(self._base_url)
        )
        client = openai.AsyncOpenAI(
            api_key=self._api_key, base_url=self._base_url, max_retries=0, http_client=http_client
        )
        if not self._is_openai:
            # The client fills these from the environment, and they are no business of other providers.
            client.organization = client.project = None
        return client

    async def _attempt(self, request: ChatRequest) -> ChatReply | _Failure:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, body=self._body(request)
                )
            reply = read_reply(_text(response))
        except (TimeoutError, openai.APITimeoutError) as error:
            message = f"no answer within {self._timeout_seconds:g} s"
            return _Failure(error=self._provider_error(message), cause=error, passing=True)
        except openai.APIConnectionError as error:
            return _Failure(
                error=self._provider_error(f"no connection: {self._clean(_reason(error))}"),
                cause=error,
                passing=True,
            )
        except openai.APIStatusError as error:
            return await self._attempt(request) if self._adapt(error) else self._refused(error)
        except (ModelOutputError, ProviderError) as error:
            told = type(error)(f"{self._name} at {self._base_url}: {self._clean(str(error))}")
            return _Failure(error=told, cause=error, passing=True)
        return replace(reply, latency_seconds=time.perf_counter() - started)

    def _body(self, request: ChatRequest) -> Body:
        body = {
            key: value
            for key, value in request_body(request, self._model).items()
            if key not in self._dropped
        }
        if self._new_limit_name and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        return body

    def _adapt(self, error: openai.APIStatusError) -> bool:
        """Whether a knob was refused that can be left out or renamed; it is from then on."""
        if error.status_code != 400 or not (error.code or "").startswith("unsupported"):
            return False
        if error.param in _DROPPABLE and error.param not in self._dropped:
            self._dropped.add(error.param)
            return True
        if error.param == "max_tokens" and not self._new_limit_name:
            self._new_limit_name = True
            return True
        return False

    def _refused(self, error: openai.APIStatusError) -> _Failure:
        status, told = error.status_code, self._clean(str(error.message))
        if status == 401:
            where = f": check {self._key_variable}" if self._key_variable else ""
            return _Failure(
                error=UserError(f"{self._name}: {self._base_url} refuses the key{where}"),
                cause=error,
                passing=False,
            )
        if status == 404:
            message = f"{self._name}: {self._base_url} does not know the model or the address ({told})"
            return _Failure(error=UserError(message), cause=error, passing=False)
        spent = error.code == "insufficient_quota"
        return _Failure(
            error=self._provider_error(f"status {status}: {told}"),
            cause=error,
            passing=not spent and (status in _PASSING_STATUS or status >= 500),
            asked_seconds=asked_seconds(error.response.headers),
        )

    def _final(self, failure: _Failure, retries: int) -> AtlasError:
        if not failure.passing:
            return failure.error
        note = f" (after {retries} {'retry' if retries == 1 else 'retries'})"
        if (failure.asked_seconds or 0.0) > LONGEST_ASKED_SECONDS:
            note = f" (it asks to wait {failure.asked_seconds:.0f} s)"
        return type(failure.error)(f"{failure.error}{note}")

    def _provider_error(self, message: str) -> ProviderError:
        return ProviderError(f"{self._name} at {self._base_url}: {message}")

    def _clean(self, text: str) -> str:
        return excerpt(text.replace(self._api_key, "[key]") if len(self._api_key) > 4 else text)


def _text(response: httpx2.Response) -> str:
    return response.content.decode("utf-8", "replace")


def _reason(error: openai.APIConnectionError) -> str:
    cause = error.__cause__ or error
    return str(cause) or type(cause).__name__


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
