"""Reflection: an idea is reviewed and mended some rounds, and its best round is kept, not its last.

After ResearchAgent (arXiv 2404.07738) and The AI Scientist (arXiv 2408.06292). Only what was graded low is
fed back; all else is to stay.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.lineage import Searched
from ideation.families.search.material import call_seed
from ideation.families.search.moves import kept_parts, weaknesses_of
from ideation.families.search.workshop import STOP_PHRASE, Workshop
from ideation.families.search.worth import CRITERIA
from ideation.idea import Family, Idea
from ideation.muse import Criterion, ReviseRequest
from ideation.wordings import wording

DIRECTION = wording("directions/reflect", stop=STOP_PHRASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReflectionArm:
    """`rounds` reviews and revisions at most; grades under `bar` are fed back."""

    rounds: int = 3
    bar: int = 4
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "reflection"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        chains: list[list[Idea]] = []
        stopped = ""
        try:
            stopped = await self._start(work, chains, wanted)
            open_chains = list(chains)
            for number in range(self.rounds):
                open_chains = [chain for chain in open_chains if await self._round(work, chain, number)]
            for chain in open_chains:
                await work.rate(chain[-1])
        except LimitReached as limit:
            stopped = str(limit)
        chosen = [work.best(chain, 1)[0] for chain in chains]
        revised = [(chain, best) for chain, best in zip(chains, chosen, strict=True) if len(chain) > 1]
        measures = {
            "rounds_mean": sum(len(chain) - 1 for chain in chains) / max(1, len(chains)),
            "best_was_not_last": sum(best is not chain[-1] for chain, best in revised) / max(1, len(revised)),
        }
        return work.finish(chosen, measures=measures, stopped=stopped)

    async def _start(self, work: Workshop, chains: list[list[Idea]], wanted: int) -> str:
        barren = 0
        while len(chains) < wanted and barren < PATIENCE:
            found = await work.drafts(wanted - len(chains))
            chains += [[idea] for idea in found]
            barren = 0 if found else barren + 1
        return NOTHING_CAME if len(chains) < wanted else ""

    async def _round(self, work: Workshop, chain: list[Idea], number: int) -> bool:
        """One review and revision; whether the chain goes on."""
        idea = chain[-1]
        await work.rate(idea)
        rating = work.ratings.of(idea.id)
        low = rating.low(self.bar) if rating else ()
        if not low or work.desk.calls.left < work.a_text:  # a revision that cannot be graded is never kept
            return False
        request = ReviseRequest(
            topic=work.desk.topic,
            idea=idea.text,
            direction=DIRECTION,
            weaknesses=weaknesses_of(low),
            keep=kept_parts(low),
            sources=work.material.sample(number),
            seed=call_seed(work.desk.seed, number),
        )
        child = await work.revised(idea, request, "reflect")
        if child is None or child is idea:
            return False
        chain.append(child)
        return True
