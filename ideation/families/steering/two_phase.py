"""Two phases (CreativeDC): associations listed freely, no constraint in sight, then a choice among them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from core.errors import LimitReached
from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import Ask, collect
from ideation.families.search.material import Material, call_seed
from ideation.idea import Family
from ideation.muse import ListRequest, Operator, Shape
from ideation.wordings import wording

QUESTION = wording("questions/two phase")
CHOOSE = Operator(
    deck="two_phase",
    name="choose and satisfy",
    instruction=wording("operators/choose and satisfy"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoPhaseArm:
    """`associations` a list; each list serves `uses` ideas. Where no list comes, both phases go in one call.

    The first call sees the topic and nothing else; papers and notes come with the second.
    """

    associations: int = 12
    uses: int = 3
    family: Family = Family.STEERING
    lever: str = "two_phase"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        lists: list[tuple[str, ...]] = []
        stopped = ""
        try:
            works = [partial(self._associate, desk, number) for number in range(-(-wanted // self.uses))]
            lists = [found or () for found in await desk.gather(self.lever, works)]
        except LimitReached as limit:
            stopped = str(limit)

        def ask(number: int, count: int) -> Ask:
            found = lists[number // self.uses % len(lists)] if lists else ()
            request = material.request(number, count=count)
            if not found:
                return Ask(request=replace(request, shape=Shape.TWO_PHASE), operators=("two phases in one",))
            notes = f"{desk.notes}\nFree associations: {'; '.join(found)}".strip()
            request = replace(request, notes=notes, operator=CHOOSE)
            return Ask(request=request, operators=("two phases",), constraints=found)

        stopped = stopped or await collect(harvest, wanted, ask)
        listed = sum(map(bool, lists))
        return harvest.produced(measures={"lists": float(listed)}, stopped=stopped)

    async def _associate(self, desk: Desk, number: int) -> tuple[str, ...]:
        seed = call_seed(desk.seed, number)
        return await desk.muse.list(
            ListRequest(question=QUESTION, material=(desk.topic,), count=self.associations, seed=seed)
        )
