"""What a model call costs, by the price table that the package genai-prices ships. No network.

A call has no price when the model is not in the table or when the server withheld a count that the
table prices apart. The row that was used is kept with every cost, so that it can be checked later.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.usage import TokenUsage

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

UNBILLED = ("scripted", "replay", "local", "adapter")
"""Providers that nobody bills: a script, a recording, a model in this process."""

_TABLE_NAMES = {"gemini": "google"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`usd` is None when unknown; `price_row` is JSON of the row used, prices in USD per million tokens."""

    usd: float | None
    price_row: str | None

    @property
    def known(self) -> bool:
        return self.usd is not None


UNKNOWN = Cost(usd=None, price_row=None)


def price(model: str, usage: TokenUsage, provider: str | None = None) -> Cost:
    """Cost of one call (not of a sum: some prices step up with a call's length).

    `model` is a `ChatModel.name` such as `openai/gpt-5-mini`, or the bare name with `provider` beside it.
    """
    if provider is None:
        unbilled = next((word for word in UNBILLED if re.match(rf"{word}([:/]|$)", model)), None)
        provider, _, model = (unbilled, "", model) if unbilled else model.partition("/")
    if provider in UNBILLED:
        return Cost(usd=0.0, price_row=json.dumps({"source": "not billed", "provider": provider}))
    return _price_from_table(_TABLE_NAMES.get(provider, provider), model, usage)


def _price_from_table(provider: str, model: str, usage: TokenUsage) -> Cost:
    from genai_prices import Usage, calc_price

    try:
        found = calc_price(Usage(), model, provider_id=provider)
    except LookupError:
        return UNKNOWN
    row = json.dumps(
        {
            "source": f"genai-prices {_version()}",
            "provider": found.provider.id,
            "model": found.model.id,
            "prices": _prices(found.model_price),
        },
        sort_keys=True,
    )
    counts = _counts(usage, found.model_price)
    if counts is None:
        return Cost(usd=None, price_row=row)
    return Cost(usd=float(found.model_price.calc_price(Usage(**counts))["total_price"]), price_row=row)


def _counts(usage: TokenUsage, prices: ModelPrice) -> dict[str, int] | None:
    """genai-prices counts all tokens of a direction, of which cached ones are a part."""
    if usage.input is None or usage.output is None:
        return None
    for bucket in ("cache_read", "cache_write"):
        if getattr(usage, bucket) is None and getattr(prices, f"{bucket}_mtok", None) is not None:
            return None
    # A bucket that is unknown and not priced apart lies inside `input` or `output`.
    read, write, reasoning = usage.cache_read or 0, usage.cache_write or 0, usage.reasoning or 0
    return {
        "input_tokens": usage.input + read + write,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "output_tokens": usage.output + reasoning,
    }


def _prices(prices: ModelPrice) -> dict[str, object]:
    return {name: _plain(value) for name, value in vars(prices).items() if value is not None}


def _plain(value: object) -> object:
    from genai_prices.types import TieredPrices

    if isinstance(value, TieredPrices):
        steps = [{"from_tokens": tier.start, "price": str(tier.price)} for tier in value.tiers]
        return {"base": str(value.base), "steps": steps}
    return str(value)


@lru_cache(maxsize=1)
def _version() -> str:
    from importlib.metadata import version

    return version("genai-prices")
