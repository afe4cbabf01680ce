"""`PamphletLibrary`: pamphlets in SQL, with a vector index that may be missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from core.database import Database
from core.embedder import Embedder
from core.errors import UserError
from memory.copying import copy_memory
from memory.gates import refusal
from memory.identity import content_hash, item_id
from memory.index_keeper import IndexKeeper
from memory.items import Evidence, Item, ItemDraft, ItemId, Learned, Recall, RecallQuery, Status
from memory.recaller import Recaller
from memory.rows import (
    add_evidence,
    add_item,
    distinct_tasks,
    evidence_of,
    in_scope,
    insert_all_new,
    insert_new,
    item_of,
    raise_change,
    select_items,
)
from memory.shelf import LIVE, Shelf
from memory.tables import MEMORY_TABLES, CreditRow, EvidenceRow, ExposureRow, ItemRow
from memory.vector_index import VectorIndex

logger = logging.getLogger(__name__)

QUORUM = 2
"""Distinct tasks behind an item before it is active: one may teach its own accident, two seldom the same."""


def _now() -> datetime:
    return datetime.now(UTC)


class PamphletLibrary:
    """Implements `memory.store.Pamphlets`. SQL is the truth: the index and the shelf in memory follow it.

    A frozen library learns and credits nothing; it still logs exposures, which belong to the run.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        index: VectorIndex | None = None,
        *,
        frozen: bool = False,
        clock: Callable[[], datetime] = _now,
        owns_database: bool = False,
    ) -> None:
        self.frozen = frozen
        self.embedder = embedder
        self._database, self._clock, self._owns_database = database, clock, owns_database
        self._shelf = Shelf(database, embedder)
        self._keeper = IndexKeeper(index, self._shelf, embedder.id) if index is not None else None
        self._recaller = Recaller(self._shelf, embedder, self._keeper)

    @property
    def degraded(self) -> str | None:
        """Why recall does with less than it should, in one line; None when all is well."""
        if self._keeper is not None and self._keeper.broken is not None:
            return f"the vector index is broken, searching without it: {self._keeper.broken}"
        return "the embedder fails, searching by words" if self._shelf.unembedded else None

    @classmethod
    def in_memory(cls, embedder: Embedder, *, clock: Callable[[], datetime] = _now) -> Self:
        """An empty memory that lives as long as the object."""
        return cls(Database.in_memory(*MEMORY_TABLES), embedder, clock=clock, owns_database=True)

    def recall(self, query: RecallQuery) -> Recall:
        return self._recaller.recall(query)

    def log_exposures(self, run_id: str, task_id: str, recall: Recall) -> None:
        now = self._clock()
        rows = [
            {
                "item_id": hit.item.id,
                "run_id": run_id,
                "task_id": task_id,
                "version": hit.item.version,
                "outcome": "shown",
                "propensity": 1.0,
                "score": hit.score,
                "created_at": now,
            }
            for hit in recall.hits
        ]
        if rows:
            with self._database.session() as session:
                insert_all_new(session, ExposureRow.__table__, rows)

    def learn(self, drafts: Sequence[ItemDraft], evidence: Evidence) -> Learned:
        if self.frozen:
            return Learned(refused=tuple("the memory is frozen" for _ in drafts))
        refused: list[str] = []
        accepted: dict[str, ItemDraft] = {}
        for draft in drafts:
            if (reason := refusal(draft)) is None:
                accepted.setdefault(content_hash(draft), draft)
            else:
                refused.append(reason)
        added: list[ItemId] = []
        supported: list[ItemId] = []
        if accepted:
            with self._database.session() as session:
                change = raise_change(session)
                for digest, draft in accepted.items():
                    known = _find(session, digest)
                    if known is not None and known.status not in LIVE:
                        refused.append(f"equal to a {known.status} item")
                        continue
                    identity = self._support(session, known, digest, draft, evidence, change)
                    is_new = known is None or _made_by(known, evidence)
                    (added if is_new else supported).append(identity)
            self._shelf.refresh()
        for reason in refused:
            logger.info("a draft of task %s was refused: %s", evidence.task_id, reason)
        return Learned(added=tuple(added), supported=tuple(supported), refused=tuple(refused))

    def credit(self, run_id: str, task_id: str, items: Sequence[ItemId], reward: float | None) -> None:
        if self.frozen or reward is None or not items:
            return
        if not 0.0 <= reward <= 1.0:
            raise UserError(f"a reward lies between 0 and 1, not {reward}")
        now = self._clock()
        with self._database.session() as session:
            change = raise_change(session)
            query = select(ItemRow).where(ItemRow.id.in_(items)).order_by(ItemRow.id)
            for row in session.scalars(query):
                # What an item made of this very task says of itself is evidence, not credit.
                if (row.origin_run, row.origin_task) == (run_id, task_id):
                    continue
                key = {"item_id": row.id, "run_id": run_id, "task_id": task_id}
                if insert_new(session, CreditRow.__table__, {**key, "reward": reward, "created_at": now}):
                    row.alpha, row.beta = row.alpha + reward, row.beta + 1.0 - reward
                    row.updated_at, row.change = now, change

    def items(
        self, *, scope: str | None = None, status: Status | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Items of the scope and below it, in order of scope, kind and age."""
        query = (
            select_items().order_by(ItemRow.scope, ItemRow.kind, ItemRow.created_at, ItemRow.id).limit(limit)
        )
        if scope is not None:
            query = query.where(in_scope(scope))
        if status is not None:
            query = query.where(ItemRow.status == status.value)
        with self._database.reading() as session:
            return tuple(item_of(row) for row in session.execute(query))

    def get(self, item_id: ItemId) -> Item:
        with self._database.reading() as session:
            row = session.execute(select_items().where(ItemRow.id == item_id)).one_or_none()
        if row is None:
            raise UserError(f"no item {item_id}; see: atlas memory list")
        return item_of(row)

    def evidence(self, item_id: ItemId) -> tuple[Evidence, ...]:
        query = (
            select(EvidenceRow)
            .where(EvidenceRow.item_id == item_id)
            .order_by(EvidenceRow.created_at, EvidenceRow.run_id, EvidenceRow.task_id)
        )
        with self._database.reading() as session:
            return tuple(evidence_of(row) for row in session.scalars(query))

    def copy_to(
        self, database: Database, *, frozen: bool = False, owns_database: bool = False
    ) -> PamphletLibrary:
        """Copy everything into another, empty database, as a memory of its own.

        Raises:
            UserError: the target holds a memory already.
        """
        copy_memory(self._database, database)
        return PamphletLibrary(
            database, self.embedder, frozen=frozen, clock=self._clock, owns_database=owns_database
        )

    def frozen_copy(self) -> PamphletLibrary:
        """A copy in memory that will not change, whatever becomes of this library."""
        return self.copy_to(Database.in_memory(*MEMORY_TABLES), frozen=True, owns_database=True)

    def rebuild_index(self) -> int:
        """Write the vector index anew from SQL; returns the number of items in it (0 without an index)."""
        self._shelf.refresh()
        return self._keeper.rebuild() if self._keeper is not None else 0

    def close(self) -> None:
        if self._keeper is not None:
            self._keeper.close()
        if self._owns_database:
            self._database.close()

    def _support(
        self,
        session: Session,
        known: Row[str, str, str, str] | None,
        digest: str,
        draft: ItemDraft,
        evidence: Evidence,
        change: int,
    ) -> ItemId:
        """Add the draft's item where it is new, and the evidence; a quorum of tasks makes it active."""
        now = self._clock()
        identity = item_id(digest) if known is None else ItemId(known.id)
        if known is None:
            add_item(session, identity, draft, digest, evidence, now, change)
        if add_evidence(session, identity, evidence, now):
            support = distinct_tasks(session, identity)
            values: dict[str, object] = {"support": support, "updated_at": now, "change": change}
            if support >= QUORUM:
                values["status"] = Status.ACTIVE.value
            session.execute(update(ItemRow).where(ItemRow.id == identity).values(values))
        return identity


def _find(session: Session, digest: str) -> Row[str, str, str, str] | None:
    """The item that says this now, else the one that said it first and was edited since."""
    current = ItemRow.content_hash == digest
    query = select(ItemRow.id, ItemRow.status, ItemRow.origin_run, ItemRow.origin_task)
    query = query.where(or_(current, ItemRow.id == item_id(digest))).order_by(current.desc(), ItemRow.id)
    return session.execute(query.limit(1)).one_or_none()


def _made_by(known: Row[str, str, str, str], evidence: Evidence) -> bool:
    return (known.origin_run, known.origin_task) == (evidence.run_id, evidence.task_id)
