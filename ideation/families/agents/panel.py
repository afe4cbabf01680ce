"""A panel of reviewers: each judges one criterion, by itself, on five steps whose ends are said in words.

One criterion a call keeps one impression from colouring all the grades; "unknown" is an answer
(ResearchAgent, arXiv 2404.07738, has the anchors and the low grades fed back).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ideation.arm import Desk
from ideation.idea import IdeaText
from ideation.muse import Criterion, Grade, ReviewRequest, Source
from ideation.wordings import criterion

LOW = 3
"""Up to this score a criterion is fed back."""
STAGE = "review"

CRITERIA = tuple(
    criterion(f"panel: {name}")
    for name in ("novelty", "validity", "feasibility", "significance", "clarity", "specificity")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelReview:
    """One grade a criterion, in the order of the criteria; what no reviewer could tell is unknown."""

    grades: tuple[Grade, ...]

    def __post_init__(self) -> None:
        if len({each.criterion for each in self.grades}) != len(self.grades):
            raise ValueError("a panel has one grade for each criterion")

    @property
    def criteria(self) -> tuple[str, ...]:
        return tuple(each.criterion for each in self.grades)

    @property
    def scores(self) -> dict[str, int]:
        """Those that are known, by criterion."""
        return {each.criterion: each.score for each in self.grades if each.score is not None}

    @property
    def mean(self) -> float | None:
        """From 1 to 5, over the known; None where nothing is."""
        known = self.scores.values()
        return sum(known) / len(known) if known else None

    def weak(self, low: int = LOW) -> tuple[Grade, ...]:
        """Grades of at most `low`, the worst first."""
        known = [(each.score, each) for each in self.grades if each.score is not None and each.score <= low]
        return tuple(grade for _, grade in sorted(known, key=lambda pair: pair[0]))


async def review(
    desk: Desk,
    idea: IdeaText,
    *,
    criteria: Sequence[Criterion] = CRITERIA,
    sources: Sequence[Source] = (),
    seed: int = 0,
) -> PanelReview:
    """All criteria of one idea. See `review_all`."""
    return (await review_all(desk, [idea], criteria=criteria, sources=[sources], seed=seed))[0]


async def review_all(
    desk: Desk,
    ideas: Sequence[IdeaText],
    *,
    criteria: Sequence[Criterion] = CRITERIA,
    sources: Sequence[Sequence[Source]] = (),
    seed: int = 0,
) -> list[PanelReview]:
    """One review an idea; `sources` are shown beside each. A reviewer sees nothing of the other reviewers.

    What a reviewer could not give stands as unknown, and in the ledger as a failure.

    Raises:
        LimitReached: the budget is spent before anything came back.
    """
    shown = sources or [()] * len(ideas)

    def asked(request: ReviewRequest) -> Callable[[], Awaitable[Grade]]:
        return lambda: desk.judge.grade(request)

    works = [
        asked(
            ReviewRequest(
                topic=desk.topic,
                idea=idea,
                criterion=criterion,
                persona=f"a reviewer who judges nothing but {criterion.name}",
                sources=tuple(beside),
                seed=desk.seed + seed + place,
            )
        )
        for place, (idea, beside) in enumerate(zip(ideas, shown, strict=True))
        for criterion in criteria
    ]
    found = iter(await desk.gather(STAGE, works))
    return [
        PanelReview(grades=tuple(_checked(criterion, next(found)) for criterion in criteria)) for _ in ideas
    ]


def _checked(criterion: Criterion, grade: Grade | None) -> Grade:
    """A grade on the scale and of the criterion that was asked for; anything else tells nothing."""
    if grade is None:
        return Grade(criterion=criterion.name, score=None, reason="no review came back")
    if grade.score is not None and not 1 <= grade.score <= 5:
        return Grade(criterion=criterion.name, score=None, reason=f"{grade.score} is not on the scale")
    return Grade(criterion=criterion.name, score=grade.score, reason=grade.reason)
