"""Comparing: what the drafts of a task are to the items that memory has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from core.database import Database
from core.embedder import Embedder
from core.errors import ProviderError, StorageError
from memory.items import LIVE, Evidence, Item, ItemDraft, ItemId, draft_of
from memory.recall.likeness import Decision, akin, compare, threshold_for
from memory.recall.section import Section, Vector
from memory.recall.shelf import Shelf
from memory.sql.rows import shown_to
from memory.sql.tables import AliasRow, ItemRow

NEAR = 8
"""Neighbours that a draft is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An item that is like a draft, and what was decided of the two.

    They may be one lesson where they are `akin`; a reader would hardly see two where they are `close`.
    """

    item: Item
    similarity: float
    decision: Decision
    akin: bool
    close: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A draft that passed the gates, with its vector and its neighbours where those are known."""

    draft: ItemDraft
    digest: str
    vector: Vector | None = None
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def twin(self) -> Neighbour | None:
        """The nearest that says what the draft says."""
        twins = [each for each in self.neighbours if each.decision is Decision.DUPLICATE]
        return max(twins, key=lambda each: (each.similarity, each.item.id), default=None)

    @property
    def akin_to(self) -> Item | None:
        """A tombstone that the draft may be in other words."""
        return next((each.item for each in self.neighbours if each.akin and each.item.state.barred), None)


class Comparer:
    """Embeds drafts and compares them with the live items and the tombstones of their scope."""

    def __init__(self, database: Database, embedder: Embedder, shelf: Shelf) -> None:
        self._database, self._embedder, self._shelf = database, embedder, shelf
        self._threshold = threshold_for(embedder.id)
        # Beside what did harm a person decides sooner.
        self._near_harm = replace(self._threshold, twin=self._threshold.subject)

    def compare_all(self, drafts: Mapping[str, ItemDraft], evidence: Evidence) -> list[Proposal]:
        """One proposal for each draft, by content hash; what lives word for word is not compared."""
        with self._database.reading() as session:
            alive = ItemRow.content_hash.in_(drafts) & ItemRow.status.in_(LIVE)
            known = set(session.scalars(select(ItemRow.content_hash).where(alive)))
            alias = AliasRow.content_hash.in_(drafts)
            known |= set(session.scalars(select(AliasRow.content_hash).where(alias)))
            shown = shown_to(session.connection(), evidence)
        unknown = [digest for digest in drafts if digest not in known]
        vectors = dict(zip(unknown, self._embed([drafts[digest] for digest in unknown]), strict=False))
        proposals = []
        for digest, draft in drafts.items():
            vector = vectors.get(digest)
            near = () if vector is None else self._neighbours(draft, vector, shown)
            proposals.append(Proposal(draft=draft, digest=digest, vector=vector, neighbours=near))
        return proposals

    def _embed(self, drafts: Collection[ItemDraft]) -> list[Vector]:
        texts = [f"{' '.join(draft.content.split())} {draft.cue.strip()}".strip() for draft in drafts]
        try:
            return list(self._embedder.embed(texts)) if texts else []
        except (ProviderError, StorageError):
            return []  # equal words are still found; what is only alike becomes an item of its own

    def _neighbours(
        self, draft: ItemDraft, vector: Vector, shown: Collection[ItemId]
    ) -> tuple[Neighbour, ...]:
        with self._shelf.lock:
            with self._database.reading() as session:
                audience = draft.kind.audience
                section = self._shelf.sections(session.connection(), draft.scope, audience)[-1]
            self._shelf.embed_missing([section, section.tombs])
            return (
                *self._compared(draft, vector, section, shown),
                *self._compared(draft, vector, section.tombs, shown),
            )

    def _compared(
        self, draft: ItemDraft, vector: Vector, section: Section, shown: Collection[ItemId]
    ) -> list[Neighbour]:
        found = []
        for entry in section.nearest(vector, NEAR):
            other = entry.item
            if (other.kind, other.student_model) != (draft.kind, draft.student_model) or entry.vector is None:
                continue
            said = draft_of(other)
            cosine = float(entry.vector @ vector)
            decision = compare(draft, said, cosine, self._threshold)
            near = self._near_harm if other.state.barred else self._threshold
            related = akin(draft, said, cosine, near)
            # Who was told a lesson and says something akin says it again: that is likelier than a new one.
            if related and other.id in shown:
                decision = Decision.DUPLICATE
            if related or decision is not Decision.DISTINCT:
                close = related and cosine >= self._threshold.twin
                found.append(
                    Neighbour(item=other, similarity=cosine, decision=decision, akin=related, close=close)
                )
        return found
