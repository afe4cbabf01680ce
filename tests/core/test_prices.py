"""What calls cost, checked against the stored row by hand."""

from __future__ import annotations

import json

import pytest

from core.prices import Cost, price
from core.usage import TokenUsage

MILLION = 1_000_000
CALL = TokenUsage(input=800, cache_read=200, cache_write=0, output=60, reasoning=40)


def row(cost: Cost) -> dict[str, object]:
    assert cost.price_row is not None
    loaded: dict[str, object] = json.loads(cost.price_row)
    return loaded


def test_the_row_is_stored_and_explains_the_cost() -> None:
    cost = price("openai/gpt-5-mini", CALL)
    found = row(cost)
    assert (found["provider"], found["model"]) == ("openai", "gpt-5-mini")
    assert str(found["source"]).startswith("genai-prices ")
    prices = found["prices"]
    assert isinstance(prices, dict)
    by_hand = (
        800 * float(prices["input_mtok"])
        + 200 * float(prices["cache_read_mtok"])
        + 100 * float(prices["output_mtok"])
    ) / MILLION
    assert cost.usd == pytest.approx(by_hand)
    assert cost.known


def test_a_provider_may_stand_beside_the_model() -> None:
    assert price("gpt-5-mini", CALL, "openai") == price("openai/gpt-5-mini", CALL)


def test_a_slash_in_a_models_name_is_the_models_own() -> None:
    assert row(price("openrouter/anthropic/claude-sonnet-4.5", CALL))["provider"] == "openrouter"


def test_gemini_is_googles() -> None:
    assert price("gemini/gemini-2.5-pro", CALL).known


@pytest.mark.parametrize(
    "model", ["openai/no-such-model", "ollama/qwen3:8b", "vllm/gpt-5-mini", "gpt-5-mini", "local-cloud/x", ""]
)
def test_what_is_not_in_the_table_has_no_price(model: str) -> None:
    assert price(model, CALL) == Cost(usd=None, price_row=None)
    assert not price(model, CALL).known


@pytest.mark.parametrize(
    "usage",
    [
        TokenUsage(),
        TokenUsage(input=None, cache_read=1, cache_write=1, output=1, reasoning=1),
        TokenUsage(input=1, cache_read=None, cache_write=1, output=1, reasoning=1),
        TokenUsage(input=1, cache_read=1, cache_write=None, output=1, reasoning=1),
        TokenUsage(input=1, cache_read=1, cache_write=1, output=None, reasoning=1),
    ],
)
def test_an_unknown_count_that_is_priced_apart_makes_the_cost_unknown(usage: TokenUsage) -> None:
    cost = price("anthropic/claude-sonnet-4-5", usage)
    assert cost.usd is None
    assert cost.price_row is not None


def test_an_unknown_count_that_is_not_priced_apart_does_not() -> None:
    known = price(
        "openai/gpt-5-mini", TokenUsage(input=800, cache_read=200, cache_write=0, output=100, reasoning=0)
    )
    assert price("openai/gpt-5-mini", TokenUsage(input=800, cache_read=200, output=100)).usd == known.usd


def test_nothing_used_costs_nothing() -> None:
    assert price("openai/gpt-5-mini", TokenUsage.zero()).usd == 0.0


@pytest.mark.parametrize("model", ["scripted", "scripted/student", "local:some.gguf", "replay:a/b.jsonl"])
def test_what_nobody_bills_costs_nothing_even_uncounted(model: str) -> None:
    assert price(model, TokenUsage()).usd == 0.0


def test_prices_that_step_up_are_taken_at_the_calls_length() -> None:
    short = price(
        "anthropic/claude-sonnet-4-5",
        TokenUsage.zero() + TokenUsage(input=100_000, cache_read=0, cache_write=0, output=0, reasoning=0),
    )
    long = price(
        "anthropic/claude-sonnet-4-5",
        TokenUsage(input=300_000, cache_read=0, cache_write=0, output=0, reasoning=0),
    )
    assert short.usd is not None
    assert long.usd is not None
    assert long.usd > 3 * short.usd
