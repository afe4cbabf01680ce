"""What a text took word for word from others: the longest shared run, and the share of its n-grams.

Likeness finds the same idea in other words; this finds the same words. A run of many words is rarely chance,
a share of n-grams shows a text that is sewn together from short pieces of several sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic

from core.errors import UserError
from ideation.likeness.grouping import Id
from ideation.likeness.reading import tokens_of
from ideation.likeness.spans import longest_shared_span


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLimits:
    """Over which a text is flagged: words in one run, and the share in [0, 1] of its n-grams found elsewhere.

    Abstracts of 300 different papers share runs of 8 words and 0.03 of their n-grams at most, counted with
    all others together: the defaults lie well above.
    """

    span_words: int = 12
    gram_share: float = 0.1
    gram_words: int = 5

    def __post_init__(self) -> None:
        if self.span_words < 1 or self.gram_words < 1 or not 0.0 <= self.gram_share <= 1.0:
            raise UserError("copy limits need at least one word, and a share of n-grams between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied(Generic[Id]):
    """What a text shares with one source; `quote` is the longest shared run in lower case, without marks."""

    source: Id
    span_words: int
    quote: str
    gram_share: float
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport(Generic[Id]):
    """Sources that share a run of n-gram length, the worst first; `gram_share` is with all together."""

    found: tuple[Copied[Id], ...]
    gram_share: float
    flagged: bool


def copy_check(
    text: str,
    sources: Mapping[Id, str],
    *,
    limits: CopyLimits | None = None,
    allowed: Iterable[str] = (),
) -> CopyReport[Id]:
    """Compare a text with retrieved ones. `allowed` phrases (cited titles, the topic) do not count."""
    limits = limits or CopyLimits()
    own = _without(tokens_of(text), [tokens_of(phrase) for phrase in allowed])
    grams = _grams(own, limits.gram_words)
    everywhere: set[tuple[str, ...]] = set()
    found: list[Copied[Id]] = []
    for source, other in sources.items():
        theirs = _source_tokens(other)
        shared = grams & _grams(theirs, limits.gram_words)
        everywhere |= shared
        # Without a common n-gram no run is as long as one: most pairs need no search for it.
        if not shared and limits.span_words >= limits.gram_words:
            continue
        span = longest_shared_span(own, theirs)
        share = len(shared) / len(grams) if grams else 0.0
        flagged = span.length > limits.span_words or share > limits.gram_share
        if flagged or shared:
            quote = " ".join(own[span.start : span.start + span.length])
            found.append(
                Copied(source=source, span_words=span.length, quote=quote, gram_share=share, flagged=flagged)
            )
    share = len(everywhere) / len(grams) if grams else 0.0
    found.sort(key=lambda each: (-each.span_words, -each.gram_share, each.source))
    over = any(each.flagged for each in found) or share > limits.gram_share
    return CopyReport(found=tuple(found), gram_share=share, flagged=over)


@lru_cache(maxsize=2048)
def _source_tokens(text: str) -> tuple[str, ...]:
    return tuple(tokens_of(text))


_GAP = ""
"""Stands for a word that is allowed; no text has an empty word, so no run crosses it."""


def _without(tokens: Sequence[str], phrases: Sequence[Sequence[str]]) -> list[str]:
    kept = list(tokens)
    for phrase in sorted(phrases, key=len, reverse=True):
        length = len(phrase)
        for start in range(len(tokens) - length + 1):
            if length and list(tokens[start : start + length]) == list(phrase):
                kept[start : start + length] = [_GAP] * length
    return kept


def _grams(tokens: Sequence[str], length: int) -> set[tuple[str, ...]]:
    grams = (tuple(tokens[start : start + length]) for start in range(len(tokens) - length + 1))
    return {gram for gram in grams if _GAP not in gram}
