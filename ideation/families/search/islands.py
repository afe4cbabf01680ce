"""The rules of evolution on islands: who becomes a parent, who survives, who migrates. Pure, knows no muse.

After ShinkaEvolve (arXiv 2509.19349) and the island model. A value of None is that of an idea that
nobody could grade, and stands below all that were graded.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Generic, TypeVar

from core.errors import UserError

MemberT = TypeVar("MemberT")
STEEPNESS = 10.0
"""Lambda of the sigmoid by which better members become parents more often."""


class Breeding(StrEnum):
    """How a child comes about."""

    MUTATION = "mutation"
    CROSSOVER = "crossover"
    REWRITE = "rewrite"


class Choice(StrEnum):
    """How a parent is chosen."""

    TOURNAMENT = "tournament"
    SIGMOID = "sigmoid"


@dataclass(slots=True, eq=False)
class Island(Generic[MemberT]):
    """Members in order of arrival; `offspring` counts the children of each, by position."""

    number: int
    members: list[MemberT] = field(default_factory=list)
    offspring: list[int] = field(default_factory=list)

    def add(self, member: MemberT) -> None:
        self.members.append(member)
        self.offspring.append(0)


def breeding(shares: Sequence[float], chance: random.Random) -> Breeding:
    """One of the three by its share.

    Raises:
        UserError: not three shares of 0 or more with a sum above 0.
    """
    if len(shares) != len(Breeding) or min(shares) < 0 or sum(shares) <= 0:
        raise UserError("give three shares, of mutation, crossover and rewrite, none below 0 and not all 0")
    return chance.choices(list(Breeding), weights=shares)[0]


def parent_weights(values: Sequence[float | None], offspring: Sequence[int]) -> list[float]:
    """Sigmoid of how far a value lies above the median, in units of the spread, times 1 / (1 + children)."""
    known = [value for value in values if value is not None]
    middle = median(known) if known else 0.0
    spread = median(abs(value - middle) for value in known) if known else 0.0
    weights = []
    for value, children in zip(values, offspring, strict=True):
        above = -1.0 if value is None else (value - middle) / max(spread, 0.1) / STEEPNESS
        weights.append(1.0 / (1.0 + math.exp(-STEEPNESS * max(-1.0, min(1.0, above)))) / (1.0 + children))
    return weights


def choose_parent(
    island: Island[MemberT],
    value: Callable[[MemberT], float | None],
    how: Choice,
    chance: random.Random,
    *,
    tournament: int = 2,
) -> int:
    """Position of a member of this island, and of no other."""
    values = [value(member) for member in island.members]
    if how is Choice.SIGMOID:
        return chance.choices(range(len(values)), weights=parent_weights(values, island.offspring))[0]
    drawn = [chance.randrange(len(values)) for _ in range(tournament)]
    return max(drawn, key=lambda at: _rank(values[at]))


def survive(
    island: Island[MemberT], size: int, elites: int, value: Callable[[MemberT], float | None]
) -> tuple[MemberT, ...]:
    """Cut the island down to `size`: the `elites` best stay, then the youngest; returns those that leave.

    Age clears the rest, so that an island goes on moving and yet never loses its best.
    """
    order = sorted(range(len(island.members)), key=lambda at: -_rank(value(island.members[at])))
    best = order[: min(elites, size)]
    young = sorted((at for at in order if at not in best), reverse=True)[: max(0, size - len(best))]
    stay = sorted([*best, *young])
    leaving = tuple(member for at, member in enumerate(island.members) if at not in stay)
    island.offspring = [island.offspring[at] for at in stay]
    island.members = [island.members[at] for at in stay]
    return leaving


def migrate(
    islands: Sequence[Island[MemberT]], count: int, value: Callable[[MemberT], float | None]
) -> list[tuple[int, int, MemberT]]:
    """The `count` best of each island are copied to the next in a ring; returns (from, to, member).

    All leave before any arrives. A member that the next island has already stays where it is.
    """
    if len(islands) < 2:
        return []
    moves = []
    for at, island in enumerate(islands):
        to = islands[(at + 1) % len(islands)]
        best = sorted(island.members, key=lambda member: -_rank(value(member)))[:count]
        moves += [(island, to, member) for member in best if member not in to.members]
    for _, to, member in moves:
        if member not in to.members:
            to.add(member)
    return [(island.number, to.number, member) for island, to, member in moves]


def _rank(value: float | None) -> float:
    return -math.inf if value is None else value
