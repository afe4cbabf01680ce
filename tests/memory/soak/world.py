"""The world of the soak: tasks with a chance of success that shown lessons move, and what is proposed after.

All chance comes from the seed and the number of the episode, so that a run without memory meets the same
tasks with the same luck, and a pair of runs differs by nothing but what memory showed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from memory.identity import normalised
from memory.items import ItemDraft, Kind
from tests.memory.soak.accidents import accident
from tests.memory.soak.lessons import ANY_TASK, KINDS, LESSONS, TYPES, Lesson, TaskType

SCOPE = "soak/soc"
BASES = (0.35, 0.55)
"""Chance of success without memory: spread evenly over the types of tasks, .45 in the mean."""
LEAST, MOST = 0.02, 0.98

SAID_AGAIN, WORD_FOR_WORD = 0.25, 0.7
"""A lesson that was shown is proposed again after a success; what was shown is mostly repeated word for word,
as the prompt for distilling asks."""
DISCOVERED, PLANTED, NOISE = 0.4, 0.25, 0.8
"""Chance that an episode proposes a helpful or neutral lesson, after a success a harmful one, an accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One episode to be. It succeeds where `luck` lies under its chance."""

    number: int
    type: TaskType
    base: float
    question: str
    luck: float

    @property
    def key(self) -> str:
        return f"task-{self.number:04}"

    def solved(self, shown: Iterable[Lesson] = ()) -> bool:
        return self.luck < min(MOST, max(LEAST, self.base + sum(map(self.effect_of, shown))))

    def effect_of(self, lesson: Lesson) -> float:
        """Help helps the tasks that it is for; harm harms wherever it is shown."""
        fits = lesson.cue in ("", self.type.cue)
        return lesson.effect if fits or lesson.effect < 0 else 0.0


class World:
    """Tasks and drafts by number, of the first few `types`; knows which lesson every wording stands for.

    `noise` is the chance that an episode proposes an accident.
    """

    def __init__(self, seed: int, *, types: int = len(TYPES), noise: float = NOISE) -> None:
        self._seed, self._types, self._noise = seed, TYPES[:types], noise
        step = (BASES[1] - BASES[0]) / (len(self._types) - 1)
        self._bases = {each.cue: BASES[0] + step * at for at, each in enumerate(self._types)}
        self._lessons = {normalised(text): lesson for lesson in LESSONS for text in lesson.wordings}
        self._accidents: dict[str, str] = {}

    def task(self, number: int) -> Task:
        chance = random.Random(f"{self._seed}/{number}/task")
        kind = chance.choice(self._types)
        question = chance.choice(kind.questions)
        base = self._bases[kind.cue]
        return Task(number=number, type=kind, base=base, question=question, luck=chance.random())

    def lesson_of(self, content: str) -> Lesson | None:
        """The lesson that a text words; None for an accident."""
        return self._lessons.get(normalised(content))

    def meaning_of(self, content: str) -> str:
        """A name that two texts share when a reader would say that they say the same."""
        lesson = self.lesson_of(content)
        return lesson.name if lesson is not None else self._accidents[normalised(content)]

    def proposals(self, task: Task, shown: Iterable[str], solved: bool) -> list[ItemDraft]:
        """What a distiller makes of the episode: what was shown or done in it, and an accident."""
        chance = random.Random(f"{self._seed}/{task.number}/drafts")
        told = {content: self.lesson_of(content) for content in shown}
        drafts = [
            self._again(content, lesson, task, chance)
            for content, lesson in told.items()
            if solved and chance.random() < SAID_AGAIN
        ]
        words = {lesson.name: content for content, lesson in told.items() if lesson is not None}
        known = [*task.type.lessons, *ANY_TASK]
        found = [each for each in known if each.effect >= 0] if chance.random() < DISCOVERED else []
        bad = [each for each in known if each.effect < 0] if chance.random() < PLANTED and solved else []
        for lesson in [chance.choice(each) for each in (found, bad) if each]:
            content = words.get(lesson.name, chance.choice(lesson.wordings))
            drafts.append(self._again(content, lesson, task, chance))
        if chance.random() < self._noise:
            meaning, text = accident(chance)
            self._accidents[normalised(text)] = meaning
            drafts.append(self._drafted(text, task))
        return drafts

    def _again(self, content: str, lesson: Lesson | None, task: Task, chance: random.Random) -> ItemDraft:
        """The content as it stands, or now and then the lesson in any of its wordings."""
        if lesson is None:
            return self._drafted(content, task)
        if chance.random() >= WORD_FOR_WORD:
            content = chance.choice(lesson.wordings)
        return _draft(lesson.kind, content, lesson.cue)

    def _drafted(self, content: str, task: Task) -> ItemDraft:
        return _draft(self._kind_of_accident(content), content, task.type.cue)

    def _kind_of_accident(self, content: str) -> Kind:
        return KINDS[sum(map(ord, self._accidents[normalised(content)])) % len(KINDS)]


def _draft(kind: Kind, content: str, cue: str) -> ItemDraft:
    return ItemDraft(kind=kind, scope=SCOPE, content=content, cue=cue)
