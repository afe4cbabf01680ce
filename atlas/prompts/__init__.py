"""The prompts of atlas: one Markdown template a call, and here its variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.chat import ToolSpec
from core.guidance import GuidanceItem
from core.prompts import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentPrompt(Prompt):
    """System turn of the Student; `mode` is the action mode's value."""

    package: ClassVar[str] = "atlas"
    template: ClassVar[str] = "student.md"

    mode: str
    tools: tuple[ToolSpec, ...]
    max_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPrompt(Prompt):
    """The Teacher validates a finished attempt. `transcript` is fenced with the tag `fence`."""

    package: ClassVar[str] = "atlas"
    template: ClassVar[str] = "review.md"

    task: str
    transcript: str
    answer: str
    fence: str
    advice: tuple[GuidanceItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilPrompt(Prompt):
    """The Teacher proposes items. `reward` is in [0, 1]; `shown` is what the Student had."""

    package: ClassVar[str] = "atlas"
    template: ClassVar[str] = "distil.md"

    task: str
    transcripts: tuple[str, ...]
    fence: str
    reward: float
    verdict: str
    reasons: tuple[str, ...]
    shown: tuple[GuidanceItem, ...]
    tools: tuple[str, ...]
    most_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgePrompt(Prompt):
    """One sample of the judge."""

    package: ClassVar[str] = "atlas"
    template: ClassVar[str] = "judge.md"

    task: str
    transcript: str
    answer: str
    fence: str
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArbiterPrompt(Prompt):
    """The arbiter reads the samples' rationales and decides."""

    package: ClassVar[str] = "atlas"
    template: ClassVar[str] = "arbiter.md"

    task: str
    transcript: str
    answer: str
    fence: str
    opinions: tuple[str, ...]


PROMPTS: tuple[type[Prompt], ...] = (StudentPrompt, ReviewPrompt, DistilPrompt, JudgePrompt, ArbiterPrompt)
"""Every prompt of this package, for the digests that a run stores."""
