"""What an idea is: its text, where it came from, and what it grew out of."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import NewType

from ideation.corpus.identity import PaperId

IdeaId = NewType("IdeaId", str)


class Family(StrEnum):
    """The five families of methods (survey arXiv 2511.07448)."""

    KNOWLEDGE = "knowledge"
    STEERING = "steering"
    SEARCH = "search"
    AGENTS = "agents"
    ADAPTERS = "adapters"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaText:
    """What a judge reads. `prediction` is what would be seen if the idea holds, `evaluation` how to look.

    `dropped` names the assumption that the idea gives up, `consequence` what is possible only then; both may
    be empty.
    """

    title: str
    problem: str
    mechanism: str
    prediction: str
    evaluation: str
    dropped: str = ""
    consequence: str = ""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name and text of every part that says something."""
        return ((each.name, text) for each in fields(self) if (text := str(getattr(self, each.name)).strip()))

    @property
    def whole(self) -> str:
        """All parts as one text, for embedding and searching."""
        return "\n".join(text for _, text in self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The four Ps less the product (Rhodes 1961): who made it, how, and under what press.

    Person: `model`, `adapter`, `temperature`. Process: `lever` and the chain of `operators`. Press: the
    papers that were shown, the persona, constraints and feedback.
    """

    family: Family
    lever: str
    model: str
    adapter: str = ""
    temperature: float | None = None
    operators: tuple[str, ...] = ()
    papers: tuple[PaperId, ...] = ()
    persona: str = ""
    constraints: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    without_papers: bool = False
    probability: float | None = None
    """What the model said of how likely its own answer is; kept, never a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """One idea of a run. `parents` are those that its text was made of; `round` counts from 0."""

    id: IdeaId
    text: IdeaText
    origin: Origin
    parents: tuple[IdeaId, ...] = ()
    round: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def family(self) -> Family:
        return self.origin.family


def new_idea(
    text: IdeaText,
    origin: Origin,
    *,
    seed: int,
    number: int,
    parents: Iterable[Idea] = (),
    round: int = 0,
) -> Idea:
    """An idea whose id follows from the run's seed, the lever and the idea's number there: the same again."""
    name = f"{seed}\x1f{origin.family}\x1f{origin.lever}\x1f{number}\x1f{text.whole}"
    identity = IdeaId(f"idea_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}")
    return Idea(
        id=identity, text=text, origin=origin, parents=tuple(each.id for each in parents), round=round
    )


def text_diff(before: IdeaText, after: IdeaText) -> str:
    """What a revision changed, as a unified diff of the parts; empty when nothing did."""
    old, new = ([f"{name}: {text}" for name, text in each] for each in (before, after))
    return "\n".join(difflib.unified_diff(old, new, lineterm="", n=0))
