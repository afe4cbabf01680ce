"""The outbox's worker: takes items that changed over into the index, in batches, as often as it takes."""

from __future__ import annotations

import os
import random
import socket
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from core.database import Database
from core.embedder import Embedder
from core.errors import AtlasError
from core.redaction import redact
from memory.index.outbox import OVERLOOKED, Claim, Failure, claim, one_line, read_state, settle
from memory.index.seam import VectorIndex
from memory.index.vectors import Current, by_section, entry_of, read_current, with_vectors
from memory.items import ItemId

BATCH = 128
"""One upsert of Chroma costs as much as sixty; an embedding model's batch must end within the lease."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 3600.0
"""Seconds until a row that failed is tried again."""
AGAIN = timedelta(seconds=1)

Writing = Callable[[], AbstractContextManager[tuple[str, VectorIndex]]]
"""Gives the index to write to and the name of its generation, for as long as the block lasts."""


class OutboxWorker:
    """Several workers, in whatever processes, may work on one outbox: all they do may be done twice."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        writing: Writing,
        *,
        clock: Callable[[], datetime],
        chance: random.Random,
    ) -> None:
        self._database, self._embedder, self._writing = database, embedder, writing
        self._clock, self._chance = clock, chance
        self._name = f"{socket.gethostname()[:30]}:{os.getpid()}"

    def drain(self, limit: int | None = None) -> int:
        """Work off what is due, up to `limit` rows; stop at the first failure. Returns the rows worked off.

        Raises:
            StorageError, UserError: the database failed; what was claimed is free again when its lease ends.
        """
        done = taken = 0
        while limit is None or taken < limit:
            held, items = self._claim(BATCH if limit is None else min(BATCH, limit - taken))
            if not held.seqs:
                break
            taken += len(held.seqs)
            removed, failed = self._work_off(held, items)
            done += removed
            if failed:
                break
        return done

    def _claim(self, limit: int) -> tuple[Claim, tuple[Current, ...]]:
        token = f"{self._name}:{uuid.uuid4().hex[:16]}"
        with self._database.session() as session:
            held = claim(session, token, limit, self._clock())
            return held, read_current(session, held.seqs.keys(), self._embedder.id)

    def _work_off(self, held: Claim, items: Sequence[Current]) -> tuple[int, bool]:
        failures: dict[ItemId, Failure] = {}
        items = self._embedded(held, items, failures)
        generation: str | None = None
        overlooked: tuple[ItemId, ...] = ()
        try:
            with self._writing() as (generation, index):
                overlooked = _write(index, items, self._embedder.id)
        except AtlasError as error:
            left = held.seqs.keys() - failures.keys()
            failures.update((item, self._failure(held, item, one_line(error))) for item in sorted(left))
        stop = bool(failures)
        failures.update((item, self._failure(held, item, OVERLOOKED)) for item in overlooked)
        with self._database.session() as session:
            _, in_use = read_state(session)
            # What was written to a generation that is not in use any more has to be written again.
            current = in_use is not None and in_use.generation == generation
            done = held.seqs.keys() - failures.keys() if current else ()
            removed = settle(
                session, held, done, failures, self._clock() + AGAIN * self._chance.uniform(1, 2)
            )
        return removed, stop

    def _embedded(
        self, held: Claim, items: Sequence[Current], failures: dict[ItemId, Failure]
    ) -> tuple[Current, ...]:
        """The items that can be written; those that cannot be embedded now are failures."""
        live = [item for item in items if item.live]
        gone = tuple(item for item in items if not item.live)
        try:
            return (*with_vectors(self._database, self._embedder, live), *gone)
        except AtlasError as error:
            bare = [item.item_id for item in live if item.vector is None]
            failures.update((item, self._failure(held, item, one_line(error))) for item in bare)
            return (*(item for item in live if item.vector is not None), *gone)

    def _failure(self, held: Claim, item: ItemId, error: str) -> Failure:
        """Exponential backoff with jitter, of each row its own: rows that failed together part."""
        most = min(LONGEST_PAUSE, 2 * FIRST_PAUSE * 2.0 ** min(held.attempts[item], 20))
        pause = timedelta(seconds=self._chance.uniform(most / 2, most))
        return Failure(error=redact(error), not_before=self._clock() + pause)


def _write(index: VectorIndex, items: Sequence[Current], embedder_id: str) -> tuple[ItemId, ...]:
    """Bring the items over; those that the index does not find afterwards."""
    overlooked: list[ItemId] = []
    for section, members in by_section(items).items():
        if entries := [entry_of(item, embedder_id) for item in members if item.live]:
            index.upsert(section, entries)
            overlooked += index.overlooked(section, {entry.item_id: entry.vector for entry in entries})
        if gone := [item.item_id for item in members if not item.live]:
            index.delete(section, gone)
    return tuple(overlooked)
