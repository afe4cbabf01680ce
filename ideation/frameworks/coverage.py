"""Which families reached which of Boden's levels in a run, and which cells stayed empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ideation.frameworks.boden import LEVELS, Level, Tag
from ideation.idea import Family, Idea, IdeaId

Cell = tuple[Family, Level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Ideas by family and level: 5 x 3 cells. `untagged` counts, by family, ideas of no level or no tag."""

    cells: Mapping[Cell, int]
    untagged: Mapping[Family, int]

    @property
    def empty(self) -> tuple[Cell, ...]:
        """Cells without an idea, in the order of families and levels."""
        return tuple(cell for cell, count in self.cells.items() if count == 0)

    @property
    def share(self) -> float:
        """Of all cells, those with an idea."""
        return 1.0 - len(self.empty) / len(self.cells)

    def empty_named(self) -> tuple[str, ...]:
        """Such as `agents: no exploratory idea`."""
        return tuple(f"{family}: no {level} idea" for family, level in self.empty)

    def table(self) -> str:
        """As text: one line a family."""
        heads = "  ".join(f"{level:>16}" for level in LEVELS)
        lines = [f"{'':<10}  {heads}  {'untagged':>8}"]
        for family in Family:
            counts = "  ".join(f"{self.cells[family, level]:>16d}" for level in LEVELS)
            lines.append(f"{family:<10}  {counts}  {self.untagged[family]:>8d}")
        return "\n".join(lines)


def coverage(ideas: Sequence[Idea], tags: Mapping[IdeaId, Tag]) -> Coverage:
    """Every idea counts in one cell or as untagged."""
    found = Counter((idea.family, tags[idea.id].level if idea.id in tags else Level.NONE) for idea in ideas)
    return Coverage(
        cells={(family, level): found[family, level] for family in Family for level in LEVELS},
        untagged={family: found[family, Level.NONE] for family in Family},
    )
