"""The tree of a Monte-Carlo search: selection by UCT, discounted back-propagation. Pure, knows no muse.

UCT is UCB1 on trees (Kocsis and Szepesvari, ECML 2006). A node that nobody could value takes no part: it adds
no visit and no reward anywhere, because a made-up value would steer the search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

ThingT = TypeVar("ThingT")
ActionT = TypeVar("ActionT")


@dataclass(slots=True, eq=False)
class TreeNode(Generic[ThingT, ActionT]):
    """`untried` are actions not taken from here, the next first; a `barren` node is never selected."""

    thing: ThingT
    untried: list[ActionT]
    parent: TreeNode[ThingT, ActionT] | None = None
    children: list[TreeNode[ThingT, ActionT]] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    barren: bool = False

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def mean(self) -> float:
        return self.total / self.visits if self.visits else 0.0

    @property
    def open(self) -> bool:
        """Whether there is anything left to try at it or under it."""
        return not self.barren and (bool(self.untried) or any(child.open for child in self.children))

    def walk(self) -> Iterator[TreeNode[ThingT, ActionT]]:
        yield self
        for child in self.children:
            yield from child.walk()

    def grow(
        self, thing: ThingT, untried: list[ActionT], *, barren: bool = False
    ) -> TreeNode[ThingT, ActionT]:
        child = TreeNode(thing=thing, untried=untried, parent=self, barren=barren)
        self.children.append(child)
        return child

    def propagate(self, reward: float, discount: float) -> None:
        """Add `reward` here and, discounted by each step, to all above."""
        node: TreeNode[ThingT, ActionT] | None = self
        while node is not None:
            node.visits += 1
            node.total += reward
            reward *= discount
            node = node.parent


def uct(node: TreeNode[ThingT, ActionT], c: float) -> float:
    """The mean reward and c * sqrt(ln N / n); infinite before the first visit."""
    if not node.visits:
        return math.inf
    above = node.parent.visits if node.parent else node.visits
    return node.mean + c * math.sqrt(math.log(max(1, above)) / node.visits)


def select(root: TreeNode[ThingT, ActionT], c: float) -> TreeNode[ThingT, ActionT] | None:
    """The node to expand next; None when nothing is left to try. The first of equals."""
    if not root.open:
        return None
    node = root
    while not node.untried:
        node = max((child for child in node.children if child.open), key=lambda child: uct(child, c))
    return node
