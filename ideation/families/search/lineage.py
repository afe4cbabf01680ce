"""What became of every text that a search made: parents, operator, diff, value, visits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ideation.arm import Produced
from ideation.idea import Idea, IdeaId, IdeaText, text_diff


class Fate(StrEnum):
    """Where a text ended."""

    LIVE = "live"
    PRUNED = "pruned"
    REJECTED = "rejected"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One text. `diff` is against its first parent; `value` a mean grade from 1 to 5 or None where nobody
    could grade it; `visits` and `total` are those of a tree search (`total` in discounted rewards).
    """

    idea: Idea
    operator: str
    diff: str = ""
    fate: Fate = Fate.LIVE
    value: float | None = None
    visits: int = 0
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched(Produced):
    """What a search gives: beside its ideas all texts on the way to them."""

    lineage: tuple[Node, ...] = ()


@dataclass(slots=True)
class Lineage:
    """Collects the nodes of one search, in order of making."""

    _nodes: dict[IdeaId, Node] = field(default_factory=dict)

    def add(self, idea: Idea, operator: str, parents: Sequence[Idea] = ()) -> None:
        diff = text_diff(parents[0].text, idea.text) if parents else ""
        self._nodes[idea.id] = Node(idea=idea, operator=operator, diff=diff)

    def valued(self, idea: IdeaId, value: float | None) -> None:
        self._nodes[idea] = replace(self._nodes[idea], value=value)

    def visited(self, idea: IdeaId, visits: int, total: float) -> None:
        self._nodes[idea] = replace(self._nodes[idea], visits=visits, total=total)

    def fated(self, idea: IdeaId, fate: Fate) -> None:
        self._nodes[idea] = replace(self._nodes[idea], fate=fate)

    def operator(self, idea: IdeaId) -> str:
        return self._nodes[idea].operator

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._nodes.values())

    def searched(
        self, produced: Produced, *, chosen: Iterable[Idea], measures: Mapping[str, float] | None = None
    ) -> Searched:
        """The result with only the `chosen` ideas; all others stay in the lineage."""
        ideas = tuple(chosen)
        for idea in ideas:
            self.fated(idea.id, Fate.CHOSEN)
        return Searched(
            ideas=ideas,
            rejected=produced.rejected,
            measures={**produced.measures, **(measures or {})},
            stopped=produced.stopped,
            lineage=self.nodes(),
        )


def held(before: IdeaText, after: IdeaText, keep: Iterable[str]) -> IdeaText:
    """`after` with the parts in `keep` as they were, whatever a model did to them."""
    return replace(after, **{name: getattr(before, name) for name in keep})
