"""What an idea is worth to a search: grades of the desk's judge, one criterion a call, kept by idea.

A rating belongs to one text. A child has another id and so none, until it is graded itself (row 3.12).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import fmean

from ideation.arm import Desk
from ideation.families.search.material import call_seed, find
from ideation.idea import Idea, IdeaId
from ideation.muse import Criterion, Grade, ReviewRequest
from ideation.wordings import criterion

NOVELTY = criterion("search: novelty")
VALIDITY = criterion("search: validity")
SIGNIFICANCE = criterion("search: significance")
CRITERIA = (NOVELTY, VALIDITY, SIGNIFICANCE)

NEAREST_SHOWN = 3
"""Papers nearest to the idea that a reviewer is shown."""
LOWEST, HIGHEST = 1.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """Grades of one text. `value` is their mean from 1 to 5, or None: a reviewer failed, or none could tell.

    A criterion of which a reviewer says that the text does not tell it (`score` None) is left out of the
    mean; one whose reviewer failed leaves no mean, because it would not be the mean of the same things.
    """

    grades: tuple[Grade, ...]
    failed: int = 0

    @property
    def value(self) -> float | None:
        known = [grade.score for grade in self.grades if grade.score is not None]
        return fmean(known) if known and not self.failed else None

    def low(self, bar: int) -> tuple[Grade, ...]:
        """Grades under `bar`; an unknown one is not low."""
        return tuple(grade for grade in self.grades if grade.score is not None and grade.score < bar)


class Ratings:
    """The ratings of one arm."""

    def __init__(self, desk: Desk, stage: str, criteria: tuple[Criterion, ...] = CRITERIA) -> None:
        self._desk, self._stage, self.criteria = desk, stage, criteria
        self._kept: dict[IdeaId, Rating] = {}
        self.failed = 0

    def of(self, idea: IdeaId) -> Rating | None:
        return self._kept.get(idea)

    def value(self, idea: IdeaId) -> float | None:
        rating = self._kept.get(idea)
        return rating.value if rating else None

    async def rate(self, idea: Idea) -> Rating:
        """Have it graded on all criteria, side by side. Nothing is graded twice.

        Raises:
            LimitReached: the budget was spent before any grade came back.
        """
        if (known := self._kept.get(idea.id)) is not None and not known.failed:
            return known
        desk = self._desk
        sources = find(desk, self._stage, idea.text.whole, NEAREST_SHOWN)
        requests = [
            ReviewRequest(
                topic=desk.topic,
                idea=idea.text,
                criterion=criterion,
                sources=sources,
                seed=call_seed(desk.seed, number),
            )
            for number, criterion in enumerate(self.criteria)
        ]
        found = await desk.gather(self._stage, [partial(desk.judge.grade, each) for each in requests])
        rating = Rating(grades=tuple(each for each in found if each is not None), failed=found.count(None))
        self._kept[idea.id] = rating
        self.failed += rating.failed > 0
        return rating


def affordable(criteria: tuple[Criterion, ...], calls: int, wanted: int) -> tuple[Criterion, ...]:
    """The first of the criteria, one at least: as many as leave each idea two texts that can be graded."""
    each = calls // max(1, wanted)
    return criteria[: max(1, (each - 2) // 2)]


def unit(value: float) -> float:
    """A mean grade from 1 to 5 as a reward from 0 to 1."""
    return (value - LOWEST) / (HIGHEST - LOWEST)


def order_key(value: float | None) -> float:
    """For sorting, best last: what nobody could grade stands below what was graded."""
    return -1.0 if value is None else value
