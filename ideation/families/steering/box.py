"""A morphological box (Zwicky): axes with values, walked by a covering design. Pure, knows no muse.

All combinations are too many to ask for. A pairwise covering design visits every pair of values of two axes
at least once in few cells, as in tests of software (Cohen et al., AETG, 1997).
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, product

from core.errors import UserError

Cell = tuple[int, ...]
Pair = tuple[int, int, int, int]
"""Axis, value, another axis, value."""
MOST_CELLS = 100_000
TRIES = 12
"""Cells drawn for each step, of which the one with the most new pairs is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Axes by name, each with its values."""

    axes: tuple[tuple[str, tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        """Raises:
        UserError: fewer than two axes, an axis without a value, or too many cells to name.
        """
        if len(self.axes) < 2 or not all(values for _, values in self.axes):
            raise UserError("a box needs two axes at least, and a value on each")
        if self.size > MOST_CELLS:
            raise UserError(f"a box of {self.size} cells is too large; {MOST_CELLS} is the most")

    @property
    def size(self) -> int:
        return math.prod(len(values) for _, values in self.axes)

    def cells(self) -> Iterable[Cell]:
        """All of them, in order."""
        return product(*(range(len(values)) for _, values in self.axes))

    def named(self, cell: Cell) -> tuple[str, ...]:
        return tuple(values[at] for (_, values), at in zip(self.axes, cell, strict=True))

    def empty(self, filled: Iterable[Cell]) -> tuple[Cell, ...]:
        """Cells that nothing came to."""
        held = set(filled)
        return tuple(cell for cell in self.cells() if cell not in held)

    def pairs(self) -> set[Pair]:
        """Every two values that can stand together."""
        sizes = [len(values) for _, values in self.axes]
        return {
            (one, a, other, b)
            for one, other in combinations(range(len(sizes)), 2)
            for a in range(sizes[one])
            for b in range(sizes[other])
        }

    def walk(self, seed: int) -> tuple[Cell, ...]:
        """Cells that hold every pair of values: greedy, so a few more than the fewest, and the first cells
        hold the most.
        """
        chance = random.Random(f"{seed}|box")
        left = self.pairs()
        chosen: list[Cell] = []
        while left:
            drawn = [self._cell_for(left, chance) for _ in range(TRIES)]
            best = max(drawn, key=lambda cell: len(left & pairs_of(cell)))
            chosen.append(best)
            left -= pairs_of(best)
        return tuple(chosen)

    def _cell_for(self, left: set[Pair], chance: random.Random) -> Cell:
        """A cell around one pair that is left; every other axis takes the value with the most new pairs."""
        one, a, other, b = chance.choice(sorted(left))
        cell = {one: a, other: b}
        rest = [axis for axis in range(len(self.axes)) if axis not in cell]
        chance.shuffle(rest)
        for axis in rest:
            values = list(range(len(self.axes[axis][1])))
            chance.shuffle(values)
            cell[axis] = max(
                values, key=lambda at: sum(_pair(axis, at, known, cell[known]) in left for known in cell)
            )
        return tuple(cell[axis] for axis in range(len(self.axes)))


def pairs_of(cell: Cell) -> set[Pair]:
    return {(one, cell[one], other, cell[other]) for one, other in combinations(range(len(cell)), 2)}


def _pair(one: int, a: int, other: int, b: int) -> Pair:
    return (one, a, other, b) if one < other else (other, b, one, a)
