"""The seam of memory: what atlas and app call while agents work. Open this first.

`PamphletLibrary` (library.py) is the implementation over SQL and Chroma; beside this seam it has an `editor`
for people and an `archive` of all that was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from memory.credit.outcome import TaskOutcome
from memory.items import Evidence, Item, ItemDraft, ItemId, Learned, Recall, RecallQuery, Status


class Pamphlets(Protocol):
    """Pamphlets of every scope and audience."""

    def recall(self, query: RecallQuery) -> Recall:
        """Items that fit the query, best first, within its limit and token budget."""
        ...

    def draw(self, run_id: str, task_id: str, *, seed: int) -> str:
        """What `RecallQuery.draw` is for this task: equal seeds over equal histories withhold the same items,
        and a task that an earlier run has ended is drawn anew.
        """
        ...

    def log_exposures(self, run_id: str, task_id: str, recall: Recall) -> None:
        """Store which items were shown to a task and which were withheld from it (idempotent)."""
        ...

    def learn(
        self,
        drafts: Sequence[ItemDraft],
        evidence: Evidence,
        *,
        observed: Sequence[str] = (),
        tools: Collection[str] | None = None,
    ) -> Learned:
        """Add drafts or support the items that say the same, in one transaction, idempotent by evidence key.

        `observed` is raw tool output that no item may copy, `tools` what actions may call (None: anything). A
        frozen library refuses every draft.
        """
        ...

    def credit(self, run_id: str, task_id: str, outcome: TaskOutcome) -> tuple[ItemId, ...]:
        """Count how the task ended towards every item logged for it; returns the items that it retired.

        Without a reward nothing is counted. Idempotent by (run, task).
        """
        ...

    def items(
        self, *, scope: str | None = None, status: Status | None = None, limit: int | None = None
    ) -> tuple[Item, ...]: ...

    def get(self, item_id: ItemId) -> Item:
        """Raises:
        UserError: no such item.
        """
        ...

    def evidence(self, item_id: ItemId) -> tuple[Evidence, ...]: ...

    def close(self) -> None: ...
