"""Tree search by beam: the best `width` texts are worked on, and what is pruned can come back.

A plain beam prunes for good (Tree of Thoughts, arXiv 2305.10601); here pruned texts wait, and are taken up
again when they are better than what the last step brought.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.asking import NOTHING_CAME, PATIENCE
from ideation.families.search.lineage import Fate, Searched
from ideation.families.search.moves import REVISIONS, move
from ideation.families.search.workshop import Workshop
from ideation.families.search.worth import CRITERIA, order_key
from ideation.idea import Family, Idea, IdeaId
from ideation.muse import Criterion

NodeT = TypeVar("NodeT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Generic[NodeT]):
    """What is worked on next, what waits, and how many of the first had been pruned before."""

    live: tuple[NodeT, ...]
    pruned: tuple[NodeT, ...]
    revived: int


def next_beam(
    fresh: Sequence[NodeT], pruned: Sequence[NodeT], width: int, value: Callable[[NodeT], float]
) -> Step[NodeT]:
    """The `width` best of the fresh and the pruned; of equals the fresh, in their order. None is lost."""
    ranked = sorted([*fresh, *pruned], key=lambda node: -value(node))
    live = tuple(ranked[:width])
    revived = sum(any(node is other for other in pruned) for node in live)
    return Step(live=live, pruned=tuple(ranked[width:]), revived=revived)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamArm:
    """`depth` steps, in each `branch` children of each of `width` texts."""

    width: int = 3
    branch: int = 2
    depth: int = 3
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "beam"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        fresh: list[Idea] = []
        pruned: tuple[Idea, ...] = ()
        revived, stopped = 0, ""
        try:
            stopped = await self._start(work, fresh, work.starts(wanted, self.width))
            for _ in range(self.depth):
                for idea in fresh:
                    await work.rate(idea)
                step = next_beam(fresh, pruned, self.width, lambda idea: order_key(work.value(idea)))
                pruned, fresh = step.pruned, []
                revived += step.revived
                for idea in pruned:
                    work.lineage.fated(idea.id, Fate.PRUNED)
                for idea in step.live:
                    work.lineage.fated(idea.id, Fate.LIVE)
                    await self._grow(work, idea, fresh)
            for idea in fresh:
                await work.rate(idea)
        except LimitReached as limit:
            stopped = str(limit)
        measures = {"pruned": float(len(pruned)), "revived": float(revived)}
        return work.finish(best_of_each_root(work, wanted), measures=measures, stopped=stopped)

    async def _start(self, work: Workshop, fresh: list[Idea], count: int) -> str:
        barren = 0
        while len(fresh) < count and barren < PATIENCE:
            found = await work.drafts(count - len(fresh))
            fresh += found
            barren = 0 if found else barren + 1
        return NOTHING_CAME if len(fresh) < count else ""

    async def _grow(self, work: Workshop, idea: Idea, fresh: list[Idea]) -> None:
        for at in range(self.branch):
            work.number += 1
            child = await move(work, idea, REVISIONS[at % len(REVISIONS)], work.number)
            if child is not None and child is not idea:
                fresh.append(child)


def best_of_each_root(work: Workshop, wanted: int) -> list[Idea]:
    """The best text of each draft's tree, the best trees first: two texts of one tree are one idea."""
    trees: dict[IdeaId, list[Idea]] = {}
    root: dict[IdeaId, IdeaId] = {}
    for node in work.lineage.nodes():
        idea = node.idea
        root[idea.id] = root[idea.parents[0]] if idea.parents else idea.id
        if node.fate is not Fate.REJECTED:
            trees.setdefault(root[idea.id], []).append(idea)
    return work.best((work.best(tree, 1)[0] for tree in trees.values()), wanted)
