"""Bit, flip, spark (HypoGen, arXiv 2504.12976): an assumption, its inversion, and a core of six words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import NOTHING_CAME, PATIENCE, Ask, ask_all
from ideation.families.search.material import Material, call_seed
from ideation.families.search.workshop import said_by
from ideation.idea import Family, Idea
from ideation.muse import ListRequest, Shape
from ideation.wordings import wording

MOST_WORDS = 6
QUESTION = wording("questions/core", words=MOST_WORDS)
SPARK = "spark: "
"""In front of the core among an idea's notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BitFlipArm:
    """An idea without an assumption is given up. One whose core takes more words is asked once more, and then
    stands without a core, which is counted as a failure.
    """

    most_said: int = 24
    family: Family = Family.STEERING
    lever: str = "bit_flip"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        number = barren = sparked = 0
        stopped = ""
        try:
            while len(harvest.ideas) < wanted and barren < PATIENCE:
                count = min(desk.parallel, wanted - len(harvest.ideas))
                said = said_by(harvest.ideas)[-self.most_said :]
                asks = [
                    Ask(
                        request=material.request(number + at, shape=Shape.BIT_FLIP, said=said),
                        operators=("bit flip",),
                    )
                    for at in range(count)
                ]
                number += count
                ideas = self._checked(harvest, await ask_all(harvest, asks, most=count))
                barren = 0 if ideas else barren + 1
                for idea in ideas:
                    sparked += await self._spark(harvest, idea)
            stopped = NOTHING_CAME if len(harvest.ideas) < wanted else ""
        except LimitReached as limit:
            stopped = str(limit)
        share = sparked / max(1, len(harvest.ideas))
        return harvest.produced(measures={"with_spark": share}, stopped=stopped)

    def _checked(self, harvest: Harvest, ideas: list[Idea]) -> list[Idea]:
        for idea in ideas:
            if not idea.text.dropped.strip():
                harvest.reject(idea, "names no assumption that it drops")
        return [idea for idea in ideas if idea.text.dropped.strip()]

    async def _spark(self, harvest: Harvest, idea: Idea) -> bool:
        """Ask for the core, twice at most, and put it among the idea's notes."""
        desk, text = harvest.desk, idea.text
        for turn in range(2):
            request = ListRequest(
                question=QUESTION,
                material=(f"{text.title}. {text.dropped} {text.consequence} {text.mechanism}",),
                count=1,
                seed=call_seed(desk.seed, turn),
            )
            found = await desk.attempt(self.lever, partial(desk.muse.list, request))
            core = found[0].strip() if found else ""
            if core and len(core.split()) <= MOST_WORDS:
                at = next(at for at, each in enumerate(harvest.ideas) if each is idea)
                harvest.ideas[at] = replace(idea, notes=(*idea.notes, f"{SPARK}{core}"))
                return True
        desk.ledger.failed(self.lever, f"no core of at most {MOST_WORDS} words")
        return False
