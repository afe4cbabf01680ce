"""Inspirations one after the other: the best ideas of a hop take up another paper in the next (MOOSE-Chem).

Every idea lists the paper of each hop of its line; a paper serves a line once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ideation.families.knowledge.inspirations import INSPIRATION, InspiredArm, take_over
from ideation.families.knowledge.screening import Screened
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.families.search.worth import Ratings
from ideation.idea import Idea
from ideation.muse import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class InspirationHops(InspiredArm):
    """At most `hops` papers a line. After each hop the `beam` ideas that the judge grades best go on. What is
    wanted is spread evenly over the hops. What is missing then begins anew, in `tries` in all.
    """

    hops: int = 3
    beam: int = 5

    @property
    def lever(self) -> str:
        return "inspiration_hops"

    async def _write(self, sitting: Sitting, found: Screened, measures: dict[str, float]) -> None:
        ratings = Ratings(sitting.desk, sitting.stage)
        measures["hops"] = 0.0
        for _ in range(self.tries):
            if sitting.missing:
                measures["hops"] = max(measures["hops"], await self._lines(sitting, ratings, found.kept))

    async def _lines(self, sitting: Sitting, ratings: Ratings, kept: Sequence[Source]) -> float:
        """Begin new lines and take them as far as they go; how many hops that was."""
        a_hop = -(-sitting.missing // self.hops)
        live = await sitting.ask([_wish(None, kept[at % len(kept)], 1) for at in range(a_hop)])
        done = 0
        while live and sitting.missing and done + 1 < self.hops:
            done += 1
            wishes = _onward(sitting, await self._best(ratings, live), kept, done + 1)
            live = await sitting.ask(wishes[:a_hop])
        return float(done + bool(live))

    async def _best(self, ratings: Ratings, live: Sequence[Idea]) -> list[Idea]:
        """What has no grade stands behind what has; equal grades in the order in which they came."""
        if len(live) <= self.beam:
            return list(live)
        for idea in live:
            await ratings.rate(idea)
        return sorted(live, key=lambda idea: -(ratings.value(idea.id) or 0.0))[: self.beam]


def _onward(sitting: Sitting, live: Sequence[Idea], kept: Sequence[Source], number: int) -> list[Wish]:
    """Each live idea with each paper that its line has not had, the ideas in turn."""
    fresh = [[paper for paper in kept if paper.paper not in sitting.shown_to(idea)] for idea in live]
    # Each idea begins at another paper, else all would take up the same one.
    turned = [
        papers[at % len(papers) :] + papers[: at % len(papers)] if papers else []
        for at, papers in enumerate(fresh)
    ]
    return [
        _wish(idea, papers[place], number)
        for place in range(len(kept))
        for idea, papers in zip(live, turned, strict=True)
        if place < len(papers)
    ]


def _wish(parent: Idea | None, inspiration: Source, number: int) -> Wish:
    before = () if parent is None else tuple(o for o in parent.origin.operators if o.startswith(INSPIRATION))
    return Wish(
        sources=(inspiration,),
        parents=() if parent is None else (parent,),
        operator=take_over(f"hop {number}"),
        tags=(*before, f"{INSPIRATION}{inspiration.paper}"),
        round=number - 1,
    )
