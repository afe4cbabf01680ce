"""The `Teacher` seam: reviews an attempt, guides in principle, distils episodes into drafts for memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.episode import Episode, Task, Verdict
from core.guidance import Guidance, GuidanceItem
from core.recorder import Recorder
from memory.items import ItemDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the Teacher says of an attempt.

    `reasons` are for people and judges. `notes` are guidance for a retry: in principle, never the answer.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def unverified(cls, reason: str) -> Review:
        """A review that could not be made, or that was not asked for."""
        return cls(verdict=Verdict.UNVERIFIED, reasons=(reason,))


class Teacher(Protocol):
    """Reviews attempts and distils what was learned. It never sees a gold answer."""

    @property
    def name(self) -> str: ...

    async def review(self, task: Task, episode: Episode, guidance: Guidance, recorder: Recorder) -> Review:
        """Judge a finished attempt and, when it is rejected, say what to do better.

        `guidance` holds the Teacher's own recalled items (audience `teacher`). An outage, or a reply that
        cannot be read, is an `unverified` review: it must not cost the Student's answer.

        Raises:
            LimitReached: the budget is spent.
        """
        ...

    async def distil(
        self,
        task: Task,
        episodes: Sequence[Episode],
        review: Review,
        reward: float,
        shown: tuple[GuidanceItem, ...],
        recorder: Recorder,
    ) -> tuple[ItemDraft, ...]:
        """Propose items that would help on other tasks; `reward` in [0, 1] is that of the last episode.

        `shown` are the items that the Student had. Drafts hold no entity values: memory's gates refuse them.
        An outage is no drafts.
        """
        ...

    async def close(self) -> None: ...
