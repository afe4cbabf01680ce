"""One item as a document holds it: what an import may set, and the version that the document shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from memory.items import Item, ItemDraft, ItemId, ItemState, Kind
from memory.ledger.editor import ItemEdit, state_of_draft


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentItem:
    """An item of a document. `id` is None for one that a person wrote anew.

    `version` is the one that the document was made from (0 for a new item), `line` where it begins, from 1.
    Of `state`, `note`, `retired_for` and `successors` count only where the item is unknown to memory.
    """

    id: ItemId | None
    version: int
    kind: Kind
    scope: str
    student_model: str = ""
    state: ItemState
    line: int = field(default=0, compare=False)

    @classmethod
    def of(cls, item: Item) -> DocumentItem:
        return cls(
            id=item.id,
            version=item.version,
            kind=item.kind,
            scope=item.scope,
            student_model=item.student_model,
            state=item.state,
        )

    @property
    def name(self) -> str:
        """The id, or the line where a new item begins."""
        return self.id or f"line {self.line}"

    @property
    def draft(self) -> ItemDraft:
        state = self.state
        return ItemDraft(
            kind=self.kind,
            scope=self.scope,
            content=state.content,
            cue=state.cue,
            action=state.action,
            boundary=state.boundary,
            expected_effect=state.expected_effect,
            student_model=self.student_model,
        )

    @property
    def edit(self) -> ItemEdit:
        """All words of the item, as one edit."""
        state = self.state
        return ItemEdit(
            content=state.content,
            cue=state.cue,
            action=state.action,
            no_action=state.action is None,
            boundary=state.boundary,
            expected_effect=state.expected_effect,
        )

    def with_words(self, draft: ItemDraft) -> DocumentItem:
        """The same item in the draft's words, as they are stored: single-spaced, without blanks around."""
        stored = state_of_draft(draft)
        words = replace(
            self.state,
            content=stored.content,
            cue=stored.cue,
            action=stored.action,
            boundary=stored.boundary,
            expected_effect=stored.expected_effect,
        )
        return replace(self, state=words)
