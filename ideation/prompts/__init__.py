"""The prompts of ideation: one Markdown template a call, and here its variables.

They name no field of science: what the topic is comes from the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.prompts import Prompt
from ideation.idea import IdeaText
from ideation.muse import Criterion, Operator, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePrompt(Prompt):
    """Ideas wanted; `sources` and `notes` are fenced with the tag `fence`. `shape` is a `Shape`'s value."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "propose.md"

    topic: str
    count: int
    shape: str
    sources: tuple[Source, ...]
    fence: str
    operator: Operator | None
    persona: str
    parents: tuple[IdeaText, ...]
    forbidden: tuple[str, ...]
    said: tuple[str, ...]
    advice: tuple[str, ...]
    notes: str
    tail: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisePrompt(Prompt):
    """An idea to be written again."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "revise.md"

    topic: str
    idea: IdeaText
    direction: str
    weaknesses: tuple[str, ...]
    keep: tuple[str, ...]
    unlike: tuple[Source, ...]
    sources: tuple[Source, ...]
    fence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GradePrompt(Prompt):
    """One idea, one criterion."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "grade.md"

    topic: str
    idea: IdeaText
    criterion: Criterion
    persona: str
    said: tuple[str, ...]
    sources: tuple[Source, ...]
    fence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrompt(Prompt):
    """Short texts; `material` is fenced."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "list.md"

    question: str
    material: tuple[str, ...]
    count: int
    fence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetsPrompt(Prompt):
    """One paper; its sentences are numbered, and the reply names numbers."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "facets.md"

    title: str
    sentences: tuple[str, ...]
    fence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SamePrompt(Prompt):
    """Two ideas; both are fenced."""

    package: ClassVar[str] = "ideation"
    template: ClassVar[str] = "same.md"

    topic: str
    one: str
    other: str
    fence: str
