"""Planned retrieval: each live idea says what to look up next, and what is found goes to that idea alone.

After Nova (arXiv 2410.14255), which plans by model and attaches by idea.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from ideation.arm import Desk, Produced
from ideation.corpus.identity import PaperId
from ideation.families.knowledge.sampling import Sampling
from ideation.families.knowledge.sitting import Sitting, Wish
from ideation.idea import Family, Idea, IdeaId
from ideation.muse import ListRequest, Operator, Source
from ideation.wordings import wording


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRetrieval:
    """Seeds first, as many as `rounds` rounds can make of what is wanted. In a round each live idea asks for
    `queries` things and is written anew from `hits` papers that its line had not seen. Where calls fail there
    are more rounds, at most twice as many.
    """

    rounds: int = 3
    queries: int = 2
    hits: int = 4
    seeds: Sampling = field(default_factory=lambda: Sampling(top=20, shown=6, without=0.0))

    @property
    def family(self) -> Family:
        return Family.KNOWLEDGE

    @property
    def lever(self) -> str:
        return "planned_retrieval"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        sitting = Sitting(self, desk, wanted)
        measures = {"plans": 0.0, "plans_without_papers": 0.0}
        return await sitting.finish(self._work(sitting, measures), lambda: measures)

    async def _work(self, sitting: Sitting, measures: dict[str, float]) -> None:
        desk = sitting.desk
        papers = desk.library.search(desk.topic, self.seeds.top)
        first = -(-sitting.wanted // (1 + self.rounds))
        live = await self._seeds(sitting, papers, first, "seeds")
        for number in range(1, 2 * self.rounds + 1):
            if not sitting.missing or not live:
                break
            live = await self._round(sitting, live, number, measures)
        for number in range(self.rounds):  # a small library is soon looked through
            await self._seeds(sitting, papers, sitting.missing, f"more {number}")

    async def _seeds(self, sitting: Sitting, papers: tuple[Source, ...], count: int, name: str) -> list[Idea]:
        shown = self.seeds.plan(papers, count, sitting.chance(name))
        return await sitting.ask([Wish(sources=sources, tags=("seed",)) for sources in shown])

    async def _round(
        self, sitting: Sitting, live: Sequence[Idea], number: int, measures: dict[str, float]
    ) -> list[Idea]:
        """The live ideas of the next round: the children, and the parents that had none."""
        plans = await self._plans(sitting, live, number)
        wishes: dict[IdeaId, Wish] = {}
        for idea, queries in zip(live, plans, strict=True):
            sources = self._look_up(sitting.desk, queries, sitting.shown_to(idea))
            measures["plans"] += 1
            measures["plans_without_papers"] += not sources
            if sources:
                wishes[idea.id] = _wish(idea, queries, sources, number)
        children = await sitting.ask(list(wishes.values()))
        carried_on = {parent for child in children for parent in child.parents}
        return [*children, *(idea for idea in live if idea.id not in carried_on)]

    async def _plans(self, sitting: Sitting, live: Sequence[Idea], number: int) -> list[tuple[str, ...]]:
        desk = sitting.desk
        requests = [
            ListRequest(
                question=wording("questions/plan", topic=desk.topic),
                material=(idea.text.whole,),
                count=self.queries,
                seed=desk.seed + number,
            )
            for idea in live
        ]
        works = [partial(desk.muse.list, request) for request in requests]
        return [said or () for said in await desk.gather(sitting.stage, works)]

    def _look_up(self, desk: Desk, queries: Sequence[str], seen: frozenset[PaperId]) -> tuple[Source, ...]:
        """The best that is new of each query in turn."""
        hits = [desk.library.search(query, self.hits + len(seen)) for query in queries]
        new = [[each for each in found if each.paper not in seen] for found in hits]
        turns = [found[place] for place in range(self.hits) for found in new if place < len(found)]
        return tuple({each.paper: each for each in turns}.values())[: self.hits]


def _wish(idea: Idea, queries: Sequence[str], sources: tuple[Source, ...], number: int) -> Wish:
    return Wish(
        sources=sources,
        parents=(idea,),
        operator=Operator(
            deck="planned retrieval",
            name="carry on",
            instruction=wording("operators/carry on"),
        ),
        tags=tuple(f"looked_up:{query}" for query in queries),
        round=number,
    )
