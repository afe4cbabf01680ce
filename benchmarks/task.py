"""What a benchmark is: questions whose gold answer is shut away, environments, and a Scorer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.episode import Environment, Task
from core.gold import Gold, GoldReader


class Split(StrEnum):
    """Which questions of a group: those to learn on, or those to be measured on."""

    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldAnswer:
    """The right answer, and the steps of the golden solution in order (empty when there are none)."""

    answer: str
    solution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A task with its gold; `flags` are words by which results can be told apart (`named`, `adjacent`)."""

    task: Task
    gold: Gold[GoldAnswer]
    flags: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A benchmark's value of one answer.

    `value` in [0, 1] and `success` are both None when the question could not be scored; `candidates` counts
    the answers that the submission lists; `reason` names the rule that decided and holds nothing of the gold.
    """

    value: float | None
    success: bool | None
    candidates: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.success is None):
            raise ValueError("a score has both value and success, or neither")

    @classmethod
    def unscored(cls, reason: str) -> Score:
        return cls(value=None, success=None, reason=reason)


class Scorer(GoldReader, ABC):
    """Scores an answer with the gold: the only kind of object for which a `Gold` opens."""

    @abstractmethod
    async def score(self, question: Question, answer: str | None) -> Score:
        """Score one answer; None (nothing submitted) scores 0. What cannot be judged is `Score.unscored`."""


class Benchmark(Protocol):
    """Questions in groups (incidents), the environments to work them in, and how answers are scored."""

    @property
    def name(self) -> str: ...

    @property
    def question_set(self) -> str:
        """Which questions over which rows, e.g. `excytin o1/v0 recon rows`."""
        ...

    @property
    def note(self) -> str:
        """What a reader of the figures must know, e.g. that recon rows are easier than the full database."""
        ...

    @property
    def groups(self) -> tuple[int, ...]:
        """The incidents that are there, ascending."""
        ...

    @property
    def scorer(self) -> Scorer: ...

    def questions(self, groups: Sequence[int], split: Split) -> tuple[Question, ...]:
        """The questions of the groups in a fixed order.

        Raises:
            UserError: an unknown group, or a damaged question file.
        """
        ...

    def environment(self, question: Question, max_steps: int) -> Environment:
        """A fresh environment for one question; the caller closes it."""
        ...
