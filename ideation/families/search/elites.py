"""The archive of MAP-Elites (Mouret and Clune, arXiv 1504.04909): the best idea of every cell of a map."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

from core.errors import UserError

ThingT = TypeVar("ThingT")
Cell = tuple[int, ...]

BINS = 5
"""Grades go from 1 to 5, so an axis has five bins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAxis:
    """An axis that the user names; `low` and `high` say in words what stands at its ends."""

    name: str
    low: str
    high: str


@dataclass(slots=True)
class Archive(Generic[ThingT]):
    """One thing a cell, with its value from 0 to 1 or None where nobody could value it."""

    axes: int
    bins: int = BINS
    _held: dict[Cell, tuple[ThingT, float | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises:
        UserError: a map without an axis, or with fewer than two bins on each.
        """
        if self.axes < 1 or self.bins < 2:
            raise UserError("a map needs one axis at least, and two bins on each")

    def offer(self, cell: Cell, thing: ThingT, value: float | None) -> bool:
        """Whether the thing takes the cell: it was empty, or the thing is better. One without a value takes
        only an empty cell, and gives it to any that has one.

        Raises:
            UserError: the map has no such cell.
        """
        if len(cell) != self.axes or not all(0 <= at < self.bins for at in cell):
            raise UserError(f"the map has no cell {cell}")
        if cell in self._held:
            there = self._held[cell][1]
            if value is None or (there is not None and value <= there):
                return False
        self._held[cell] = (thing, value)
        return True

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[tuple[Cell, ThingT, float | None]]:
        """Cells in their order."""
        return ((cell, *self._held[cell]) for cell in sorted(self._held))

    @property
    def cells(self) -> int:
        return int(self.bins**self.axes)

    @property
    def coverage(self) -> float:
        """Share of the cells that hold something."""
        return len(self._held) / self.cells

    @property
    def qd_score(self) -> float:
        """Sum of the values of all cells; an empty one and one without a value add nothing."""
        return math.fsum(value for _, value in self._held.values() if value is not None)

    def empty(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in product(range(self.bins), repeat=self.axes) if cell not in self._held)

    def target(self, chance: random.Random) -> tuple[Cell, ThingT, Cell] | None:
        """An empty cell that lies next to a held one, drawn; with that neighbour and what it holds.

        None of an empty map. Of a full one any held cell, with itself as its target.
        """
        if not self._held:
            return None
        gaps = {cell: min(self._held, key=lambda held: (_steps(held, cell), held)) for cell in self.empty()}
        if not gaps:
            cell = chance.choice(sorted(self._held))
            return cell, self._held[cell][0], cell
        least = min(_steps(cell, held) for cell, held in gaps.items())
        cell = chance.choice(sorted(gap for gap, held in gaps.items() if _steps(gap, held) == least))
        return gaps[cell], self._held[gaps[cell]][0], cell

    def held(self) -> Mapping[Cell, ThingT]:
        return {cell: thing for cell, thing, _ in self}


def bin_of(position: float, bins: int = BINS) -> int:
    """The bin of a position from 0 to 1; positions outside count as the nearest end."""
    return min(bins - 1, max(0, int(position * bins)))


def _steps(one: Cell, other: Cell) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
