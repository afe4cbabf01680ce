"""`PamphletLibrary`: pamphlets in SQL, with a vector index that may be missing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Self

from sqlalchemy import Connection, func, select

from core.database import Database
from core.embedder import Embedder
from core.errors import UserError
from memory.copying import copy_memory, copy_snapshot
from memory.credit.outcome import TaskOutcome
from memory.credit.tallies import Trials
from memory.gates import inspect
from memory.index.keeper import IndexKeeper
from memory.items import Evidence, Item, ItemDraft, ItemId, Learned, Recall, RecallQuery, Status
from memory.ledger.adoption import adopt
from memory.ledger.archive import Archive
from memory.ledger.crediting import Exposure, count_outcome, exposures_of, retire_harmful, trials_of
from memory.ledger.editor import Editor
from memory.ledger.learning import Learner
from memory.ledger.queue import Waiting, review_queue
from memory.ledger.reading import evidence_for, get_item, list_items
from memory.ledger.writing import writing
from memory.recall.likeness import Decision
from memory.recall.recaller import Recaller
from memory.recall.shelf import Shelf
from memory.sql.rows import insert_all_new
from memory.sql.tables import MEMORY_TABLES, ExposureRow, OutcomeRow, PairRow

logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class PamphletLibrary:
    """Implements `memory.store.Pamphlets`. SQL is the truth: the index and the shelf in memory follow it.

    A frozen library learns and credits nothing; it still logs exposures, which belong to the run.
    `tools` are the names that actions may call; None lets any pass.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        keeper: IndexKeeper | None = None,
        *,
        frozen: bool = False,
        tools: Collection[str] | None = None,
        clock: Callable[[], datetime] = _now,
        owns_database: bool = False,
    ) -> None:
        self.frozen = frozen
        self.embedder = embedder
        self.index = keeper
        self._database, self._clock, self._owns_database = database, clock, owns_database
        self._tools = tools
        self._shelf = Shelf(database, embedder)
        self._recaller = Recaller(database, self._shelf, embedder, keeper, contradictions)
        self._learner = Learner(database, clock, embedder, self._shelf)

    @classmethod
    def in_memory(cls, embedder: Embedder, *, clock: Callable[[], datetime] = _now) -> Self:
        """An empty memory that lives as long as the object."""
        return cls(Database.in_memory(*MEMORY_TABLES), embedder, clock=clock, owns_database=True)

    @property
    def degraded(self) -> str | None:
        """Why recall does with less than it should, in one line; None when all is well."""
        if self.index is not None and self.index.degraded is not None:
            return self.index.degraded
        return "the embedder fails, searching by words" if self._shelf.unembedded else None

    @property
    def archive(self) -> Archive:
        """What was: history, differences, rollback, snapshots, the audit chain."""
        return Archive(self._database, self._clock, self._written, frozen=self.frozen)

    def editor(self, actor: str) -> Editor:
        """The pen of `person:NAME` or of a program.

        Raises:
            UserError: the library is frozen, or the actor has no name.
        """
        if self.frozen:
            raise UserError("the memory is frozen: open it for writing")
        adopt(self._database, self._clock)
        return Editor(self._database, self._clock, actor, self._gate, self._written)

    def recall(self, query: RecallQuery) -> Recall:
        return self._recaller.recall(query)

    def explain(self, query: RecallQuery) -> Recall:
        """The same recall, with every candidate, every part of its score and what became of it."""
        return self._recaller.recall(query, explain=True)

    def draw(self, run_id: str, task_id: str, *, seed: int) -> str:
        earlier = (
            select(func.count())
            .select_from(OutcomeRow)
            .where(OutcomeRow.task_id == task_id, OutcomeRow.run_id != run_id)
        )
        with self._database.reading() as session:
            return f"{seed}/{session.scalar(earlier)}/{task_id}"

    def log_exposures(self, run_id: str, task_id: str, recall: Recall) -> None:
        now = self._clock()
        fates = [*((hit, "shown") for hit in recall.hits), *((hit, "withheld") for hit in recall.withheld)]
        rows = [
            {
                "item_id": hit.item.id,
                "run_id": run_id,
                "task_id": task_id,
                "version": hit.item.version,
                "outcome": fate,
                "propensity": hit.propensity,
                "score": hit.score,
                "created_at": now,
                "counted": False,
            }
            for hit, fate in fates
        ]
        if rows:
            with self._database.session() as session:
                insert_all_new(session, ExposureRow.__table__, rows)

    def learn(
        self,
        drafts: Sequence[ItemDraft],
        evidence: Evidence,
        *,
        observed: Sequence[str] = (),
        tools: Collection[str] | None = None,
    ) -> Learned:
        if self.frozen:
            return Learned(refused=tuple("the memory is frozen" for _ in drafts))
        adopt(self._database, self._clock)
        allowed = self._tools if tools is None else tools
        learned = self._learner.learn(drafts, evidence, observed=observed, tools=allowed)
        for reason in learned.refused:
            logger.info("a draft of task %s was refused: %s", evidence.task_id, reason)
        self._written()
        return learned

    def credit(self, run_id: str, task_id: str, outcome: TaskOutcome) -> tuple[ItemId, ...]:
        if self.frozen or outcome.reward is None:
            return ()
        adopt(self._database, self._clock)
        with writing(self._database, self._clock) as write:
            harmful = count_outcome(write, run_id, task_id, outcome)
            retired = retire_harmful(write, harmful)
        if retired:
            self._written()
        return retired

    def items(
        self, *, scope: str | None = None, status: Status | None = None, limit: int | None = None
    ) -> tuple[Item, ...]:
        """Items of the scope and below it, in order of scope, kind and age."""
        return list_items(self._database, scope=scope, status=status, limit=limit)

    def get(self, item_id: ItemId) -> Item:
        return get_item(self._database, item_id)

    def evidence(self, item_id: ItemId) -> tuple[Evidence, ...]:
        return evidence_for(self._database, item_id)

    def exposures(self, item_id: ItemId) -> tuple[Exposure, ...]:
        """The item's exposures, newest first."""
        return exposures_of(self._database, item_id)

    def trials(self, item_id: ItemId) -> Trials:
        """What shown and withheld tasks say of the item; see `memory.credit.uplift`."""
        with self._database.reading() as session:
            return trials_of(session.connection(), item_id)

    def queue(self, scope: str | None = None) -> tuple[Waiting, ...]:
        """What waits for a person, the most urgent first."""
        return review_queue(self._database, scope)

    def copy_to(
        self, database: Database, *, frozen: bool = False, owns_database: bool = False
    ) -> PamphletLibrary:
        """Copy everything into another, empty database, as a memory of its own.

        Raises:
            UserError: the target holds a memory already.
        """
        copy_memory(self._database, database)
        return self._over(database, frozen=frozen, owns_database=owns_database)

    def frozen_copy(self) -> PamphletLibrary:
        """A copy in memory that will not change, whatever becomes of this library."""
        return self.copy_to(Database.in_memory(*MEMORY_TABLES), frozen=True, owns_database=True)

    def at_snapshot(self, name: str) -> PamphletLibrary:
        """A snapshot as a frozen library in memory, with the credit that its items had.

        Raises:
            UserError: no such snapshot.
        """
        target = Database.in_memory(*MEMORY_TABLES)
        copy_snapshot(self._database, target, self.archive.snapshot_items(name))
        return self._over(target, frozen=True, owns_database=True)

    def close(self) -> None:
        if self.index is not None:
            self.index.close()
        if self._owns_database:
            self._database.close()

    def _over(self, database: Database, *, frozen: bool, owns_database: bool) -> PamphletLibrary:
        return PamphletLibrary(
            database,
            self.embedder,
            frozen=frozen,
            tools=self._tools,
            clock=self._clock,
            owns_database=owns_database,
        )

    def _gate(self, draft: ItemDraft) -> tuple[str, ...]:
        return inspect(draft, tools=self._tools).reasons

    def _written(self) -> None:
        if self.index is not None:
            self.index.poke()


def contradictions(connection: Connection) -> frozenset[tuple[ItemId, ItemId]]:
    """Pairs of items that contradict each other, the lesser id first."""
    query = select(PairRow.first, PairRow.second).where(PairRow.decision == Decision.CONTRADICTION.value)
    return frozenset((ItemId(row.first), ItemId(row.second)) for row in connection.execute(query))
