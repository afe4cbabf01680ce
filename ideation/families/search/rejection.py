"""Novelty rejection (ShinkaEvolve, arXiv 2509.19349): what says the same as an earlier idea is tried again,
a bounded number of times, and then given up with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.lineage import Fate, Searched
from ideation.families.search.material import call_seed
from ideation.families.search.saturation import BATCH, LEAST_UNIQUE, Saturation
from ideation.families.search.twins import Twin, as_source
from ideation.families.search.workshop import Workshop, texts_of
from ideation.idea import Family, Idea
from ideation.muse import ReviseRequest
from ideation.wordings import wording

DIRECTION = wording("directions/unlike an earlier idea")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionArm:
    """`attempts` texts for one place; ends when hardly any draft of a batch is new any more."""

    attempts: int = 3
    batch: int = BATCH
    least_unique: float = LEAST_UNIQUE
    family: Family = Family.SEARCH
    lever: str = "novelty_rejection"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted)
        kept: list[Idea] = []
        saturation = Saturation(batch=self.batch, least=self.least_unique)
        stopped, barren = "", 0
        tried: list[Idea] = []
        try:
            while len(kept) < wanted and barren < PATIENCE and not saturation.reached:
                tried = await work.drafts(1)
                barren = 0 if tried else barren + 1
                if tried:
                    await self._place(work, kept, tried, saturation)
                tried = []
            stopped = "" if len(kept) >= wanted else saturation.reason if saturation.reached else NOTHING_CAME
        except LimitReached as limit:
            stopped = str(limit)
            kept += tried[-1:]  # nobody could say that it repeats another, and it was paid for
        measures = {
            "unique_share_last_batch": saturation.share,
            "judged": float(work.twins.asked),
            "abstained": float(work.twins.abstained),
        }
        return work.finish(kept, measures=measures, stopped=stopped)

    async def _place(
        self, work: Workshop, kept: list[Idea], tried: list[Idea], saturation: Saturation
    ) -> None:
        """Try a draft and its rewritings until one is new; the last one is given up with the reason."""
        for attempt in range(self.attempts):
            idea = tried[-1]
            earlier = [*work.desk.known, *kept]
            twin = await work.twins.twin(idea.text, texts_of(earlier))
            if attempt == 0:
                saturation.add(twin is None)
            if twin is None:
                kept.append(idea)
                tried.clear()
                return
            other = earlier[twin.at]
            child = None
            if attempt + 1 < self.attempts:
                child = await self._again(work, idea, other, attempt)
            if child is None or child is idea:
                work.give_up(idea, _reason(twin, other, attempt + 1))
                tried.clear()
                return
            work.lineage.fated(idea.id, Fate.PRUNED)
            tried.append(child)

    async def _again(self, work: Workshop, idea: Idea, other: Idea, attempt: int) -> Idea | None:
        request = ReviseRequest(
            topic=work.desk.topic,
            idea=idea.text,
            direction=DIRECTION,
            unlike=(as_source(other.text),),
            sources=work.material.sample(work.number + attempt),
            seed=call_seed(work.desk.seed, work.number + attempt),
        )
        return await work.revised(idea, request, "reject and rewrite")


def _reason(twin: Twin, other: Idea, attempts: int) -> str:
    by = "a judge" if twin.judged else "the calibrated likeness"
    times = "attempt" if attempts == 1 else "attempts"
    return (
        f"says the same as {other.id} ({other.text.title}), by {by} at {twin.likeness:.2f},"
        f" after {attempts} {times}"
    )
