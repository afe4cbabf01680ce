"""The seam of memory: what atlas and app call. Open this first.

`PamphletLibrary` (library.py) is the implementation over SQL and Chroma.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory.items import Evidence, Item, ItemDraft, ItemId, Learned, Recall, RecallQuery, Status


class Pamphlets(Protocol):
    """Pamphlets of every scope and audience."""

    def recall(self, query: RecallQuery) -> Recall:
        """Items that fit the query, best first, within its limit and token budget."""
        ...

    def log_exposures(self, run_id: str, task_id: str, recall: Recall) -> None:
        """Store which items were shown to a task (idempotent)."""
        ...

    def learn(self, drafts: Sequence[ItemDraft], evidence: Evidence) -> Learned:
        """Add drafts or support the items that they equal, in one transaction, idempotent by evidence key.

        A frozen library refuses every draft.
        """
        ...

    def credit(self, run_id: str, task_id: str, items: Sequence[ItemId], reward: float | None) -> None:
        """Count the task's reward (None: nothing) towards the items shown to it.

        Idempotent by (item, run, task).
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
