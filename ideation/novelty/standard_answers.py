"""What everyone gets: the models are asked plainly, their answers grouped, and ideas measured against them.

Models asked the same question say the same; an idea that falls among their common answers is worth no less,
but nobody needs a search to find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from core.errors import AtlasError, LimitReached
from ideation.costs import CostLedger
from ideation.idea import IdeaText
from ideation.likeness.duplicates import find_duplicates
from ideation.muse import Muse, ProposeRequest

STAGE = "standard answers"
SURELY_SAME = 0.95
"""A group of answers that agree word for word still takes in what is as near as this."""
TOP_GROUPS = 3
"""Groups of answers that count as common: the largest, of two answers or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plain answer and the model that gave it."""

    text: IdeaText
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answers, how many were asked for, and what came of the others."""

    answers: tuple[Answer, ...]
    wanted: int
    failures: tuple[str, ...]
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGroup:
    """Answers that say the same, by position. `reach` is the similarity at which the loosest of them still
    belongs to the group; `share` is of all answers.
    """

    members: tuple[int, ...]
    share: float
    models: tuple[str, ...]
    reach: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Commonness:
    """How near an idea is to the plain answers: `similarity` to the nearest (`answer`), `group` the common
    one it falls into; None where there is none.
    """

    similarity: float | None
    answer: int | None
    group: int | None

    @property
    def distance(self) -> float | None:
        """From the nearest plain answer, 1 - cosine."""
        return None if self.similarity is None else 1.0 - self.similarity

    @property
    def is_what_everyone_gets(self) -> bool:
        return self.group is not None


async def ask_plainly(
    muses: Sequence[Muse], topic: str, times: int, *, seed: int = 0, ledger: CostLedger | None = None
) -> Asked:
    """Ask each model `times` times for one idea, with no paper, no persona and no operator.

    Ends early, with what it has, where the budget is spent.
    """
    answers: list[Answer] = []
    failures: list[str] = []
    stopped = ""
    for turn, muse in ((turn, muse) for turn in range(times) for muse in muses):
        try:
            reply = await muse.propose(ProposeRequest(topic=topic, seed=seed + turn))
        except LimitReached as limit:
            stopped = str(limit)
            break
        except AtlasError as error:
            failures.append(f"{muse.name}: {type(error).__name__}: {error}")
            continue
        failures += [f"{muse.name}: {fault}" for fault in reply.faults]
        answers += [Answer(text=each.text, model=muse.name) for each in reply.proposals[:1]]
    for failure in failures:
        if ledger is not None:
            ledger.failed(STAGE, failure)
    return Asked(answers=tuple(answers), wanted=times * len(muses), failures=tuple(failures), stopped=stopped)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardAnswers:
    """The plain answers to a topic, grouped; `common` are what everyone gets, the largest group first.

    `vectors` are unit rows, shape (answers, dimensions).
    """

    answers: tuple[Answer, ...]
    groups: tuple[AnswerGroup, ...]
    vectors: NDArray[np.float64]

    @property
    def common(self) -> tuple[AnswerGroup, ...]:
        return tuple(group for group in self.groups if len(group.members) > 1)[:TOP_GROUPS]

    def compare(self, texts: Sequence[IdeaText], embedder: Embedder) -> tuple[Commonness, ...]:
        """How common each idea is. It falls into a group where it is as near to one of its answers as the
        loosest of them is to another.

        Raises:
            ProviderError: the embedder failed.
        """
        if not self.answers or not texts:
            return tuple(Commonness(similarity=None, answer=None, group=None) for _ in texts)
        rows = embedder.embed([text.whole for text in texts]).astype(np.float64)
        return tuple(self._commonness(row) for row in np.round(rows @ self.vectors.T, 6))

    def _commonness(self, row: NDArray[np.float64]) -> Commonness:
        nearest = int(row.argmax())
        inside = [
            (float(row[list(group.members)].max()), -number)
            for number, group in enumerate(self.common)
            if float(row[list(group.members)].max()) >= group.reach
        ]
        return Commonness(
            similarity=float(row[nearest]), answer=nearest, group=-max(inside)[1] if inside else None
        )


async def group_answers(answers: Sequence[Answer], embedder: Embedder, *, topic: str) -> StandardAnswers:
    """Group plain answers that say the same.

    Raises:
        ProviderError: the embedder failed.
    """
    if not answers:
        return StandardAnswers(answers=(), groups=(), vectors=np.zeros((0, embedder.dimensions)))
    texts = {str(number): answer.text.whole for number, answer in enumerate(answers)}
    found = await find_duplicates(texts, embedder=embedder, context=topic)
    vectors = embedder.embed(list(texts.values())).astype(np.float64)
    cosines = np.round(vectors @ vectors.T, 6)
    np.fill_diagonal(cosines, -1.0)
    groups = []
    for names in found.groups:
        members = [int(name) for name in names]
        siblings = cosines[np.ix_(members, members)].max(axis=1)
        models = dict.fromkeys(answers[member].model for member in members)
        groups.append(
            AnswerGroup(
                members=tuple(members),
                share=len(members) / len(answers),
                models=tuple(models),
                reach=min(float(siblings.min()), SURELY_SAME) if len(members) > 1 else 1.0,
            )
        )
    groups.sort(key=lambda group: (-len(group.members), group.members))
    return StandardAnswers(answers=tuple(answers), groups=tuple(groups), vectors=vectors)
