"""An idea as training data is made of it, and what came of making it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.adapters import Example
from ideation.idea import Idea, IdeaId
from ideation.muse import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An idea of a run with what the run found about it.

    `made` is the day of the run, `tier` counts from 1 (the best) and is None where nothing was ranked,
    `quality` is any number that is higher for better ideas of one topic (a strength, a mean grade), and
    `background` what was shown to whoever wrote it.
    """

    idea: Idea
    topic: str
    made: date
    tier: int | None = None
    quality: float | None = None
    background: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What did not become an example, and why: nothing is dropped unsaid."""

    idea: IdeaId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Examples ready for `core.adapters.write_examples`."""

    examples: tuple[Example, ...]
    left_out: tuple[LeftOut, ...] = ()
