"""One HTTP layer for all sources: paced by host, retried within bounds, remembered, and given up in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Self

import httpx

from core.errors import ProviderError
from core.models.backoff import LONGEST_ASKED_SECONDS, asked_seconds, backoff_seconds
from ideation.sources.cache import HttpCache, request_key
from ideation.sources.limits import CircuitBreaker, Clock, HostPolicy, Sleep, TokenBucket

RETRIES = 3
TIMEOUT_SECONDS = 30.0
_BUDGET_LEFT = "x-ratelimit-remaining-usd"
_BUDGET_USED = "x-ratelimit-cost-usd"
_GONE = (400, 404, 410)


class SourceDown(ProviderError):
    """The source did not answer; what was asked is unknown."""


class BudgetSpent(ProviderError):
    """The source bills by the day and the day's budget is spent: asking again is no use until tomorrow."""


@dataclass(slots=True)
class HostState:
    """What is known of one host: its pace, its health and what it billed."""

    policy: HostPolicy
    bucket: TokenBucket
    breaker: CircuitBreaker
    gate: asyncio.Semaphore
    requests: int = 0
    billed_usd: float = 0.0
    budget_spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One GET. `secret` holds keys and addresses: sent as parameters or headers, never stored."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    secret_params: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)


class Fetcher:
    """`client` may be given a transport of its own: recorded answers, or none at all."""

    def __init__(
        self,
        cache: HttpCache,
        client: httpx.AsyncClient | None = None,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        seed: int = 0,
    ) -> None:
        self._cache, self._clock, self._sleep = cache, clock, sleep
        self._client = client or httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=True)
        self._hosts: dict[str, HostState] = {}
        self._random = Random(seed)

    def state(self, policy: HostPolicy) -> HostState:
        if policy.host not in self._hosts:
            self._hosts[policy.host] = HostState(
                policy=policy,
                bucket=TokenBucket(policy, self._clock, self._sleep),
                breaker=CircuitBreaker(clock=self._clock),
                gate=asyncio.Semaphore(policy.together),
            )
        return self._hosts[policy.host]

    def bills(self) -> dict[str, tuple[int, float]]:
        """Requests sent and USD billed, by host; what the cache answered is in neither."""
        return {host: (state.requests, state.billed_usd) for host, state in sorted(self._hosts.items())}

    async def get(self, policy: HostPolicy, ask: Ask) -> bytes:
        """The body of a good answer, from the cache where it is known.

        Raises:
            BudgetSpent: the day's budget at the source is spent.
            SourceDown: no good answer after bounded retries, or the source is being left alone.
            ProviderError: the source refuses the request itself.
        """
        key = request_key(ask.url, ask.params)
        if (known := self._cache.get(key)) is not None:
            return known
        state = self.state(policy)
        async with state.gate:
            body = await self._ask(state, ask)
        self._cache.put(key, ask.url, body)
        return body

    async def _ask(self, state: HostState, ask: Ask) -> bytes:
        host = state.policy.host
        said = "no answer"
        for retry in range(RETRIES + 1):
            if state.budget_spent:
                raise BudgetSpent(f"{host}: the day's budget is spent; go on tomorrow or set a key")
            if state.breaker.is_open:
                raise SourceDown(f"{host} is left alone for a while after several failures: {said}")
            await state.bucket.take()
            wait: float | None = None
            try:
                answer = await self._send(state, ask)
            except httpx.HTTPError as error:
                said = type(error).__name__
            else:
                if answer.is_success:
                    state.breaker.succeeded()
                    return answer.content
                said = f"status {answer.status_code}"
                wait = self._refused(state, answer)
            state.breaker.failed()
            if retry < RETRIES:
                await self._sleep(backoff_seconds(retry, self._random) if wait is None else wait)
        raise SourceDown(f"{host} gives no answer: {said}")

    async def _send(self, state: HostState, ask: Ask) -> httpx.Response:
        state.requests += 1
        params = {**ask.params, **ask.secret_params}
        answer = await self._client.get(ask.url, params=params, headers=dict(ask.secret_headers))
        state.billed_usd += _usd(answer.headers.get(_BUDGET_USED)) or 0.0
        return answer

    def _refused(self, state: HostState, answer: httpx.Response) -> float | None:
        """How long the source asks to wait; None where it does not say.

        Raises:
            BudgetSpent: it is not the pace that is refused but the day.
            ProviderError: asking again would be answered in the same way.
        """
        host, status = state.policy.host, answer.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            left = _usd(answer.headers.get(_BUDGET_LEFT))
            if left is not None and left <= 0:
                state.budget_spent = True
                raise BudgetSpent(f"{host}: the day's budget is spent; go on tomorrow or set a key")
        elif status in (401, 403):
            raise ProviderError(f"{host} refuses the key (status {status}): check its setting")
        elif status in _GONE:
            raise ProviderError(f"{host} cannot answer that (status {status})")
        wait = asked_seconds(answer.headers)
        if wait is not None and wait > LONGEST_ASKED_SECONDS:
            state.breaker.failed()
            raise SourceDown(f"{host} asks to wait {wait:.0f} s")
        return wait

    async def close(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _usd(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
