"""Facet recombination: the purpose of one paper met by the mechanism of another, near or far (Scideator)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ideation.arm import Desk, Produced
from ideation.facets import FacetKind, PaperFacets
from ideation.families.knowledge.facet_cache import FacetReader
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family, IdeaText
from ideation.muse import Operator, Source
from ideation.wordings import wording

_PURPOSE = (FacetKind.PROBLEM, FacetKind.LIMITATION, FacetKind.FUTURE)
_MECHANISM = (FacetKind.MECHANISM,)


class Distance(StrEnum):
    """Where the mechanism comes from, seen from the paper with the purpose."""

    NEAR = "near"
    """One of the papers most like it."""
    FAR = "far"
    """One that is not among the half of the papers most like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRecombination:
    """`purposes` best papers on the topic give the purpose; `near` papers like it are near, and far are those
    outside of the nearest half, at most `beyond`. For one idea at most `tries` pairs are tried.
    """

    distance: Distance
    purposes: int = 12
    near: int = 8
    beyond: int = 500
    tries: int = 6

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return f"facet_recombination_{self.distance.value}"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        return await sitting.finish(self._work(sitting))

    async def _work(self, sitting: Sitting) -> None:
        desk, chance = sitting.desk, sitting.chance("pairs")
        purposes = desk.library.search(desk.topic, self.purposes)
        reader = FacetReader(desk, sitting.stage)
        turns = random.Random(chance.random())
        for _ in range(self.tries):
            if not sitting.missing:
                break
            pairs = [
                (purpose, mechanism)
                for place in range(sitting.missing)
                if purposes
                and (mechanism := self.partner(desk, purpose := purposes[place % len(purposes)], turns))
            ]
            await sitting.ask(await self._wishes(reader, pairs))

    def partner(self, desk: Desk, purpose: Source, chance: random.Random) -> Source | None:
        """A paper at the distance asked for; None where the library has no other paper."""
        papers = desk.library.papers()
        half = min(len(papers) // 2, self.beyond)
        if self.distance is Distance.NEAR:
            near = desk.library.similar(purpose.paper, max(1, min(self.near, half)))
            return chance.choice(near) if near else None
        known = {purpose.paper, *(each.paper for each in desk.library.similar(purpose.paper, half))}
        far = [paper for paper in papers if paper not in known]
        return desk.library.get(chance.choice(far)) if far else None

    async def _wishes(self, reader: FacetReader, pairs: Sequence[tuple[Source, Source]]) -> list[Wish]:
        read = await reader.read(tuple(source for pair in pairs for source in pair))
        return [
            self._wish(purpose, mechanism) for purpose, mechanism in zip(read[::2], read[1::2], strict=True)
        ]

    def _wish(self, purpose: Source, mechanism: Source) -> Wish:
        return Wish(
            sources=(side(purpose, _PURPOSE), side(mechanism, _MECHANISM)),
            operator=Operator(
                deck="facets",
                name="purpose x mechanism",
                instruction=wording("operators/purpose by mechanism"),
            ),
            tags=(f"distance:{self.distance.value}",),
            fits=lambda text: not turned_round(text, purpose, mechanism),
        )


def side(source: Source, kinds: Sequence[FacetKind]) -> Source:
    """The paper with what it says of these facets alone; its title where it says nothing of them."""
    facets = source.facets or PaperFacets(paper=source.paper, by="", facets=())
    kept = tuple(facet for facet in facets.facets if facet.kind in kinds)
    text = " ".join(facet.text for facet in kept)
    shown = tuple(replace(facet, start=-1, end=-1) for facet in kept)
    return replace(source, abstract=text, facets=replace(facets, facets=shown))


def turned_round(text: IdeaText, purpose: Source, mechanism: Source) -> bool:
    """Whether the idea says by its references that it took purpose and mechanism the other way about."""
    return f"[{mechanism.paper}]" in text.problem and f"[{purpose.paper}]" not in text.problem
