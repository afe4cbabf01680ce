"""Agents with no Teacher and no memory: what learning must beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.episode import Environment, Episode, Feedback, Outcome, Student, Task
from core.events import AttemptEnded, TaskStarted
from core.guidance import Guidance
from core.recorder import Recorder


class BareAgent:
    """A Student alone: `best_of` attempts without guidance, of which the most frequent answer is given.

    Nothing but the answers' agreement chooses (self-consistency, Wang et al. 2023); feedback is not heard.
    """

    def __init__(self, student: Student, *, best_of: int = 1) -> None:
        if best_of < 1:
            raise ValueError("best_of counts attempts: at least 1")
        self._student, self._best_of = student, best_of

    @property
    def name(self) -> str:
        return self._student.name if self._best_of == 1 else f"{self._student.name} best of {self._best_of}"

    async def work(
        self, task: Task, environment: Environment, recorder: Recorder, feedback: Feedback | None = None
    ) -> Outcome:
        recorder.event(TaskStarted(task=task.id))
        episodes = []
        for number in range(self._best_of):
            episode = await self._student.attempt(task, environment, Guidance(), recorder, number)
            recorder.attempt(episode)
            recorder.event(AttemptEnded(number=number, status=episode.status.value, queries=episode.queries))
            episodes.append(episode)
        return Outcome(episodes=_chosen_last(episodes))

    async def close(self) -> None:
        await self._student.close()


def _chosen_last(episodes: Sequence[Episode]) -> tuple[Episode, ...]:
    """The episodes with the one whose answer most others share at the end; of equals the earliest."""
    votes = Counter(_normal(episode.answer) for episode in episodes if episode.answer is not None)
    best = max(
        episodes, key=lambda e: (votes[_normal(e.answer or "")] if e.answer is not None else 0, -e.number)
    )
    return (*(episode for episode in episodes if episode is not best), best)


def _normal(answer: str) -> str:
    return " ".join(answer.casefold().split())
