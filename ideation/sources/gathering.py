"""Asks several sources for papers on a topic; what one of them cannot give is told, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import ProviderError
from ideation.corpus.dates import Cutoff
from ideation.corpus.paper import Candidate
from ideation.corpus.record import BadRecord
from ideation.sources.source import Found, PaperSource

_MOST_SHORTENED = 4
_LEAST_WORDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """`unknown` has a line for each source that gave no answer: its papers are unknown, not absent.

    `queries` are those that were asked, by source, the last one being the one that found something.
    """

    papers: tuple[Candidate, ...]
    bad: tuple[BadRecord, ...]
    unknown: tuple[str, ...]
    queries: dict[str, tuple[str, ...]]


async def gather(sources: Sequence[PaperSource], query: str, limit: int, cutoff: Cutoff) -> Gathered:
    """All sources at once, each in its own pace."""
    answers = await asyncio.gather(*(_ask(source, query, limit, cutoff) for source in sources))
    return Gathered(
        papers=tuple(paper for found, _, _ in answers if found for paper in found.papers),
        bad=tuple(record for found, _, _ in answers if found for record in found.bad),
        unknown=tuple(said for _, _, said in answers if said),
        queries={source.name: asked for source, (_, asked, _) in zip(sources, answers, strict=True)},
    )


async def _ask(
    source: PaperSource, query: str, limit: int, cutoff: Cutoff
) -> tuple[Found | None, tuple[str, ...], str]:
    asked: list[str] = []
    try:
        for shorter in shortened(query):
            asked.append(shorter)
            found = await source.search(shorter, limit, cutoff)
            if found.papers or found.bad:
                break
    except ProviderError as error:
        return None, tuple(asked), f"{source.name}: {error}"
    return found, tuple(asked), ""


def shortened(query: str) -> tuple[str, ...]:
    """The query, then ever shorter ones: the shortest words go first, for they tell least."""
    words = query.split()
    asked = [" ".join(words)]
    for _ in range(_MOST_SHORTENED):
        if len(words) <= _LEAST_WORDS:
            break
        for _ in range(max(1, len(words) // 3)):
            words.remove(min(words, key=len))
        asked.append(" ".join(words))
    return tuple(asked)
