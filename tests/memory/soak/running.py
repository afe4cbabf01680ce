"""A long run of memory in the world of the soak, beside the same run without memory, and what is measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from benchmarks.statistics import Interval, newcombe_paired
from core.database import Database
from core.embedder import Embedder
from memory.credit.outcome import TaskOutcome
from memory.items import Audience, Evidence, Item, ItemId, RecallQuery, Status
from memory.ledger.learning import LIKE_A_TOMB
from memory.library import PamphletLibrary
from tests.memory.soak.lessons import LESSONS, Lesson
from tests.memory.soak.world import SCOPE, Task, World

WINDOW, WINDOWS = 100, 10
ALIKE = 0.9
"""Cosine from which two live items of a kind count as near duplicates without asking what they mean."""
RUN = "soak"


class RememberingEmbedder:
    """An embedder that reads each text once: the soak says the same few hundred things a thousand times."""

    def __init__(self, embedder: Embedder) -> None:
        self.id, self.dimensions = embedder.id, embedder.dimensions
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        fresh = [each for each in dict.fromkeys(texts) if each not in self._known]
        if fresh:
            self._known.update(zip(fresh, self._embedder.embed(fresh), strict=True))
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([self._known[each] for each in texts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Memory after so many episodes, and the last window of them with memory and without.

    `same_meaning` and `close` are shares of live items that a clean-up would take away, since another live
    one of their kind says the same: by what the world knows, and by cosine. `known` counts helpful lessons
    with a live item.
    """

    episodes: int
    live: int
    active: int
    items: int
    bytes: int
    same_meaning: float
    same_meaning_active: float
    close: float
    known: int
    accidents: int
    harmful: int
    on: float
    off: float
    difference: Interval
    worst: Interval
    """The difference with an interval that holds for all windows of a run at once."""


@dataclass(slots=True, kw_only=True)
class Planted:
    """What became of one harmful lesson, all of its items together.

    `tests` holds for each of its items the number of tasks in its test of harm, `retired_at` the episodes at
    which the rule retired one and `retired_after` the tasks of its test. `back` has what of the lesson became
    live after that: an item of the same words, or of others.
    """

    lesson: Lesson
    first_active: int | None = None
    retired_at: list[int] = field(default_factory=list)
    retired_after: list[int] = field(default_factory=list)
    shown: int = 0
    back: list[str] = field(default_factory=list)
    tests: dict[ItemId, int] = field(default_factory=dict)
    live: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    checkpoints: tuple[Checkpoint, ...]
    planted: tuple[Planted, ...]
    refused: Counter[str]
    wrongly_retired: tuple[str, ...]
    harmless: int
    """Items without harm that the rule of harm looked at, the retired among them."""

    @property
    def kept_out(self) -> int:
        """Proposals that were refused or put aside since they say what was retired for harm."""
        return sum(
            count
            for reason, count in self.refused.items()
            if reason.startswith(("equal to a retired item", LIKE_A_TOMB)) and reason.endswith("harm)")
        )


