"""A memory as a continual learner: pamphlet items are stored, no gradient is taken (row 7). No torch.

System: ATLAS, adaptive teaching and learning: a memory of pamphlets in the place of training. What an adapter
costs in training must be worth more than this, over the same stream of tasks and by the same measures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UserError
from memory.items import Evidence, ItemDraft, RecallQuery
from memory.store import Pamphlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A query, and the content of the item that should come back for it."""

    query: RecallQuery
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """One task of a stream: what was distilled from it, by which episodes, and how recall is tried.

    Two episodes of distinct tasks make an item active; of those with less evidence a recall shows one only.
    """

    drafts: tuple[ItemDraft, ...]
    evidence: tuple[Evidence, ...]
    probes: tuple[Probe, ...]


class PamphletLearner:
    """Implements `continual.Learner[Lessons]` over a library of pamphlets."""

    def __init__(self, pamphlets: Pamphlets) -> None:
        self._pamphlets = pamphlets

    def learn(self, task: Lessons) -> None:
        for evidence in task.evidence:
            self._pamphlets.learn(task.drafts, evidence)

    def score(self, task: Lessons) -> float:
        """The share of probes that bring back what they want.

        Raises:
            UserError: the task has no probe.
        """
        if not task.probes:
            raise UserError("a task of lessons needs at least one probe to be scored")
        return sum(self._found(probe) for probe in task.probes) / len(task.probes)

    def _found(self, probe: Probe) -> bool:
        return probe.wanted in _contents(self._pamphlets, probe.query)


def _contents(pamphlets: Pamphlets, query: RecallQuery) -> Sequence[str]:
    return [hit.item.content for hit in pamphlets.recall(query).hits]
