"""Limits on steps, tokens, money and time, and the counter that holds work to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import Limit, LimitReached
from core.usage import TokenUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLimits:
    """What may be spent; None is no limit."""

    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None


class Budget:
    """Counts what was spent and raises `LimitReached` at the first check after a limit is met.

    A call of unknown price meets a money limit at once: work that cannot be counted cannot be held to it.
    """

    def __init__(self, limits: BudgetLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.tokens = 0
        self.usd = 0.0
        self._unpriced = False
        self._clock = clock
        self._started = clock()

    def spend(self, usage: TokenUsage, usd: float | None) -> None:
        """Count one call; `usd` is None when its price is unknown."""
        self._unpriced = self._unpriced or usd is None
        self.tokens += usage.known_total
        self.usd += usd or 0.0

    def check(self) -> None:
        """Raises:
        LimitReached: a limit is met.
        """
        limits = self.limits
        if limits.tokens is not None and self.tokens >= limits.tokens:
            raise LimitReached(Limit.TOKENS, f"{self.tokens} tokens spent of {limits.tokens}")
        if limits.usd is not None and self._unpriced:
            raise LimitReached(
                Limit.MONEY, "the price of a call is unknown, so the money limit cannot be held"
            )
        if limits.usd is not None and self.usd >= limits.usd:
            raise LimitReached(Limit.MONEY, f"{self.usd:.4f} USD spent of {limits.usd:.4f}")
        elapsed = self._clock() - self._started
        if limits.seconds is not None and elapsed >= limits.seconds:
            raise LimitReached(Limit.TIME, f"{elapsed:.1f} s spent of {limits.seconds:.1f}")
