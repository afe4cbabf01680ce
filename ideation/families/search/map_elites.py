"""Quality and diversity at once: a map with axes that the user names, in each cell the best idea of it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.errors import LimitReached, ProviderError
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.elites import BINS, Archive, Cell, MapAxis, bin_of
from ideation.families.search.lineage import Searched
from ideation.families.search.material import call_seed
from ideation.families.search.twins import KeptVectors
from ideation.families.search.workshop import Workshop
from ideation.families.search.worth import CRITERIA, unit
from ideation.idea import Family, Idea
from ideation.muse import Criterion, ReviewRequest, ReviseRequest
from ideation.wordings import criterion, wording

AXES = (
    MapAxis(
        name="theory or experiment",
        low="purely theoretical: a model, a proof or a calculation",
        high="purely experimental: an apparatus, a trial or a measurement",
    ),
    MapAxis(
        name="near or far",
        low="near: uses what the field of the topic uses already",
        high="far: brings in a mechanism from another field",
    ),
)
SHARPNESS = 12.0
"""How fast the difference of two cosines runs from one end of an axis to the other."""
TRUST = 3
"""Unknown answers in a row after which the judge is no longer asked about an axis."""


@dataclass(slots=True)
class Places:
    """Finds the cell of an idea: by the judge, and where it cannot tell by the embedder.

    `guessed` counts positions by the embedder: they say which pole's words a text is nearer to, no more.
    """

    work: Workshop
    axes: tuple[MapAxis, ...]
    vectors: KeptVectors
    unknown: dict[str, int]
    guessed: int = 0

    async def cell(self, idea: Idea) -> Cell | None:
        """None where neither could tell.

        Raises:
            LimitReached: the budget is spent.
        """
        found = []
        for axis in self.axes:
            at = await self._asked(idea, axis)
            at = self._measured(idea, axis) if at is None else at
            if at is None:
                return None
            found.append(at)
        return tuple(found)

    async def _asked(self, idea: Idea, axis: MapAxis) -> int | None:
        if self.unknown[axis.name] >= TRUST:
            return None
        desk = self.work.desk
        asked = criterion("search: place on an axis", axis.name, low=axis.low, high=axis.high)
        request = ReviewRequest(
            topic=desk.topic, idea=idea.text, criterion=asked, seed=call_seed(desk.seed, 0)
        )
        grade = await desk.attempt(self.work.stage, partial(desk.judge.grade, request))
        if grade is None or grade.score is None:
            self.unknown[axis.name] += 1
            return None
        self.unknown[axis.name] = 0
        return min(BINS, max(1, grade.score)) - 1

    def _measured(self, idea: Idea, axis: MapAxis) -> int | None:
        try:
            rows = self.vectors.embed([idea.text.whole, axis.low, axis.high])
        except ProviderError as error:
            self.work.desk.ledger.failed(self.work.stage, f"{type(error).__name__}: {error}")
            return None
        self.guessed += 1
        low, high = (float(np.vecdot(rows[0], rows[at])) for at in (1, 2))
        return bin_of(1.0 / (1.0 + math.exp(-SHARPNESS * (high - low))))


@dataclass(frozen=True, slots=True, kw_only=True)
class MapElitesArm:
    """`axes` as the user names them; `steps` texts an idea wanted at most. Reports coverage and QD-score."""

    axes: tuple[MapAxis, ...] = AXES
    steps: int = 4
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "map_elites"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        archive: Archive[Idea] = Archive(len(self.axes))
        unknown = {axis.name: 0 for axis in self.axes}
        places = Places(work, self.axes, KeptVectors(desk.embedder), unknown)
        chance = random.Random(f"{desk.seed}|map")
        stopped, barren, lost, made = "", 0, 0, 0
        try:
            drafts = await work.drafts(wanted)
            for idea in drafts:
                lost += not await self._place(work, archive, places, idea)
            for _ in range(self.steps * wanted):
                made = len(work.lineage.nodes())
                if barren == PATIENCE or made >= self.steps * wanted:
                    break
                idea_or_none = await self._towards_a_gap(work, archive, chance)
                barren = 0 if idea_or_none else barren + 1
                if idea_or_none:
                    lost += not await self._place(work, archive, places, idea_or_none)
            stopped = NOTHING_CAME if barren == PATIENCE else ""
        except LimitReached as limit:
            stopped = str(limit)
        held = list(archive.held().values())
        rest = [node.idea for node in work.lineage.nodes() if node.idea not in held]
        ranked = [*work.best(held, len(held)), *work.best(rest, len(rest))]
        chosen = list({idea.text.whole: idea for idea in reversed(ranked)}.values())[::-1][:wanted]
        measures = {
            "cells": float(archive.cells),
            "coverage": archive.coverage,
            "qd_score": archive.qd_score,
            "placed_by_embedder": float(places.guessed),
            "not_placed": float(lost),
        }
        found = work.finish(chosen, measures=measures, stopped=stopped)
        return replace(found, empty=tuple(map(self._named, archive.empty())))

    def _named(self, cell: Cell) -> tuple[str, ...]:
        """As `near or far 5 of 5`: the fifth bin from the low end."""
        return tuple(f"{axis.name} {at + 1} of {BINS}" for axis, at in zip(self.axes, cell, strict=True))

    async def _place(self, work: Workshop, archive: Archive[Idea], places: Places, idea: Idea) -> bool:
        """Whether the idea has a place on the map; a better one may hold it."""
        value = await work.rate(idea)
        cell = await places.cell(idea)
        if cell is not None:
            archive.offer(cell, idea, None if value is None else unit(value))
        return cell is not None

    async def _towards_a_gap(
        self, work: Workshop, archive: Archive[Idea], chance: random.Random
    ) -> Idea | None:
        """A held idea, asked to move to an empty cell beside it; a new draft where the map is empty."""
        target = archive.target(chance)
        work.number += 1
        if target is None:
            drafts = await work.drafts(1)
            return drafts[0] if drafts else None
        here, parent, there = target
        ends = [
            axis.high if to > at else axis.low
            for axis, at, to in zip(self.axes, here, there, strict=True)
            if to != at
        ]
        request = ReviseRequest(
            topic=work.desk.topic,
            idea=parent.text,
            direction=wording("directions/towards", ends="; ".join(ends))
            if ends
            else wording("directions/stronger"),
            sources=work.material.sample(work.number),
            seed=call_seed(work.desk.seed, work.number),
        )
        child = await work.revised(parent, request, "move on the map")
        return None if child is parent else child
