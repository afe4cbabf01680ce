"""What the agents of a group hold: which of the ideas each thinks best, and who gave way to whom.

Conformity is the share of changed positions that went to what most of the others held before (Asch 1956; as a
measure of debates among models: arXiv 2604.18005).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Position = int | None
"""The place of the idea that an agent thinks best; None while it holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """`changed` positions from round to round, and how many of them went `toward` the majority."""

    changed: int
    toward: int

    @property
    def rate(self) -> float | None:
        """In [0, 1]; None where nobody changed."""
        return self.toward / self.changed if self.changed else None

    def __add__(self, other: Conformity) -> Conformity:
        return Conformity(changed=self.changed + other.changed, toward=self.toward + other.toward)


def position(scores: Mapping[int, int], before: Position, own: int) -> Position:
    """The best by known scores; among equals what was held before, then the agent's own idea, then the
    first. Without any score the agent holds what it held.
    """
    if not scores:
        return before
    best = max(scores.values())
    equal = [place for place in sorted(scores) if scores[place] == best]
    return next((each for each in (before, own) if each in equal), equal[0])


def majority(held: Sequence[Position], *, without: int) -> Position:
    """What most of the others hold; None where two ideas have equally many, or nobody holds one."""
    counts = Counter(each for agent, each in enumerate(held) if agent != without and each is not None)
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def conformity(before: Sequence[Position], after: Sequence[Position]) -> Conformity:
    """Of one round. An agent that held nothing, or holds nothing now, did not change its position.

    Raises:
        ValueError: not the same agents.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} positions before and {len(after)} after are not of one group")
    changed = [
        agent
        for agent, (old, new) in enumerate(zip(before, after, strict=True))
        if old is not None and new is not None and old != new
    ]
    toward = sum(after[agent] == majority(before, without=agent) for agent in changed)
    return Conformity(changed=len(changed), toward=toward)


def supporters(held: Sequence[Position], ideas: int) -> tuple[int, ...]:
    """How many hold each of the ideas."""
    counts = Counter(held)
    return tuple(counts[place] for place in range(ideas))
