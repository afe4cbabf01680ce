"""Best of N: several drafts for one place, chosen by a judge that is another model than the writer."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.lineage import Fate, Searched
from ideation.families.search.workshop import Workshop
from ideation.families.search.worth import CRITERIA
from ideation.idea import Family, Idea
from ideation.muse import Criterion

LEAST_DRAFTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOfArm:
    """`n` drafts a place; fewer, but two at least, where the budget would not reach all places.

    The measure `judge_is_generator` says when the writer graded itself; an ungraded draft loses to every
    graded one.
    """

    n: int = 4
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "best_of_n"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        chosen: list[Idea] = []
        drafts: list[Idea] = []
        stopped, barren = "", 0
        n = max(LEAST_DRAFTS, min(self.n, desk.calls.left // max(1, wanted * work.a_text)))
        try:
            while len(chosen) < wanted and barren < PATIENCE:
                drafts = await work.drafts(n)
                for draft in drafts:
                    await work.rate(draft)
                chosen += self._take(work, drafts)
                barren = 0 if drafts else barren + 1
                drafts = []
            stopped = NOTHING_CAME if len(chosen) < wanted else ""
        except LimitReached as limit:
            stopped = str(limit)
            chosen += self._take(work, drafts)
        return work.finish(chosen, measures={"drafts_a_place": float(n)}, stopped=stopped)

    def _take(self, work: Workshop, drafts: list[Idea]) -> list[Idea]:
        best = work.best(drafts, 1)
        for draft in drafts:
            if draft not in best:
                work.lineage.fated(draft.id, Fate.PRUNED)
        return best
