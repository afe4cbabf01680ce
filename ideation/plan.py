"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import UserError
from ideation.corpus.dates import Cutoff
from ideation.idea import Family
from ideation.ranking.match_log import Axis

MOST_IDEAS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """`count` ideas on `topic` by the families, at equal calls each.

    `rounds` of generation are the first and those that fill up what duplicates left empty.
    `calls_per_idea` bounds what an arm may ask a model for each idea wanted of it, `comparisons` what ranking
    may ask in all (None: five for each idea and axis). `weights` add the axes up to the overall rank.
    """

    topic: str
    count: int = 20
    families: tuple[Family, ...] = tuple(Family)
    seed: int = 0
    cutoff: Cutoff = field(default_factory=Cutoff.hides_nothing)
    notes: str = ""
    calls_per_idea: int = 12
    rounds: int = 6
    comparisons: int | None = None
    weights: Mapping[Axis, float] = field(
        default_factory=lambda: {Axis.NOVELTY: 1.0, Axis.FEASIBILITY: 1.0, Axis.CLARITY: 0.5}
    )
    parallel: int = 4

    def __post_init__(self) -> None:
        if not self.topic.strip():
            raise UserError('name a topic: atlas ideas run "TOPIC"')
        if not 2 <= self.count <= MOST_IDEAS:
            raise UserError(f"a run makes 2 to {MOST_IDEAS} ideas, not {self.count}")
        if not self.families:
            raise UserError(f"name a family of {', '.join(Family)}")
        if self.calls_per_idea < 1 or self.rounds < 1:
            raise UserError("a run needs a round, and an idea a call at least")

    @property
    def budget_of_comparisons(self) -> int:
        return 5 * self.count * len(self.weights) if self.comparisons is None else self.comparisons


def parse_families(text: str) -> tuple[Family, ...]:
    """`all`, or names with commas between them, each once, in the order of the families.

    Raises:
        UserError: there is no such family.
    """
    named = [name.strip() for name in text.split(",") if name.strip()]
    if named == ["all"]:
        return tuple(Family)
    if unknown := [name for name in named if name not in set(Family)]:
        raise UserError(f"no family {unknown[0]!r}: choose all, or some of {', '.join(Family)}")
    return tuple(family for family in Family if family.value in named)
