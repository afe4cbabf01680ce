"""Proof that agents wrote apart: every request is kept, and searched for what others had written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from ideation.idea import IdeaText
from ideation.muse import ProposeRequest

LEAST_WORDS = 4
"""Words of a passage below which it is nobody's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What one agent was asked, and what it wrote."""

    agent: int
    request: ProposeRequest
    ideas: tuple[IdeaText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """`passage`, which `writer` wrote, stood in a request to `reader`."""

    reader: int
    writer: int
    passage: str


def leaks(writings: Sequence[Writing]) -> tuple[Leak, ...]:
    """Every passage of an agent's ideas that another agent was shown while it wrote.

    A passage is a whole part of an idea. It is no leak where its writer was shown it too (both had it from
    the papers or the notes), or where the reader wrote the same itself.
    """
    shown = [_flat(_texts(each.request)) for each in writings]
    own = {(each.agent, _flat([part])) for each in writings for idea in each.ideas for _, part in idea}
    found: dict[Leak, None] = {}
    for place, writing in enumerate(writings):
        for idea in writing.ideas:
            for _, part in idea:
                passage = _flat([part])
                if len(passage.split()) < LEAST_WORDS or passage in shown[place]:
                    continue
                for other, text in zip(writings, shown, strict=True):
                    if other.agent == writing.agent or (other.agent, passage) in own:
                        continue
                    if passage in text:
                        found[Leak(reader=other.agent, writer=writing.agent, passage=part)] = None
    return tuple(found)


def _texts(request: ProposeRequest) -> list[str]:
    """All that a request says, whatever its field."""
    return [part for each in fields(request) for part in _strings(getattr(request, each.name))]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, IdeaText):
        return [value.whole]
    if isinstance(value, tuple):
        return [text for each in value for text in _strings(each)]
    names = getattr(type(value), "__dataclass_fields__", {})
    return [text for name in names for text in _strings(getattr(value, name))]


def _flat(texts: Sequence[str]) -> str:
    return " " + " ".join(re.findall(r"\w+", " ".join(texts).casefold())) + " "