def soak(
    world: World, episodes: int, database: Database, embedder: Embedder, *, withhold: float = 0.1
) -> tuple[Soak, PamphletLibrary]:
    """The run and the library that it leaves, which the caller closes."""
    remembering = RememberingEmbedder(embedder)
    library = PamphletLibrary(database, remembering)
    watch = _Watch()
    checkpoints, pairs = [], []
    for number in range(1, episodes + 1):
        task = world.task(number)
        solved = _episode(world, library, task, withhold, watch)
        pairs.append((task.solved(), solved))
        watch.look(world, library, number)
        if number % (WINDOW // 2) == 0:
            checkpoints.append(_checkpoint(world, library, database, number, pairs[-WINDOW:]))
    return watch.told(world, library, tuple(checkpoints)), library


def _episode(world: World, library: PamphletLibrary, task: Task, withhold: float, watch: _Watch) -> bool:
    recalled = library.recall(
        RecallQuery(
            text=task.question,
            scope=SCOPE,
            audience=Audience.STUDENT,
            cues=(task.type.cue,),
            draw=f"{RUN}/{task.key}",
            withhold=withhold,
        )
    )
    library.log_exposures(RUN, task.key, recalled)
    contents = [hit.item.content for hit in recalled.hits]
    lessons = {lesson.name: lesson for each in contents if (lesson := world.lesson_of(each)) is not None}
    solved = task.solved(lessons.values())
    watch.shown.update(lessons.keys())
    retired = library.credit(RUN, task.key, TaskOutcome(reward=float(solved), success=solved))
    watch.retired(world, library, task.number, retired)
    drafts = world.proposals(task, contents, solved)
    evidence = Evidence(run_id=RUN, task_id=task.key, group=task.type.cue, reward=float(solved))
    watch.refused.update(library.learn(drafts, evidence).refused)
    return solved


class _Watch:
    """Follows the harmful lessons through the run."""

    def __init__(self) -> None:
        self.shown: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._planted = {each.name: Planted(lesson=each) for each in LESSONS if each.effect < 0}
        self._wrongly: list[str] = []
        self._gone: set[ItemId] = set()
        self._seq = 0

    def retired(self, world: World, library: PamphletLibrary, number: int, items: Sequence[ItemId]) -> None:
        for item_id in items:
            lesson = world.lesson_of(library.get(item_id).content)
            planted = self._planted.get(lesson.name) if lesson is not None else None
            if planted is None:
                self._wrongly.append(f"{number}: {library.get(item_id).content}")
                continue
            self._gone.add(item_id)
            planted.retired_at.append(number)
            planted.retired_after.append(library.trials(item_id).harm.n)

    def look(self, world: World, library: PamphletLibrary, number: int) -> None:
        """What became live by the last episode."""
        for event in library.archive.events(after=self._seq):
            self._seq = event.seq
            for change in event.changes:
                item = library.get(change.item_id)
                lesson = world.lesson_of(item.content)
                planted = self._planted.get(lesson.name) if lesson is not None else None
                if planted is None or not item.live:
                    continue
                if planted.first_active is None and item.status is Status.ACTIVE:
                    planted.first_active = number
                if planted.retired_at and (change.version == 1 or item.id in self._gone):
                    planted.back.append(f"{number}: {item.content}")

    def told(self, world: World, library: PamphletLibrary, checkpoints: tuple[Checkpoint, ...]) -> Soak:
        harmless = 0
        for item in library.items():
            tests = library.trials(item.id).harm.n
            lesson = world.lesson_of(item.content)
            if lesson is not None and lesson.name in self._planted:
                planted = self._planted[lesson.name]
                planted.tests[item.id] = tests
                planted.live += item.live
            else:
                harmless += tests > 0
        for name, planted in self._planted.items():
            planted.shown = self.shown[name]
        return Soak(
            checkpoints=checkpoints,
            planted=tuple(self._planted.values()),
            refused=self.refused,
            wrongly_retired=tuple(self._wrongly),
            harmless=harmless,
        )


def _checkpoint(
    world: World,
    library: PamphletLibrary,
    database: Database,
    number: int,
    pairs: Sequence[tuple[bool, bool]],
) -> Checkpoint:
    items = library.items()
    live = [item for item in items if item.live]
    lessons = [world.lesson_of(item.content) for item in live]
    useful = {each.name for each in lessons if each is not None and each.effect > 0}
    return Checkpoint(
        episodes=number,
        live=len(live),
        active=sum(item.status is Status.ACTIVE for item in live),
        items=len(items),
        bytes=_size(database),
        same_meaning=_same_meaning(world, live),
        same_meaning_active=_same_meaning(world, [item for item in live if item.status is Status.ACTIVE]),
        close=_close(live, library.embedder),
        known=len(useful),
        accidents=sum(
            each is None and item.status is Status.ACTIVE for each, item in zip(lessons, live, strict=True)
        ),
        harmful=sum(each is not None and each.effect < 0 for each in lessons),
        on=sum(on for _, on in pairs) / len(pairs),
        off=sum(off for off, _ in pairs) / len(pairs),
        difference=_difference(pairs, 0.95),
        worst=_difference(pairs, 1.0 - 0.05 / WINDOWS),
    )


def _same_meaning(world: World, live: Sequence[Item]) -> float:
    groups = Counter((item.kind, world.meaning_of(item.content)) for item in live)
    return sum(count - 1 for count in groups.values()) / max(1, len(live))


def _close(live: Sequence[Item], embedder: Embedder) -> float:
    by_kind = defaultdict(list)
    for item in live:
        by_kind[item.kind].append(item.state.text)
    spare = 0
    for texts in by_kind.values():
        vectors = embedder.embed(texts)
        kept: list[NDArray[np.float32]] = []
        for vector in vectors:
            if kept and float(np.max(np.stack(kept) @ vector)) >= ALIKE:
                spare += 1
            else:
                kept.append(vector)
    return spare / max(1, len(live))


def _difference(pairs: Sequence[tuple[bool, bool]], level: float) -> Interval:
    count = Counter(pairs)
    cells = (count[True, True], count[True, False], count[False, True], count[False, False])
    found = newcombe_paired(*cells, confidence=level)
    assert found is not None
    return found


def _size(database: Database) -> int:
    """Bytes of the database, whether it is a file or not."""
    with database.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages) * int(session.execute(text("PRAGMA page_size")).scalar_one())
