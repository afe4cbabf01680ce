"""One run of an arm: its wishes go to the muse, and what comes back is kept unless it was said before.

Ideas that earlier runs rejected repel: their titles are named in every call, and what comes back too like one
of them is turned away. Ideas that did well are shown as examples.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.errors import LimitReached
from ideation.arm import Arm, Desk, Harvest, Produced
from ideation.corpus.identity import PaperId, normal_title
from ideation.families.knowledge.nearness import Matrix, vectors
from ideation.idea import Idea, IdeaId, IdeaText
from ideation.muse import Operator, Proposal, Proposed, ProposeRequest, Source

REPELLED = 0.8
"""Cosine from which an idea counts as one that was rejected (the independence check of InternAgent)."""
MOST_SAID = 40
"""Titles that a call is told not to repeat: the prompt must not grow with the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One idea wanted. Of all papers only `sources` are shown; `material` stands with them behind the fence.

    `tags` are the operators that the idea records, `feedback` what else led to it. `fits` says whether the
    text is what was asked for; what is not is turned away.
    """

    sources: tuple[Source, ...] = ()
    operator: Operator | None = None
    parents: tuple[Idea, ...] = ()
    material: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    round: int = 0
    fits: Callable[[IdeaText], bool] | None = None


class Sitting:
    """Collects at most `wanted` ideas for an arm; `dropped` counts what came back and was not kept."""

    def __init__(self, arm: Arm, desk: Desk, wanted: int) -> None:
        self.desk, self.wanted = desk, wanted
        self.stage = arm.lever
        self.harvest = Harvest(arm=arm, desk=desk)
        self.dropped: Counter[str] = Counter()
        self._asked = 0
        self._titles: set[str] = set()
        self._shown: dict[IdeaId, frozenset[PaperId]] = {}
        self._rejected: Matrix | None = None

    @property
    def missing(self) -> int:
        return max(0, self.wanted - len(self.harvest.ideas))

    def shown_to(self, idea: Idea) -> frozenset[PaperId]:
        """The papers that were shown for the idea and for those it grew out of."""
        return self._shown.get(idea.id, frozenset())

    def chance(self, name: str) -> random.Random:
        """Chance of its own for each use; all of it follows from the desk's seed."""
        return random.Random(f"{self.desk.seed}|{self.stage}|{name}")

    async def ask(self, wishes: Sequence[Wish]) -> list[Idea]:
        """The ideas that came of the wishes, in their order; ends early once there are enough.

        Raises:
            LimitReached: the budget is spent.
        """
        found: list[Idea] = []
        place = 0
        while self.missing and place < len(wishes):
            batch = wishes[place : place + min(self.desk.parallel, self.missing)]
            place += len(batch)
            requests = [self._request(wish) for wish in batch]
            replies = await self.desk.gather(
                self.stage, [partial(self.desk.muse.propose, request) for request in requests]
            )
            for wish, reply in zip(batch, replies, strict=True):
                found += [] if reply is None else await self._take(wish, reply)
        return found

    async def finish(
        self, work: Awaitable[None], measures: Callable[[], Mapping[str, float]] = dict
    ) -> Produced:
        """Run the arm's work to its end or to the end of the budget, and give what there is."""
        stopped = ""
        try:
            await work
        except LimitReached as limit:
            stopped = str(limit)
        dropped = {f"dropped_{name}": float(count) for name, count in sorted(self.dropped.items())}
        return self.harvest.produced(measures={**measures(), **dropped}, stopped=stopped)

    def _request(self, wish: Wish) -> ProposeRequest:
        desk = self.desk
        self._asked += 1
        return ProposeRequest(
            topic=desk.topic,
            sources=wish.sources,
            operator=wish.operator,
            parents=tuple(parent.text for parent in wish.parents),
            said=self._said(),
            advice=desk.advice,
            notes="\n".join(part for part in (desk.notes, *self._examples(), *wish.material) if part),
            seed=self.chance(f"call {self._asked}").randrange(2**31),
        )

    def _said(self) -> tuple[str, ...]:
        own = [idea.text.title for idea in self.harvest.ideas]
        refused = [title_of(text) for text in self.desk.remembered.rejected]
        known = [idea.text.title for idea in self.desk.known]
        return tuple(dict.fromkeys([*known, *refused, *own]))[-MOST_SAID:]

    def _examples(self) -> list[str]:
        good = self.desk.remembered.successful
        return [f"Did well before: {text.title}: {text.mechanism}" for text in good]

    async def _take(self, wish: Wish, reply: Proposed) -> list[Idea]:
        found: list[Idea] = []
        for proposal in self.desk.count_faults(self.stage, reply):
            if not self.missing:
                break
            if wish.fits is not None and not wish.fits(proposal.text):
                self.dropped["not_as_asked"] += 1
            elif normal_title(proposal.text.title) in self._titles:
                self.dropped["said_already"] += 1
            else:
                found += await self._keep(wish, proposal)
        return found

    async def _keep(self, wish: Wish, proposal: Proposal) -> list[Idea]:
        idea = self.harvest.add(
            proposal,
            shown=wish.sources,
            parents=wish.parents,
            operators=self._operators(wish),
            feedback=wish.feedback,
            round=wish.round,
        )
        self._titles.add(normal_title(idea.text.title))
        if (reason := await self._repelled(proposal.text)) is not None:
            self.harvest.reject(idea, reason)
            self.dropped["repelled"] += 1
            return []
        own = frozenset(source.paper for source in wish.sources)
        self._shown[idea.id] = own.union(*(self.shown_to(parent) for parent in wish.parents))
        return [idea]

    def _operators(self, wish: Wish) -> tuple[str, ...]:
        card = () if wish.operator is None else (f"{wish.operator.deck}:{wish.operator.name}",)
        return (*card, *wish.tags)

    async def _repelled(self, text: IdeaText) -> str | None:
        rejected = self.desk.remembered.rejected
        if not rejected:
            return None
        if self._rejected is None:
            self._rejected = await vectors(self.desk, self.stage, rejected)
        own = await vectors(self.desk, self.stage, [repulsor(text)])
        if self._rejected is None or own is None:
            return None
        likeness = self._rejected @ own[0]
        nearest = int(np.argmax(likeness))
        if likeness[nearest] < REPELLED:
            return None
        return f"like an idea that was rejected before: {title_of(rejected[nearest])}"


def repulsor(text: IdeaText) -> str:
    """An idea as `Remembered.rejected` holds it: its title, then on the next line its mechanism."""
    return f"{text.title}\n{text.mechanism}"


def title_of(rejected: str) -> str:
    return rejected.partition("\n")[0]
