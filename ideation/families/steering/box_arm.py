"""Ideas from the cells of a morphological box, whose empty cells are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.facets import FacetKind, read_facets
from ideation.families.search.asking import NOTHING_CAME, PATIENCE, Ask, ask_all
from ideation.families.search.material import Material, call_seed
from ideation.families.steering.box import Box, Cell, pairs_of
from ideation.idea import Family
from ideation.muse import ListRequest, Operator, Source
from ideation.wordings import wording

FILL = Operator(
    deck="morphological_box",
    name="fill the cell",
    instruction=wording("operators/fill the cell"),
)
LONGEST_VALUE = 80
"""Characters of a value."""
DEFAULT_AXES = {
    "part of the problem": FacetKind.PROBLEM,
    "mechanism": FacetKind.MECHANISM,
    "how it is tested": FacetKind.EVALUATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed(Produced):
    """`box` is what was walked, `filled` the cells that gave an idea, in order of asking."""

    box: Box | None = None
    filled: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxArm:
    """`axes` as the user gives them, or else `values` each from the problems, mechanisms and tests
    of the papers."""

    axes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    values: int = 4
    family: Family = Family.STEERING
    lever: str = "morphological_box"

    async def run(self, desk: Desk, wanted: int) -> Boxed:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        filled: list[Cell] = []
        asked: list[Cell] = []
        box, stopped = None, ""
        try:
            box = Box(axes=self.axes) if self.axes else await self._box(desk, material.pool)
            if box is None:
                return self._boxed(harvest, None, [], [], "no axes: the papers gave too few values for a box")
            walk = list(box.walk(desk.seed))
            seen = set(walk)
            walk += [cell for cell in box.cells() if cell not in seen][: PATIENCE * wanted]
            barren = 0
            for cell in walk:
                if len(harvest.ideas) >= wanted or barren == PATIENCE:
                    break
                asked.append(cell)
                found = await ask_all(harvest, [self._ask(material, box, cell, len(asked))], most=1)
                barren = 0 if found else barren + 1
                filled += [cell] if found else []
            stopped = NOTHING_CAME if barren == PATIENCE else ""
        except LimitReached as limit:
            stopped = str(limit)
        return self._boxed(harvest, box, asked, filled, stopped)

    def _boxed(
        self, harvest: Harvest, box: Box | None, asked: list[Cell], filled: list[Cell], stopped: str
    ) -> Boxed:
        covered = {pair for cell in filled for pair in pairs_of(cell)}
        measures = {
            "cells": float(box.size if box else 0),
            "cells_asked": float(len(asked)),
            "cells_filled": float(len(filled)),
            "cells_empty": float(box.size - len(set(filled)) if box else 0),
            "pairs_covered": len(covered) / len(box.pairs()) if box else 0.0,
        }
        made = harvest.produced(measures=measures, stopped=stopped)
        return Boxed(
            ideas=made.ideas,
            rejected=made.rejected,
            measures=made.measures,
            stopped=made.stopped,
            empty=tuple(map(box.named, box.empty(filled))) if box else (),
            box=box,
            filled=tuple(filled),
        )

    def _ask(self, material: Material, box: Box, cell: Cell, number: int) -> Ask:
        """Values may come from papers, so they go with the notes, which a prompt fences as data."""
        values = box.named(cell)
        lines = [f"{name}: {value}" for (name, _), value in zip(box.axes, values, strict=True)]
        sources = tuple(dict.fromkeys(paper for value in values for paper in _of(material.pool, value)))
        request = material.request(number, sources=sources or None)
        notes = "\n".join(line for line in (request.notes, "The cell:", *lines) if line)
        return Ask(
            request=replace(request, notes=notes, operator=FILL),
            operators=("morphological_box:cell",),
            constraints=tuple(lines),
        )

    async def _box(self, desk: Desk, papers: tuple[Source, ...]) -> Box | None:
        """Axes with as many values as came; None where fewer than two axes have two."""
        read = [paper.facets or read_facets(paper.paper, paper.title, paper.abstract) for paper in papers]
        requests = [
            ListRequest(
                question=wording("questions/values of an axis", axis=name),
                material=tuple(text for each in read for text in each.of(kind)[:1]),
                count=self.values,
                seed=call_seed(desk.seed, number),
            )
            for number, (name, kind) in enumerate(DEFAULT_AXES.items())
        ]
        lists = await desk.gather(self.lever, [partial(desk.muse.list, each) for each in requests])
        axes = []
        for name, found in zip(DEFAULT_AXES, lists, strict=True):
            values = dict.fromkeys(" ".join(text.split())[:LONGEST_VALUE] for text in found or ())
            axes += [(name, tuple(value for value in values if value))] if len(values) > 1 else []
        return Box(axes=tuple(axes)) if len(axes) > 1 else None


def _of(papers: tuple[Source, ...], value: str) -> list[Source]:
    """The first paper that has the value in its own words."""
    plain = value.casefold()
    return [paper for paper in papers if plain in f"{paper.title} {paper.abstract}".casefold()][:1]
