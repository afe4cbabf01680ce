"""Which of two versions of an idea stays: every criterion that was named is compared, each with itself.

A known system compares one criterion three times and leaves out the others (VirSci, both versions); here what
was compared is part of the answer, so that a test can hold it to the whole list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ideation.families.agents.panel import PanelReview


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`differences` has every criterion: the later score less the earlier one, None where one is unknown."""

    differences: Mapping[str, int | None]

    @property
    def gain(self) -> int:
        """Steps gained less steps lost, over the criteria that are known of both."""
        return sum(each for each in self.differences.values() if each is not None)

    @property
    def later_is_better(self) -> bool:
        """Equal grades, or none, keep the earlier version: a change has to show its worth."""
        return self.gain > 0


def compare(earlier: PanelReview, later: PanelReview) -> Comparison:
    """Raises:
    ValueError: the two were not judged on the same criteria.
    """
    if set(earlier.criteria) != set(later.criteria):
        raise ValueError(
            f"reviews on {', '.join(earlier.criteria)} and on {', '.join(later.criteria)} do not compare"
        )
    before, after = earlier.scores, later.scores
    return Comparison(
        differences={
            name: after[name] - before[name] if name in before and name in after else None
            for name in earlier.criteria
        }
    )
