"""The prompts of ranking: one Markdown template a call, and here its variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.prompts import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPrompt(Prompt):
    """A judge compares two blinded texts on one axis. Both are fenced with the tag `fence`."""

    package: ClassVar[str] = "ideation.ranking"
    template: ClassVar[str] = "pair.md"

    axis: str
    first: str
    second: str
    fence: str


PROMPTS: tuple[type[Prompt], ...] = (PairPrompt,)
"""Every prompt of this package, for the digests that a run stores."""
