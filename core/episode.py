"""Where atlas and benchmarks meet: tasks, actions, observations, episodes, and the seams around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Protocol

from core.chat import ToolSpec
from core.errors import Limit
from core.guidance import Guidance
from core.recorder import Recorder

TaskId = NewType("TaskId", str)

SUBMIT = "submit"
"""Name of the action that ends an attempt; its text is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question or job. It holds nothing of the gold answer.

    `scope` is the memory namespace (`excytin/soc`); `group` stays whole in a split (the incident).
    """

    id: TaskId
    prompt: str
    scope: str
    group: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One move: a tool's name and its argument as text (SQL, or the answer for `submit`)."""

    tool: str
    text: str
    thought: str = ""

    @property
    def is_submit(self) -> bool:
        return self.tool == SUBMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the environment answered, as an agent reads it.

    `is_error` tells a refused or failed action, `rows` how many rows a query gave (None when not a query).
    """

    text: str
    is_error: bool = False
    rows: int | None = None
    elapsed_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action and its observation; `index` counts from 0 within the attempt."""

    index: int
    action: Action
    observation: Observation


class AttemptStatus(StrEnum):
    """How an attempt ended."""

    SUBMITTED = "submitted"
    LIMIT = "limit"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A finished attempt with all its steps.

    `answer` is None unless something was submitted. `error` is for people and never part of an answer.
    """

    task: Task
    number: int
    steps: tuple[Step, ...]
    answer: str | None
    status: AttemptStatus
    limit: Limit | None = None
    error: str | None = None

    @property
    def queries(self) -> int:
        """Tool actions other than the submission."""
        return sum(not step.action.is_submit for step in self.steps)


class Environment(Protocol):
    """A world that a Student acts in; all state stands on the instance."""

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """The tools beside `submit`, each with one text argument."""
        ...

    @property
    def max_steps(self) -> int:
        """Actions allowed in an attempt, the submission included."""
        ...

    async def reset(self, task: Task) -> None:
        """Make ready for a fresh attempt at the task."""
        ...

    async def step(self, action: Action) -> Observation:
        """Carry out one action; a refused action is an observation with `is_error`, not an exception.

        Raises:
            LimitReached: an action after `max_steps`.
        """
        ...

    async def close(self) -> None:
        """Free what the instance holds."""
        ...


class Student(Protocol):
    """One attempt at a task, given guidance."""

    @property
    def name(self) -> str: ...

    async def attempt(
        self, task: Task, environment: Environment, guidance: Guidance, recorder: Recorder, number: int
    ) -> Episode:
        """Work the task once. Steps are told to `recorder` as they happen.

        A step limit ends the attempt with status `limit`; a money, token or time limit raises `LimitReached`.
        """
        ...

    async def close(self) -> None: ...


class Verdict(StrEnum):
    """What the Teacher says of an attempt."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNVERIFIED = "unverified"


class Lane(StrEnum):
    """How closely the Teacher supervises."""

    AUTO = "auto"
    PAIRED = "paired"
    COACH = "coach"
    STEPWISE = "stepwise"


Feedback = Callable[[Episode], Awaitable[float]]
"""The scorer's number for an episode on a train task (`--feedback score`): a number, never the gold text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a task: the attempts in order, and what the system itself thinks of the last."""

    episodes: tuple[Episode, ...]
    lane: Lane = Lane.AUTO
    verdict: Verdict = Verdict.UNVERIFIED
    reward: float | None = None
    guidance_items: tuple[str, ...] = field(default_factory=tuple)

    @property
    def answer(self) -> str | None:
        return self.episodes[-1].answer if self.episodes else None


class Agent(Protocol):
    """A whole system that works tasks: the Atlas graph, or a baseline that is a bare Student."""

    @property
    def name(self) -> str: ...

    async def work(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None = None
    ) -> Outcome:
        """Work one task to its end; called again for the same recorder key it goes on, nothing doubled."""
        ...

    async def close(self) -> None: ...
