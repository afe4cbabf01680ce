"""A pamphlet as a model reads it: the advisory block, cut to a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence

from core.guidance import Guidance, GuidanceItem, render_guidance
from core.tokens import count_tokens
from memory.items import Item, Status

SMALLEST_LINE = 5
"""Tokens that no line of advice does without: `- [guard] x`."""


def advisory_block(items: Sequence[Item], token_budget: int) -> str:
    """The live items as `<advice>`, in their order, each that still fits; never over the budget, and of the
    candidates the first alone, as in a recall.

    Tokens are those of `core.tokens`, counted over the block as a whole. Empty where nothing fits.
    """
    chosen: list[GuidanceItem] = []
    block, used, candidates = "", 0, 0
    for item in items:
        if used + SMALLEST_LINE > token_budget:
            break
        if not item.live or (candidates and item.status is Status.CANDIDATE):
            continue
        tried = render_guidance(Guidance(items=(*chosen, item.as_guidance())))
        tokens = count_tokens(tried)
        if tokens <= token_budget:
            chosen.append(item.as_guidance())
            block, used = tried, tokens
            candidates += item.status is Status.CANDIDATE
    return block
