"""From pairs that are the same to groups: connected parts, or groups in which every pair is the same.

Members are named by ids of the caller's, never by their texts: two texts may begin alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import product
from typing import TypeVar

Id = TypeVar("Id", bound=str)


class Linkage(StrEnum):
    """When two groups become one."""

    CONNECTED = "connected"
    """One pair across is the same: chains of small changes end in one group."""
    COMPLETE = "complete"
    """All pairs across are the same."""


def groups_of(
    ids: Sequence[Id], same: Mapping[tuple[Id, Id], float], linkage: Linkage
) -> tuple[tuple[Id, ...], ...]:
    """Every id in one group, members and groups in the order of `ids`.

    `same` holds pairs in either order with their likeness; the most alike are joined first.

    Raises:
        ValueError: an id twice, or a pair of unknown ids.
    """
    place = {each: at for at, each in enumerate(ids)}
    if len(place) != len(ids):
        raise ValueError("an id stands twice")
    if not {each for pair in same for each in pair} <= place.keys():
        raise ValueError("a pair names an id that is not given")
    alike = {frozenset(pair) for pair in same}
    group: dict[Id, list[Id]] = {each: [each] for each in ids}
    ordered = sorted(same, key=lambda pair: (-same[pair], *sorted((place[pair[0]], place[pair[1]]))))
    for one, other in ordered:
        left, right = group[one], group[other]
        if left is right:
            continue
        if linkage is Linkage.COMPLETE and any(frozenset(p) not in alike for p in product(left, right)):
            continue
        larger, smaller = (left, right) if len(left) >= len(right) else (right, left)
        larger.extend(smaller)
        for member in smaller:
            group[member] = larger
    parts = {id(members): tuple(sorted(members, key=place.__getitem__)) for members in group.values()}
    return tuple(sorted(parts.values(), key=lambda members: place[members[0]]))
