"""The generation of the index that SQL points at: opened once, replaced whole, left alone while it fails."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from core.database import Database
from core.errors import AtlasError, StorageError
from memory.index.outbox import (
    Pointer,
    one_line,
    put_changed,
    put_live,
    put_overlooked,
    read_state,
    swap_pointer,
)
from memory.index.seam import IndexMark, OpenIndex, VectorIndex
from memory.items import ItemId

PAUSE = timedelta(seconds=30)
"""Between two attempts to use an index that failed."""
LONGEST = timedelta(hours=1)
"""Until the index is tried again with an item that it overlooks."""
READERS_SECONDS = 0.02
"""How long a reader waits for another one; for a writer it does not wait."""


class IndexInUse:
    """At its first use it makes a new generation for a memory that has none, one of another embedder, or one
    that is gone, but never beside a process that uses the old one. Later it only follows SQL: two machines
    that cannot see each other's index must not replace it in turns.
    """

    def __init__(
        self, database: Database, embedder_id: str, open_index: OpenIndex, clock: Callable[[], datetime]
    ) -> None:
        self._database, self._embedder_id = database, embedder_id
        self._open_index, self._clock = open_index, clock
        self._lock = threading.Lock()
        self._writing = False
        self._index: VectorIndex | None = None
        self._pointer: Pointer | None = None
        self._retry_at: datetime | None = None
        self.may_begin = True
        self.problem: str | None = None

    @property
    def paused(self) -> bool:
        return self._retry_at is not None and self._clock() < self._retry_at

    @contextmanager
    def reading(self, wanted: Pointer | None) -> Iterator[VectorIndex | None]:
        """The index of the generation; None while it is being written, or when another one is in use.

        Raises:
            StorageError: it cannot be used; `problem` says why, and it is left alone for a while.
        """
        if self._writing or not self._lock.acquire(timeout=READERS_SECONDS):
            yield None
            return
        try:
            with self._watched():
                index = self._index
                if index is None or self._pointer != wanted:
                    index = self._current(self._read_pointer())
                yield index if self._pointer == wanted else None
        finally:
            self._lock.release()

    @contextmanager
    def writing(self) -> Iterator[tuple[str, VectorIndex]]:
        """The index and the name of its generation, for one who writes or must wait for writers.

        Raises:
            StorageError: it cannot be used.
        """
        with self._lock:
            self._writing = True
            try:
                wanted = self._read_pointer()
                with self._watched():
                    index = self._current(wanted)
                    assert self._pointer is not None
                    yield self._pointer.generation, index
            finally:
                self._writing = False

    def replace(
        self,
        old: Pointer | None,
        new: Pointer,
        index: VectorIndex,
        since: int,
        overlooked: Collection[ItemId],
    ) -> None:
        """Use another generation from now on, and remove the others.

        It holds what SQL held at the change `since`: what changed later is put into the outbox again. What it
        overlooks waits there too.

        Raises:
            StorageError: another process has replaced the old one meanwhile.
        """
        with self._lock:
            with self._database.session() as session:
                if not swap_pointer(session, old, new, self._clock()):
                    raise StorageError("another process has rebuilt the index meanwhile")
                put_changed(session, since)
                put_overlooked(session, overlooked, self._clock() + LONGEST)
            self._adopt(new, index)

    def close(self) -> None:
        with self._lock:
            self._let_go()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except AtlasError as error:
            if not self.paused:
                self.problem = one_line(error)
                self._retry_at = self._clock() + PAUSE
                self._let_go()
            raise

    def _read_pointer(self) -> Pointer | None:
        with self._database.reading() as session:
            return read_state(session)[1]

    def _current(self, wanted: Pointer | None) -> VectorIndex:
        if self.paused:
            raise StorageError(self.problem or "the index failed a moment ago")
        if self._index is not None and self._pointer == wanted:
            return self._index
        if self._index is not None:
            with suppress(StorageError):
                self._index.drop()  # somebody has put another generation in its place
            self._let_go()
        return self._opened(wanted) or self._begun(wanted)

    def _opened(self, wanted: Pointer | None) -> VectorIndex | None:
        """The generation that is wanted, if it is there and holds this embedder's vectors."""
        if wanted is None:
            return None
        index = self._open_index(wanted.generation)
        try:
            if reason := index.unavailable():
                raise StorageError(reason)
            fits = wanted.embedder_id == self._embedder_id
            if fits and index.mark() == IndexMark(embedder_id=self._embedder_id):
                self._pointer, self._index = wanted, index
                self._well()
                with suppress(StorageError):
                    index.drop_others(abandoned=True)  # what a killed rebuild has left
                return index
        finally:
            if self._index is not index:
                index.close()
        return None

    def _begun(self, old: Pointer | None) -> VectorIndex:
        """A new generation, empty, with all live items in the outbox."""
        if not self.may_begin and old is not None:
            theirs = old.embedder_id
            if theirs != self._embedder_id:
                raise StorageError(
                    f"the index holds vectors of {theirs}, not of {self._embedder_id}; rebuild it"
                )
            raise StorageError("the index is missing; rebuild it")
        new = Pointer(generation=uuid.uuid4().hex, embedder_id=self._embedder_id)
        index = self._open_index(new.generation)
        try:
            index.create(IndexMark(embedder_id=new.embedder_id))
            with self._database.session() as session:
                if not swap_pointer(session, old, new, self._clock()):
                    raise StorageError("another process has just begun an index")
                put_live(session)
        except BaseException:
            with suppress(StorageError):
                index.drop()
            raise
        self._adopt(new, index)
        return index

    def _adopt(self, pointer: Pointer, index: VectorIndex) -> None:
        self._let_go()
        self._pointer, self._index = pointer, index
        self._well()
        with suppress(StorageError):
            index.drop_others()

    def _well(self) -> None:
        self.problem, self._retry_at, self.may_begin = None, None, False

    def _let_go(self) -> None:
        index, self._index, self._pointer = self._index, None, None
        if index is not None:
            index.close()
