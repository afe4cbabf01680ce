"""Operators: each call works by one card of a deck, and every card is used before any comes again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ideation.arm import Arm, Desk, Harvest, Produced
from ideation.facets import FacetKind, read_facets
from ideation.families.search.asking import Ask, collect
from ideation.families.search.material import Material
from ideation.families.steering.contradictions import (
    Contradiction,
    contradictions_in,
    helpful,
    principles,
)
from ideation.families.steering.decks import Dealer, deck
from ideation.idea import Family
from ideation.muse import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckArm:
    """One deck of `decks.json`; its name is the lever."""

    lever: str
    family: Family = Family.STEERING

    async def run(self, desk: Desk, wanted: int) -> Produced:
        return await _dealt(
            self, desk, wanted, lambda material: Dealer(cards=deck(self.lever), seed=desk.seed)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrizArm:
    """The forty principles. Those that the matrix gives for `contradiction` come first; without one, those
    for contradictions between what the topic is about and what its papers call a limit.
    """

    contradiction: Contradiction | None = None
    family: Family = Family.STEERING
    lever: str = "triz"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        return await _dealt(self, desk, wanted, lambda material: self.dealer(desk, material.pool))

    def dealer(self, desk: Desk, papers: tuple[Source, ...]) -> Dealer:
        """Raises:
        UserError: the matrix does not know a property of the contradiction.
        """
        read = [paper.facets or read_facets(paper.paper, paper.title, paper.abstract) for paper in papers]
        found = (
            [self.contradiction]
            if self.contradiction
            else contradictions_in(
                [desk.topic, desk.notes, *(text for each in read for text in each.of(FacetKind.PROBLEM))],
                [text for each in read for text in each.of(FacetKind.LIMITATION)],
            )
        )
        first = tuple(card.name for each in found for card in helpful(each))
        return Dealer(cards=principles(), seed=desk.seed, first=first)


async def _dealt(arm: Arm, desk: Desk, wanted: int, deal: Callable[[Material], Dealer]) -> Produced:
    harvest = Harvest(arm=arm, desk=desk)
    material = Material(desk, arm.lever)
    dealer = deal(material)
    used: set[str] = set()

    def ask(number: int, count: int) -> Ask:
        card = dealer.card(number)
        used.add(card.name)
        request = replace(material.request(number, count=count), operator=card)
        return Ask(request=request, operators=(f"{card.deck}:{card.name}",))

    stopped = await collect(harvest, wanted, ask)
    measures = {"cards": float(len(dealer.cards)), "cards_used": float(len(used))}
    return harvest.produced(measures=measures, stopped=stopped)
