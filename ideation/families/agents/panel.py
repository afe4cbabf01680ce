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

LOW = 3
"""Up to this score a criterion is fed back."""
STAGE = "review"

CRITERIA = (
    Criterion(
        name="novelty",
        question="How far is this from what the papers shown and common knowledge of the field say already?",
        anchors=("known work says the same", "a variant of known work", "nothing known does this or says it"),
    ),
    Criterion(
        name="validity",
        question="Does the mechanism follow from what is known, without a gap in the argument?",
        anchors=("it contradicts what is known", "plausible, with steps untold", "each step has its reason"),
    ),
    Criterion(
        name="feasibility",
        question="Could a small group with ordinary means test this within a year?",
        anchors=("no means to do it exist", "with effort and special means", "with what most groups have"),
    ),
    Criterion(
        name="significance",
        question="If it holds, how much changes for those who work on the topic?",
        anchors=("nothing would be done otherwise", "some would do some things otherwise", "the field turns"),
    ),
    Criterion(
        name="clarity",
        question="Could a reader from the field say in own words what would be done and why?",
        anchors=("one cannot tell what is meant", "the main thought, not its parts", "every part is plain"),
    ),
    Criterion(
        name="specificity",
        question="Are the prediction and its test so definite that the outcome could go against the idea?",
        anchors=("nothing could count against it", "a test without a baseline or measure", "it could fail"),
    ),
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
