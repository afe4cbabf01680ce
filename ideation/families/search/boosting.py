"""Iterative novelty boosting (SciMON, arXiv 2305.14259): papers that lie too near are listed back.

An idea with no near paper is done at once, and no idea takes more than `rounds`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import LimitReached, ProviderError
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.lineage import Searched
from ideation.families.search.material import call_seed, find
from ideation.families.search.twins import KeptVectors
from ideation.families.search.workshop import Workshop
from ideation.idea import Family, Idea
from ideation.muse import ReviseRequest, Source
from ideation.wordings import wording

DIRECTION = wording("directions/unlike known work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearness:
    """Papers at a cosine over the threshold, the nearest first, and the highest cosine of all (0 of none)."""

    near: tuple[Source, ...]
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoostingArm:
    """`threshold` is a cosine of the desk's embedder; .6 is SciMON's for MiniLM, and no other's."""

    threshold: float = 0.6
    rounds: int = 2
    neighbours: int = 20
    shown: int = 5
    """Near papers that a call names."""
    family: Family = Family.SEARCH
    lever: str = "novelty_boosting"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted)
        vectors = KeptVectors(desk.embedder)
        last: list[Idea] = []
        before: list[float] = []
        after: dict[int, float] = {}
        stopped = ""
        try:
            stopped = await self._start(work, last, wanted)
            for at in range(len(last)):
                nearness = self.nearness(work, vectors, last[at])
                before.append(nearness.highest)
                after[at] = nearness.highest
                for number in range(self.rounds):
                    if not nearness.near:
                        break
                    child = await self._boost(work, last[at], nearness.near, number)
                    if child is None or child is last[at]:
                        break
                    last[at] = child
                    nearness = self.nearness(work, vectors, child)
                    after[at] = nearness.highest
        except LimitReached as limit:
            stopped = str(limit)
        measures = {
            "boosted_share": sum(idea.round > 0 for idea in last) / max(1, len(last)),
            "nearest_before": float(np.mean(before)) if before else 0.0,
            "nearest_after": float(np.mean(list(after.values()))) if after else 0.0,
        }
        return work.finish(last, measures=measures, stopped=stopped)

    def nearness(self, work: Workshop, vectors: KeptVectors, idea: Idea) -> Nearness:
        """Where the embedder fails nothing is near, and the failure is counted: unknown is no copy."""
        sources = find(work.desk, work.stage, idea.text.whole, self.neighbours)
        if not sources:
            return Nearness(near=(), highest=0.0)
        try:
            rows = vectors.embed([idea.text.whole, *(f"{each.title}. {each.abstract}" for each in sources)])
        except ProviderError as error:
            work.desk.ledger.failed(work.stage, f"{type(error).__name__}: {error}")
            return Nearness(near=(), highest=0.0)
        cosines = np.vecdot(rows[1:], rows[0])
        order = np.argsort(-cosines, kind="stable").tolist()
        near = tuple(sources[at] for at in order if cosines[at] > self.threshold)
        return Nearness(near=near, highest=float(cosines.max()))

    async def _start(self, work: Workshop, last: list[Idea], wanted: int) -> str:
        barren = 0
        while len(last) < wanted and barren < PATIENCE:
            found = await work.drafts(wanted - len(last))
            last += found
            barren = 0 if found else barren + 1
        return NOTHING_CAME if len(last) < wanted else ""

    async def _boost(self, work: Workshop, idea: Idea, near: tuple[Source, ...], number: int) -> Idea | None:
        request = ReviseRequest(
            topic=work.desk.topic,
            idea=idea.text,
            direction=DIRECTION,
            keep=("problem",),
            unlike=near[: self.shown],
            sources=work.material.sample(number),
            seed=call_seed(work.desk.seed, number),
        )
        return await work.revised(idea, request, "boost")
