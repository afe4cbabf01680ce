"""Ideas from concepts that go with those of the topic's papers and do not stand in them (ResearchAgent), and
from pairs of frequent concepts that no paper brings together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ideation.arm import Desk, Produced
from ideation.families.knowledge.concepts import LEAST_TOGETHER, ConceptStore, Related
from ideation.families.knowledge.gaps import Gap, find_gaps
from ideation.families.knowledge.nearness import shown_text
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family
from ideation.muse import Operator, Source
from ideation.wordings import wording

_TRIES = 3
"""Wishes for each idea that is wanted."""


def concept_store(desk: Desk, most: int, chance: random.Random) -> ConceptStore:
    """Counts over the papers nearest to the topic and others at random, at most `most` in all."""
    near = desk.library.search(desk.topic, most // 2)
    held = {each.paper: each for each in near}
    others = [paper for paper in desk.library.papers() if paper not in held]
    for paper in chance.sample(others, min(len(others), most - len(held))):
        if (source := desk.library.get(paper)) is not None:
            held[paper] = source
    return ConceptStore.of_texts({paper: shown_text(source) for paper, source in held.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityAugmented:
    """`core` papers on the topic, and the `top` concepts from outside that go with theirs, `shown` at a time.

    Where too few share `least` papers with them, fewer are asked for; `entity_least` tells how many.
    """

    core: int = 8
    top: int = 30
    shown: int = 4
    least: int = LEAST_TOGETHER
    most_papers: int = 600

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "entities"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures: dict[str, float] = {}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        desk, chance = sitting.desk, sitting.chance("concepts")
        core = desk.library.search(desk.topic, self.core)
        store = concept_store(desk, self.most_papers, chance)
        related, least = self.external(store, core)
        measures.update(entities=len(related), entity_least=least)
        if not core or not related:
            return
        for _ in range(_TRIES):
            count = sitting.missing
            await sitting.ask([self._wish(desk, store, core, related, chance) for _ in range(count)])

    def external(self, store: ConceptStore, core: Sequence[Source]) -> tuple[tuple[Related, ...], int]:
        """The concepts and how many papers the best of their pairs had to share."""
        own = {concept for source in core for concept in store.of(source.paper)}
        for least in range(self.least, 0, -1):
            found = store.related(own, limit=self.top, least=least)
            if len(found) >= self.shown or least == 1:
                return found, least
        return (), 0

    def _wish(
        self,
        desk: Desk,
        store: ConceptStore,
        core: Sequence[Source],
        related: Sequence[Related],
        chance: random.Random,
    ) -> Wish:
        chosen = chance.sample(related, min(self.shown, len(related)))
        names = [each.concept for each in chosen]
        held = {each.paper for each in core}
        outside = sorted({paper for name in names for paper in store.holders(name) if paper not in held})
        other = desk.library.get(chance.choice(outside)) if outside else None
        sources = (chance.choice(core), *((other,) if other else ()))
        return Wish(
            sources=sources,
            operator=Operator(
                deck="entities",
                name="concepts from outside",
                instruction=wording("operators/concepts from outside"),
            ),
            material=(f"Concepts from outside: {'; '.join(names)}",),
            tags=tuple(f"entity:{name}" for name in names),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConceptGaps:
    """One idea for each pair of concepts that at least `least` papers each and no paper of both speak of, the
    topic's pairs first.
    """

    least: int = 4
    core: int = 15
    pairs: int = 60
    most_papers: int = 600

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "concept_gaps"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures: dict[str, float] = {}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        desk, chance = sitting.desk, sitting.chance("gaps")
        core = desk.library.search(desk.topic, self.core)
        store = concept_store(desk, self.most_papers, chance)
        about = frozenset(concept for source in core for concept in store.of(source.paper))
        gaps = self._gaps(store, about)
        measures["gaps"] = len(gaps)
        held = frozenset(source.paper for source in core)
        wishes = [_gap_wish(desk, store, gap, about, held, chance) for gap in gaps]
        await sitting.ask([wish for wish in wishes if wish is not None][: _TRIES * sitting.wanted])

    def _gaps(self, store: ConceptStore, about: frozenset[str]) -> tuple[Gap, ...]:
        for least in range(self.least, 1, -1):
            if found := find_gaps(store, least=least, limit=self.pairs, about=about):
                return found
        return ()


def _gap_wish(
    desk: Desk,
    store: ConceptStore,
    gap: Gap,
    about: frozenset[str],
    core: frozenset[str],
    chance: random.Random,
) -> Wish | None:
    """The topic's concept first, with a paper of the topic where one speaks of it."""
    first, second = (gap.first, gap.second) if gap.first in about else (gap.second, gap.first)
    own = [paper for paper in store.holders(first) if paper in core] or store.holders(first)
    found = (desk.library.get(chance.choice(own)), desk.library.get(chance.choice(store.holders(second))))
    sources = tuple(source for source in found if source is not None)
    if len(sources) < 2:
        return None
    return Wish(
        sources=sources,
        operator=Operator(
            deck="entities",
            name="gap",
            instruction=wording("operators/a gap"),
        ),
        material=(
            f"Never together: {first} ({store.count(first)} papers) and {second}"
            f" ({store.count(second)} papers); expected together: {gap.expected:.1f} of {store.papers}",
        ),
        tags=(f"gap:{first} | {second}",),
    )
