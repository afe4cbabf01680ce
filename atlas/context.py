"""What the nodes work with in one task: the parts, and the desk on which large values lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from atlas.config import AtlasConfig, MemoryMode
from atlas.judge import Judge
from atlas.teacher import Teacher
from atlas.triage import Triager
from core.episode import Environment, Episode, Feedback, Student, Task
from core.errors import StorageError
from core.guidance import GuidanceItem
from core.recorder import Recorder
from core.redaction import SECRET
from memory.items import ItemId
from memory.store import Pamphlets


class EpisodeStore(Protocol):
    """Where finished attempts are read again after a crash; the run store implements it."""

    def episode(self, run_id: str, task_key: str, number: int) -> Episode | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AtlasContext:
    """The parts that work one task. `environment` and `recorder` belong to this task alone."""

    task: Task
    student: Student
    teacher: Teacher
    judge: Judge
    triager: Triager
    pamphlets: Pamphlets | None
    environment: Environment
    recorder: Recorder
    feedback: Feedback | None
    config: AtlasConfig
    desk: Desk

    @property
    def memory(self) -> Pamphlets | None:
        """The pamphlets, unless memory is off."""
        return self.pamphlets if self.config.memory is not MemoryMode.OFF else None


@dataclass(slots=True, kw_only=True)
class Desk:
    """Episodes and items of one task, which graph state names by number and id only.

    In the process that made them they lie here; after a crash they are read again from the store.
    """

    recorder: Recorder
    store: EpisodeStore | None
    pamphlets: Pamphlets | None
    _episodes: dict[int, Episode] = field(default_factory=dict)
    _items: dict[str, GuidanceItem] = field(default_factory=dict)

    def put_episode(self, episode: Episode) -> None:
        self._episodes[episode.number] = episode

    def episode(self, number: int) -> Episode:
        """Raises:
        StorageError: the attempt is neither on the desk nor in the store.
        """
        found = self._episodes.get(number)
        if found is None and self.store is not None:
            found = self.store.episode(self.recorder.run_id, self.recorder.task_key, number)
        if found is None:
            key = self.recorder.task_key
            raise StorageError(
                f"attempt {number} of task {key} is checkpointed but not stored: start a new run"
            )
        self._episodes[number] = found
        return found

    def episodes(self, count: int) -> tuple[Episode, ...]:
        """The first `count` attempts in order."""
        return tuple(self.episode(number) for number in range(count))

    def lost_an_answer(self, count: int) -> bool:
        """Whether the store kept one of the first `count` answers without a secret that it held."""
        return any(SECRET in (episode.answer or "") for episode in self.episodes(count))

    def put_items(self, items: tuple[GuidanceItem, ...]) -> None:
        self._items.update({item.id: item for item in items})

    def items(self, ids: list[str]) -> tuple[GuidanceItem, ...]:
        """The items in the order of `ids`; without pamphlets there are none."""
        pamphlets = self.pamphlets
        if pamphlets is None:
            return ()
        return tuple(self._items.get(i) or pamphlets.get(ItemId(i)).as_guidance() for i in ids)
