"""Monte-Carlo tree search over ideas, after IRIS (arXiv 2504.16728): four moves, the reward a mean grade."""

from __future__ import annotations

import random
from dataclasses import dataclass

from core.errors import LimitReached
from ideation.arm import Desk
from ideation.families.search.beam import best_of_each_root
from ideation.families.search.lineage import Searched
from ideation.families.search.moves import REVISIONS, Move, move
from ideation.families.search.tree import TreeNode, select
from ideation.families.search.workshop import Workshop
from ideation.families.search.worth import CRITERIA, unit
from ideation.idea import Family, Idea
from ideation.muse import Criterion

Node = TreeNode[Idea | None, Move]


@dataclass(frozen=True, slots=True, kw_only=True)
class MctsArm:
    """`c` weighs exploration, `depth` is the longest path below the topic, `discount` is by step upwards.

    `steps` expansions an idea wanted at most. Visits and totals stand in the lineage. A failed review leaves
    the tree as it was, and its node is not gone on from.
    """

    c: float = 1.414
    depth: int = 3
    discount: float = 0.9
    steps: int = 5
    criteria: tuple[Criterion, ...] = CRITERIA
    family: Family = Family.SEARCH
    lever: str = "mcts"

    async def run(self, desk: Desk, wanted: int) -> Searched:
        work = Workshop(self, desk, wanted, self.criteria)
        chance = random.Random(f"{desk.seed}|mcts")
        root = Node(thing=None, untried=[Move.GENERATE] * wanted)
        stopped = ""
        try:
            for _ in range(self.steps * wanted):
                node = select(root, self.c)
                if node is None:
                    break
                await self._expand(work, node, chance)
        except LimitReached as limit:
            stopped = str(limit)
        nodes = [node for node in root.walk() if node.thing is not None]
        for node in nodes:
            assert node.thing is not None
            work.lineage.visited(node.thing.id, node.visits, node.total)
        chosen = best_of_each_root(work, wanted)
        if len(chosen) < wanted and not stopped:
            stopped = "nothing was left to try"
        measures = {
            "root_visits": float(root.visits),
            "deepest": float(max((node.depth for node in nodes), default=0)),
            "unvalued": float(sum(node.barren for node in nodes)),
        }
        return work.finish(chosen, measures=measures, stopped=stopped)

    async def _expand(self, work: Workshop, node: Node, chance: random.Random) -> None:
        """Take the next move at the node, grade what it gives, and carry the reward up."""
        kind = node.untried.pop(0)
        if node.thing is None:
            drafts = await work.drafts(1)
            idea = drafts[0] if drafts else None
        else:
            work.number += 1
            idea = await move(work, node.thing, kind, work.number)
        if idea is None or idea is node.thing:
            return
        left = list(REVISIONS) if node.depth + 1 < self.depth else []
        chance.shuffle(left)
        child = node.grow(idea, left, barren=True)
        value = await work.rate(idea)
        if value is not None:
            child.barren = False
            child.propagate(unit(value), self.discount)
