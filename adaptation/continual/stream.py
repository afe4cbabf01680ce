"""The protocol of CL2GEC: one task after another, and what is left of the earlier ones (row 6). No torch.

Paper: CL2GEC, the continual learning benchmark for Chinese literature grammatical error correction.
    R[t][j]  score on task j after learning tasks 0 .. t;  b[j]  score on task j before anything is learned
    AvgPerf  mean over j of R[T-1][j]
    BWT      mean over j < T-1 of R[T-1][j] - R[j][j]
    FWT      mean over j > 0 of R[j-1][j] - b[j]
    Forget   mean over j < T-1 of max over t < T-1 of R[t][j], less R[T-1][j]
Scores are higher for better. The same runner measures weights and memory: a learner is whatever learns a
task and scores one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from core.errors import UserError

Task = TypeVar("Task", contravariant=True)


class Learner(Protocol[Task]):
    """Learns tasks one after another, without those before at hand."""

    def learn(self, task: Task) -> None: ...

    def score(self, task: Task) -> float:
        """How well the task goes now, higher is better; nothing is learned by it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """What a run over a stream of T tasks gave: `scores` is R, `before` is b.

    Raises:
        UserError: there is no task, or the scores are not T rows of T.
    """

    scores: tuple[tuple[float, ...], ...]
    before: tuple[float, ...]

    def __post_init__(self) -> None:
        count = len(self.scores)
        if not count or len(self.before) != count or any(len(row) != count for row in self.scores):
            raise UserError(
                "continual scores need one row and one column for each task, and there is no task"
            )

    @property
    def average(self) -> float:
        """AvgPerf."""
        return _mean(self.scores[-1])

    @property
    def backward_transfer(self) -> float | None:
        """BWT; below 0 where earlier tasks got worse. None for a single task."""
        last = self.scores[-1]
        return _mean_or_none([last[j] - self.scores[j][j] for j in range(len(last) - 1)])

    @property
    def forward_transfer(self) -> float | None:
        """FWT: what earlier tasks gave a task before it was learned. None for a single task."""
        return _mean_or_none([self.scores[j - 1][j] - self.before[j] for j in range(1, len(self.before))])

    @property
    def forgetting(self) -> float | None:
        """Forget: the best that a task ever had, less what is left; below 0 where it still got better."""
        last = self.scores[-1]
        lost = [max(row[j] for row in self.scores[:-1]) - last[j] for j in range(len(last) - 1)]
        return _mean_or_none(lost)


def stream(
    learner: Learner[Task],
    tasks: Sequence[Task],
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> Stream:
    """Learn the tasks in order, and score all of them before the first and after each.

    `progress` is told how many are learned.

    Raises:
        UserError: there is no task.
    """
    before = tuple(learner.score(task) for task in tasks)
    rows: list[tuple[float, ...]] = []
    for task in tasks:
        learner.learn(task)
        rows.append(tuple(learner.score(each) for each in tasks))
        progress(len(rows))
    return Stream(scores=tuple(rows), before=before)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean_or_none(values: Sequence[float]) -> float | None:
    return _mean(values) if values else None
