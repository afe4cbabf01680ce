"""How often a host may be asked, and when it is left alone: token buckets and circuit breakers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPolicy:
    """`per_second` requests on average, `burst` at once, `together` in flight."""

    host: str
    per_second: float
    burst: int = 1
    together: int = 1


class TokenBucket:
    """Lets `per_second` requests pass on average and `burst` at once; the others wait their turn."""

    def __init__(
        self, policy: HostPolicy, clock: Clock = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._policy, self._clock, self._sleep = policy, clock, sleep
        self._tokens, self._at = float(policy.burst), clock()

    async def take(self) -> None:
        now = self._clock()
        self._tokens = min(self._policy.burst, self._tokens + (now - self._at) * self._policy.per_second)
        self._at = now
        self._tokens -= 1.0  # below 0 is the queue: whoever comes later waits longer
        if self._tokens < 0:
            await self._sleep(-self._tokens / self._policy.per_second)


class CircuitBreaker:
    """Opens after `most` failures on end, for `rest_seconds`; then one request may try."""

    def __init__(self, most: int = 3, rest_seconds: float = 60.0, clock: Clock = time.monotonic) -> None:
        self._most, self._rest, self._clock = most, rest_seconds, clock
        self._failures, self._opened = 0, 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._most and self._clock() - self._opened < self._rest

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._opened = self._clock()
