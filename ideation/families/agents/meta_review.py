"""Meta-reviews: what the reviews of a run find fault with again and again, one version after another.

Each version is appended to the requests that come after it (AI co-scientist, arXiv 2502.18864). The versions
stay, and every idea says which one it was written under.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ideation.arm import Desk
from ideation.families.agents.panel import LOW, PanelReview
from ideation.muse import ListRequest
from ideation.wordings import wording

MOST_LINES = 4
LONGEST_LINE = 200
"""Characters: a fault is said in a sentence, and a review that was led astray cannot fill a prompt."""
MOST_REASONS = 24
STAGE = "meta-review"
_QUESTION = wording("questions/recurring faults")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaReview:
    """`version` counts from 1; `reviews` is how many reviews it was drawn from."""

    version: int
    lines: tuple[str, ...]
    reviews: int

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:12]

    @property
    def marked(self) -> tuple[str, ...]:
        """The lines as an idea keeps them."""
        return tuple(f"meta-review {self.version} ({self.digest}): {line}" for line in self.lines)


@dataclass(slots=True, kw_only=True)
class MetaReviews:
    """All versions of a run. A version that says nothing else than the one before is not a new one."""

    versions: list[MetaReview] = field(default_factory=list)

    @property
    def current(self) -> MetaReview | None:
        return self.versions[-1] if self.versions else None

    @property
    def advice(self) -> tuple[str, ...]:
        return self.current.lines if self.current else ()

    def add(self, lines: Sequence[str], reviews: int) -> MetaReview | None:
        """The new version; None where there is nothing new to say."""
        plain = tuple(dict.fromkeys(" ".join(line.split())[:LONGEST_LINE] for line in lines if line.strip()))
        if not plain or plain[:MOST_LINES] == self.advice:
            return None
        version = MetaReview(version=len(self.versions) + 1, lines=plain[:MOST_LINES], reviews=reviews)
        self.versions.append(version)
        return version


async def summarise(desk: Desk, reviews: Sequence[PanelReview], *, seed: int = 0) -> tuple[str, ...]:
    """What recurs: in the judge's words, after the counts that need no words. Empty where nothing does.

    Raises:
        LimitReached: the budget is spent.
    """
    counted = recurring(reviews)
    reasons = tuple(
        f"{grade.criterion} ({grade.score} of 5): {grade.reason}"
        for review in reviews
        for grade in review.weak()
        if grade.reason.strip()
    )
    if not counted or not reasons:
        return counted
    request = ListRequest(
        question=_QUESTION,
        material=reasons[:MOST_REASONS],
        count=MOST_LINES - min(len(counted), MOST_LINES // 2),
        seed=desk.seed + seed,
    )
    said = await desk.attempt(STAGE, lambda: desk.judge.list(request))
    return (*counted[: MOST_LINES // 2], *(said or ()))


def recurring(reviews: Sequence[PanelReview]) -> tuple[str, ...]:
    """Criteria that are weak in at least two ideas and in half of those whose grade is known, worst first."""
    names = dict.fromkeys(name for review in reviews for name in review.criteria)
    found = []
    for name in names:
        known = [review.scores[name] for review in reviews if name in review.scores]
        low = sum(score <= LOW for score in known)
        if low >= 2 and 2 * low >= len(known):
            found.append((low / len(known), f"{name}: weak in {low} of the {len(known)} ideas before"))
    return tuple(line for _, line in sorted(found, key=lambda pair: -pair[0]))
