"""Keeps a vector index behind SQL: fed by the outbox, rebuilt beside itself, done without when it fails."""

from __future__ import annotations

import atexit
import random
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.embedder import Embedder
from core.errors import AtlasError, StorageError
from memory.index.in_use import LONGEST, IndexInUse
from memory.index.outbox import (
    Pointer,
    is_due,
    one_line,
    overlooked_ids,
    put_overlooked,
    read_state,
    waiting_ids,
)
from memory.index.seam import IndexMark, OpenIndex, Vector, VectorIndex
from memory.index.vectors import by_section, entry_of, live_pages, with_vectors
from memory.index.verify import Ids, IndexReport, compare
from memory.index.worker import BATCH, OutboxWorker
from memory.items import ItemId

STALE = 512
"""Items that may wait and be compared exactly; with more of them the index is not asked."""
EVERY_SECONDS = 0.5


def _now() -> datetime:
    return datetime.now(UTC)


class IndexKeeper:
    """May be used by several threads, and by several processes over one database on a file or a server.

    `nearest` and `drain` never raise: where the index cannot help, `degraded` says why in one line, and it is
    tried again after half a minute. `IndexInUse` says when a new generation is begun unasked.
    """

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        open_index: OpenIndex,
        *,
        clock: Callable[[], datetime] = _now,
        chance: random.Random | None = None,
    ) -> None:
        self._database, self._embedder, self._open_index, self._clock = database, embedder, open_index, clock
        self._chance = chance or random.Random()
        self._in_use = IndexInUse(database, embedder.id, open_index, clock)
        self._worker = OutboxWorker(
            database, embedder, self._in_use.writing, clock=clock, chance=self._chance
        )
        self._draining = threading.Lock()
        self._stale: str | None = None
        self._waiting: tuple[int, Pointer | None, frozenset[ItemId]] | None = None
        self._told = threading.local()
        self._poked, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def degraded(self) -> str | None:
        """Why the index is not used at present."""
        return self._in_use.problem or self._stale

    def waiting(self) -> frozenset[ItemId]:
        """Items that the index may not know yet, at most `STALE` + 1: compare these exactly.

        Ask this before `nearest`, in the same thread: what leaves the outbox in between is found there.

        Raises:
            StorageError, UserError: the database failed.
        """
        self._told.pointer, waiting = self._state()
        return waiting

    def nearest(self, section: str, vector: Vector, limit: int) -> tuple[tuple[ItemId, int], ...] | None:
        """(item id, version) of the nearest in the section, nearest first; None: compare exactly.

        Versions may be old, and items retired: join with SQL. None once when the generation has changed since
        this thread asked what is `waiting`: other items wait then.
        """
        if self._in_use.paused:
            return None
        try:
            pointer, waiting = self._state()
            if len(waiting) > STALE or pointer != getattr(self._told, "pointer", pointer):
                return None
            with self._in_use.reading(pointer) as index:
                return None if index is None else index.query(section, vector, limit)
        except (AtlasError, SQLAlchemyError):
            return None

    def drain(self, limit: int | None = None) -> int:
        """Take what is due over into the index, up to `limit` items; returns how many were."""
        with self._draining:
            try:
                if not self._has_work():
                    return 0
                with self._in_use.writing():
                    pass  # nothing is claimed while the index cannot be used
                return self._worker.drain(limit)
            except (AtlasError, SQLAlchemyError):
                return 0
            finally:
                self._waiting = None

    def verify(self, sample: int = 50, *, drain: bool = True) -> IndexReport:
        """Compare the index with SQL; `sample` items are looked up by their own vectors.

        Those that are not found are put into the outbox, so that they are compared exactly from now on.
        """
        if drain:
            self.drain()
        with self._draining:
            try:
                with self._in_use.writing() as (generation, index):
                    report, lost = self._compare(index, generation, sample)
                self._keep_out(lost)
                return report
            except AtlasError as error:
                return IndexReport(problem=one_line(error))

    def rebuild(self, sample: int | None = None) -> IndexReport:
        """Write a new generation from SQL, verify it, and only then use it. The old one is never opened.

        All items, or `sample` of them, are looked up; those that are not found are compared exactly later. A
        generation that does not hold what SQL holds is thrown away; the report says what is wrong with it.

        Raises:
            ProviderError, UserError: the embedder failed.
            StorageError: the new generation cannot be written, or another process has swapped meanwhile.
        """
        with self._draining:
            with self._database.reading() as session:
                since, old = read_state(session)
            new = Pointer(generation=uuid.uuid4().hex, embedder_id=self._embedder.id)
            index = self._open_index(new.generation)
            try:
                self._fill(index)
                report, lost = self._compare(index, new.generation, sample, built_since=since)
                if report.whole:
                    self._in_use.replace(old, new, index, since, lost)
            except BaseException:
                with suppress(StorageError):
                    index.drop()
                raise
            if not report.whole:
                index.drop()
                return report
        self.drain()
        with self._database.reading() as session:
            overlooked = set(overlooked_ids(session))
            waiting = Ids.of(set(waiting_ids(session)) - overlooked)
        return replace(report, waiting=waiting, overlooked=Ids.of(overlooked), not_found=Ids())

    def start(self) -> None:
        """Drain in the background: when poked, and twice a second."""
        if self._thread is None:
            self._closing.clear()
            # A thread that is inside Chroma when the interpreter ends takes the process down with it.
            atexit.register(self.close)
            self._thread = threading.Thread(target=self._drain_for_ever, name="index-keeper", daemon=True)
            self._thread.start()

    def poke(self) -> None:
        """Say that something was written."""
        self._poked.set()

    def close(self) -> None:
        """Stop the background thread after its batch, and let go of the index. What waits stays in SQL."""
        atexit.unregister(self.close)
        self._closing.set()
        self._poked.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._in_use.close()

    def _drain_for_ever(self) -> None:
        while not self._closing.is_set():
            if self.drain(BATCH) < BATCH:
                self._poked.wait(EVERY_SECONDS)
                self._poked.clear()

    def _has_work(self) -> bool:
        with self._database.reading() as session:
            change, pointer = read_state(session)
            foreign = pointer is None or pointer.embedder_id != self._embedder.id
            return is_due(session, self._clock()) or (foreign and self._in_use.may_begin and change > 0)

    def _state(self) -> tuple[Pointer | None, frozenset[ItemId]]:
        """The generation in use, and what waits; the latter is read again when something was written."""
        with self._database.reading() as session:
            change, pointer = read_state(session)
            known = self._waiting
            if known is None or known[:2] != (change, pointer) or len(known[2]) > STALE:
                known = (change, pointer, frozenset(waiting_ids(session, STALE + 1)))
        self._waiting = known
        self._stale = f"more than {STALE} items wait for the index" if len(known[2]) > STALE else None
        return pointer, known[2]

    def _keep_out(self, items: frozenset[ItemId]) -> None:
        if items:
            with self._database.session() as session:
                put_overlooked(session, items, self._clock() + LONGEST)
            self._waiting = None

    def _compare(
        self, index: VectorIndex, generation: str, sample: int | None, built_since: int | None = None
    ) -> tuple[IndexReport, frozenset[ItemId]]:
        return compare(
            self._database,
            index,
            generation,
            self._embedder.id,
            sample=sample,
            chance=self._chance,
            built_since=built_since,
        )

    def _fill(self, index: VectorIndex) -> None:
        index.create(IndexMark(embedder_id=self._embedder.id))
        for page in live_pages(self._database, self._embedder.id):
            ready = with_vectors(self._database, self._embedder, page)
            for section, members in by_section(ready).items():
                index.upsert(section, [entry_of(item, self._embedder.id) for item in members])
