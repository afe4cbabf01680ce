"""Evolution of ideas on islands: mutation, crossover, rewriting, elites and migration."""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.islands import (
    Breeding,
    Choice,
    Island,
    breeding,
    choose_parent,
    migrate,
    survive,
)
from ideation.families.search.lineage import Fate, Searched
from ideation.families.search.material import call_seed
from ideation.families.search.moves import CROSSOVER, MUTATE, REWRITE
from ideation.families.search.saturation import BATCH, LEAST_UNIQUE, Saturation
from ideation.families.search.workshop import Workshop, texts_of
from ideation.families.search.worth import CRITERIA
from ideation.idea import Family, Idea
from ideation.muse import Criterion, ReviseRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class EvolutionArm:
    """`size` members an island, `children` a generation on each; `shares` of mutation, crossover and rewrite.

    Both parents of a crossover live on one island: ideas cross only every `migrate_every` generations, by
    `migrants` an island. A child has no grade until it is graded itself.
    """

    islands: int = 3
    size: int = 6
    children: int = 2
    generations: int = 6
    shares: tuple[float, float, float] = (0.5, 0.3, 0.2)
    choice: Choice = Choice.SIGMOID
    elites: int = 1
    migrate_every: int = 3
    migrants: int = 1
    batch: int = BATCH
    least_unique: float = LEAST_UNIQUE
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "evolution"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        islands: list[Island[Idea]] = [Island(number=number) for number in range(self.islands)]
        chance = random.Random(f"{desk.seed}|evolution")
        saturation = Saturation(batch=self.batch, least=self.least_unique)
        migrated = generation = 0
        stopped = ""
        try:
            stopped = await self._settle(work, islands, work.starts(wanted, 2 * self.islands))
            for generation in range(1, self.generations + 1):
                for island in islands:
                    await self._breed(work, island, chance, saturation)
                if saturation.reached:
                    stopped = saturation.reason
                    break
                if generation % self.migrate_every == 0:
                    migrated += len(migrate(islands, self.migrants, work.value))
        except LimitReached as limit:
            stopped = str(limit)
        made = [node.idea for node in work.lineage.nodes() if node.fate is not Fate.REJECTED]
        chosen = await distinct(work, work.best(made, len(made)), wanted)
        measures = {
            "generations": float(generation),
            "migrated": float(migrated),
            "unique_share_last_batch": saturation.share,
        }
        return work.finish(chosen, measures=measures, stopped=stopped)

    async def _settle(self, work: Workshop, islands: list[Island[Idea]], count: int) -> str:
        """The first members, dealt out in turn."""
        barren = dealt = 0
        while dealt < count and barren < PATIENCE:
            found = await work.drafts(min(count - dealt, work.desk.parallel))
            for idea in found:
                islands[dealt % len(islands)].add(idea)
                dealt += 1
            barren = 0 if found else barren + 1
        for island in islands:
            for idea in island.members:
                await work.rate(idea)
        return NOTHING_CAME if dealt < count else ""

    async def _breed(
        self, work: Workshop, island: Island[Idea], chance: random.Random, saturation: Saturation
    ) -> None:
        for _ in range(self.children if island.members else 0):
            at = choose_parent(island, work.value, self.choice, chance)
            parent, how = island.members[at], breeding(self.shares, chance)
            work.number += 1
            others = [idea for idea in island.members if idea is not parent]
            if how is Breeding.CROSSOVER and others:
                child = await work.made_of((parent, chance.choice(others)), CROSSOVER)
            else:
                child = await self._changed(work, parent, how, island.number)
            if child is None or child is parent:
                saturation.add(False)
                continue
            island.offspring[at] += 1
            twin = await work.twins.twin(
                child.text,
                texts_of(idea for idea in island.members if idea.id not in child.parents),
                judged=False,
            )
            saturation.add(twin is None)
            await work.rate(child)
            island.add(child)
        for idea in survive(island, self.size, self.elites, work.value):
            work.lineage.fated(idea.id, Fate.PRUNED)

    async def _changed(self, work: Workshop, parent: Idea, how: Breeding, island: int) -> Idea | None:
        """A mutation or rewriting. Each island starts with another way, so that they do not converge."""
        direction = REWRITE if how is Breeding.REWRITE else MUTATE[(island + work.number) % len(MUTATE)]
        request = ReviseRequest(
            topic=work.desk.topic,
            idea=parent.text,
            direction=direction,
            keep=("problem",) if how is Breeding.REWRITE else (),
            sources=work.material.sample(work.number),
            seed=call_seed(work.desk.seed, work.number),
        )
        return await work.revised(parent, request, how.value)


async def distinct(work: Workshop, ideas: list[Idea], wanted: int) -> list[Idea]:
    """The first `wanted` of which none says the same as one before it, by the calibrated likeness alone."""
    kept: list[Idea] = []
    for idea in ideas:
        if len(kept) == wanted:
            break
        if await work.twins.twin(idea.text, texts_of(kept), judged=False) is None:
            kept.append(idea)
    return kept
