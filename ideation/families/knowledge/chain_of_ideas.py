"""Ideas as the next step of a line of papers (Chain of Ideas)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ideation.arm import Desk, Produced
from ideation.families.knowledge.chains import Chain, Chaining, Link, grow
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family
from ideation.muse import Operator
from ideation.wordings import wording

_PER_CHAIN = 3
"""Wishes for one chain in a round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOfIdeas:
    """Chains from at most `anchors` papers on the topic, each with as many ideas as it takes, in at most
    `rounds` rounds over the chains.
    """

    anchors: int = 6
    rounds: int = 3
    chaining: Chaining = field(default_factory=Chaining)

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "chain_of_ideas"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        chains: list[Chain] = []
        return await sitting.finish(self._work(sitting, chains), lambda: _measures(chains))

    async def _work(self, sitting: Sitting, chains: list[Chain]) -> None:
        desk = sitting.desk
        anchors = desk.library.search(desk.topic, self.anchors)
        wanted_chains = min(len(anchors), -(-sitting.wanted // _PER_CHAIN))
        for anchor in anchors:
            if len(chains) >= wanted_chains or not sitting.missing:
                break
            chain = await grow(desk, sitting.stage, anchor, self.chaining)
            if chain is not None:
                chains.append(chain)
                await sitting.ask(_wishes(chain, min(_PER_CHAIN, sitting.missing), 0))
        for number in range(1, self.rounds):
            for chain in chains:
                await sitting.ask(_wishes(chain, min(_PER_CHAIN, sitting.missing), number))


def _wishes(chain: Chain, count: int, number: int) -> list[Wish]:
    return [_wish(chain, number * _PER_CHAIN + place) for place in range(count)]


def _wish(chain: Chain, number: int) -> Wish:
    """The chain with one of its next steps, each in its turn."""
    step = (chain.steps[number % len(chain.steps)],) if chain.steps else ()
    said = (*(f"Trend: {each}" for each in chain.trend), *(f"Next step: {each}" for each in step))
    ideas = tuple(f"{link.source.title}: {link.idea} ({', '.join(link.entities)})" for link in chain.links)
    return Wish(
        sources=chain.sources,
        operator=Operator(
            deck="chain",
            name="next step",
            instruction=wording("operators/next step of a line"),
        ),
        material=(*ideas, *said),
        tags=tuple(f"{link.link.value}:{link.source.paper}" for link in chain.links),
        feedback=said,
    )


def _measures(chains: list[Chain]) -> dict[str, float]:
    links = [link for chain in chains for link in chain.links if link.link is not Link.ANCHOR]
    cited = sum(link.link is not Link.ALIKE for link in links)
    sizes = [len(chain.links) for chain in chains]
    return {
        "chains": len(chains),
        "papers_per_chain": sum(sizes) / len(sizes) if sizes else 0.0,
        "links_by_citation": cited / len(links) if links else 0.0,
    }
