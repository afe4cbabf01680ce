from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from core.database import Database
from core.embedder import Embedder
from core.errors import StorageError
from memory.index.array import ArrayIndexes
from memory.index.outbox import LEASE, OVERLOOKED, Pointer, swap_pointer
from memory.index.seam import IndexMark, VectorIndex
from memory.index.verify import Ids, IndexReport, compare
from memory.index.worker import BATCH, OutboxWorker
from memory.items import ItemId
from tests.memory.index.failing import FailingEmbedder, FailingIndexes, WaitingIndexes
from tests.memory.index.filled import NOW, SMALL, STUDENT, TEACHER, Clock, Filled, held

GENERATION = Pointer(generation="one", embedder_id=SMALL.id)


class Bench:
    """A worker over an index in memory, with a clock of its own."""

    def __init__(self, database: Database, indexes: ArrayIndexes, embedder: Embedder = SMALL) -> None:
        self.filled, self.database, self.indexes = Filled(database), database, indexes
        self.clock = Clock()
        self.index: VectorIndex = indexes.open("one")
        self.index.create(IndexMark(embedder_id=embedder.id))
        with database.session() as session:
            swap_pointer(session, None, GENERATION, NOW)
        self.embedder = embedder
        self.worker = self.another()

    def another(self) -> OutboxWorker:
        return OutboxWorker(
            self.database, self.embedder, self._writing, clock=self.clock, chance=random.Random(1)
        )

    def report(self) -> IndexReport:
        chance = random.Random(0)
        return compare(self.database, self.index, "one", self.embedder.id, sample=50, chance=chance)[0]

    @contextmanager
    def _writing(self) -> Iterator[tuple[str, VectorIndex]]:
        yield "one", self.index


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database, ArrayIndexes())


def pause(bench: Bench, item: ItemId) -> float:
    due = bench.filled.outbox()[item].not_before
    assert due is not None
    return (due - bench.clock()).total_seconds()


def test_a_drain_brings_new_changed_and_retired_items_over(bench: Bench) -> None:
    one, two = bench.filled.add("sign in", "sign out")
    (guide,) = bench.filled.add("stop early", place=1)
    assert bench.worker.drain() == 3
    assert held(bench.index) == {STUDENT: {one: 1, two: 1}, TEACHER: {guide: 1}}
    bench.filled.edit(one, "egg whites")
    bench.filled.retire(two)
    assert bench.worker.drain() == 2
    assert held(bench.index) == {STUDENT: {one: 2}, TEACHER: {guide: 1}}
    assert bench.filled.outbox() == {}
    assert bench.report().clean


def test_an_item_retired_before_it_was_ever_indexed_leaves_no_section(bench: Bench) -> None:
    (item,) = bench.filled.add("sign in")
    bench.filled.retire(item)
    assert bench.worker.drain() == 1
    assert bench.index.sections() == ()


def test_more_than_a_batch_and_less(bench: Bench) -> None:
    items = bench.filled.add(*(f"rule {number}" for number in range(BATCH + 10)))
    assert bench.worker.drain(limit=7) == 7
    assert len(bench.filled.outbox()) == len(items) - 7
    assert bench.worker.drain() == len(items) - 7
    assert bench.worker.drain() == 0
    assert bench.report().clean


def test_a_failing_index_is_tried_again_later_and_later(database: Database) -> None:
    indexes = FailingIndexes()
    bench = Bench(database, indexes)
    (item,) = bench.filled.add("sign in")
    indexes.down = True
    pauses = []
    for tried in range(1, 16):
        assert bench.worker.drain() == 0
        row = bench.filled.outbox()[item]
        assert (row.attempts, row.last_error, row.claimed_by) == (tried, "the disk is full", "")
        pauses.append(pause(bench, item))
        assert bench.worker.drain() == 0, "it is not due yet"
        assert indexes.writes == tried
        bench.clock.pass_seconds(pauses[-1])
    assert all(2.0**step <= waited <= 2.0 ** (step + 1) for step, waited in enumerate(pauses[:10]))
    assert all(1800 <= waited <= 3600 for waited in pauses[12:])
    assert len({waited / 2**step for step, waited in enumerate(pauses[:10])}) == 10, "jitter"
    indexes.down = False
    assert bench.worker.drain() == 1
    assert bench.report().clean


def test_a_drain_stops_at_the_first_batch_that_fails(database: Database) -> None:
    indexes = FailingIndexes()
    bench = Bench(database, indexes)
    bench.filled.add(*(f"rule {number}" for number in range(2 * BATCH)))
    indexes.down = True
    assert bench.worker.drain() == 0
    assert indexes.writes == 1
    assert sum(row.attempts for row in bench.filled.outbox().values()) == BATCH


def test_a_write_that_got_half_through_is_done_again(database: Database) -> None:
    indexes = FailingIndexes([1])
    bench = Bench(database, indexes)
    items = bench.filled.add("sign in", "sign out", "egg whites")
    assert bench.worker.drain() == 0
    assert sum(map(len, held(bench.index).values())) == 1
    assert len(bench.filled.outbox()) == 3
    bench.clock.pass_seconds(2)
    assert bench.worker.drain() == 3
    assert held(bench.index) == {STUDENT: dict.fromkeys(items, 1)}
    assert bench.report().clean


def test_a_failing_embedder_holds_up_only_what_has_no_vector(database: Database) -> None:
    embedder = FailingEmbedder()
    bench = Bench(database, ArrayIndexes(), embedder)
    known, retired = bench.filled.add("sign in", "sign out")
    bench.worker.drain()
    embedder.down = True
    (new,) = bench.filled.add("egg whites")
    bench.filled.retire(retired)
    assert bench.worker.drain() == 1
    assert held(bench.index) == {STUDENT: {known: 1}}
    assert bench.filled.outbox()[new].last_error == "the endpoint is down"
    embedder.down = False
    bench.clock.pass_seconds(2)
    assert bench.worker.drain() == 1
    assert held(bench.index) == {STUDENT: {known: 1, new: 1}}
    assert bench.report().clean


def test_what_the_index_does_not_find_stays_in_the_outbox_and_holds_nothing_up(database: Database) -> None:
    indexes = FailingIndexes()
    bench = Bench(database, indexes)
    items = bench.filled.add("egg whites", *(f"rule {number}" for number in range(BATCH + 5)))
    lost = items[0]
    indexes.lost.add(lost)
    assert bench.worker.drain() == len(items) - 1
    row = bench.filled.outbox()[lost]
    assert (row.attempts, row.last_error, row.claimed_by) == (1, OVERLOOKED, "")
    assert 1 <= pause(bench, lost) <= 2
    report = bench.report()
    assert (report.overlooked, report.waiting.count, report.clean) == (Ids(count=1, first=(lost,)), 0, True)
    indexes.lost.clear()
    bench.clock.pass_seconds(2)
    assert bench.worker.drain() == 1
    assert bench.report().overlooked.count == 0


def test_what_a_dead_worker_held_is_taken_over_when_its_lease_ends(database: Database) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    indexes = WaitingIndexes()
    bench = Bench(database, indexes)
    bench.filled.add("sign in", "sign out")
    indexes.after = die
    with pytest.raises(Killed):
        bench.worker.drain()
    assert bench.another().drain() == 0
    bench.clock.pass_seconds(LEASE.total_seconds())
    assert bench.another().drain() == 2
    assert bench.report().clean


def test_a_change_in_the_middle_of_a_write_stays(database: Database) -> None:
    indexes = WaitingIndexes()
    bench = Bench(database, indexes)
    (item,) = bench.filled.add("sign in")
    indexes.before = lambda: bench.filled.edit(item, "sign out")
    assert bench.worker.drain() == 1, "it is worked off at its second change in the same drain"
    assert held(bench.index) == {STUDENT: {item: 2}}
    assert bench.report().clean


def test_a_slow_worker_that_writes_an_older_version_last_is_put_right(database: Database) -> None:
    """The index cannot say "only if mine is newer", so the worker that lost its row has it done again."""
    indexes = WaitingIndexes()
    bench = Bench(database, indexes)
    (item,) = bench.filled.add("sign in")

    def overtake() -> None:
        bench.filled.edit(item, "sign out")
        assert bench.another().drain() == 1

    indexes.before = overtake
    bench.worker.drain()
    bench.clock.pass_seconds(2)
    bench.worker.drain()
    assert held(bench.index) == {STUDENT: {item: 2}}
    assert bench.report().clean


@pytest.mark.parametrize("database", ["file", "postgres"], indirect=True)
def test_a_slow_worker_that_writes_and_ends_while_the_quick_one_is_at_work(database: Database) -> None:
    """Read by the slow one, changed, written by the quick one, written by the slow one, ended by both."""
    indexes = WaitingIndexes()
    bench = Bench(database, indexes)
    (item,) = bench.filled.add("sign in")
    has_read, may_write = threading.Event(), threading.Event()

    def hold() -> None:
        has_read.set()
        may_write.wait(10)

    indexes.before = hold
    slow = threading.Thread(target=lambda: bench.worker.drain(limit=1))
    slow.start()
    has_read.wait(10)
    bench.filled.edit(item, "sign out")

    def let_the_slow_one_end() -> None:
        assert held(bench.index) == {STUDENT: {item: 2}}
        may_write.set()
        slow.join()
        assert held(bench.index) == {STUDENT: {item: 1}}

    indexes.after = let_the_slow_one_end
    assert bench.another().drain(limit=1) == 0, "its row was taken from it"
    bench.clock.pass_seconds(2)
    assert bench.another().drain() == 1
    assert held(bench.index) == {STUDENT: {item: 2}}
    assert bench.report().clean


def test_what_was_written_to_a_generation_that_is_not_in_use_any_more_stays(database: Database) -> None:
    indexes = WaitingIndexes()
    bench = Bench(database, indexes)
    (item,) = bench.filled.add("sign in")

    def swap() -> None:
        with database.session() as session:
            new = Pointer(generation="two", embedder_id=SMALL.id)
            assert swap_pointer(session, GENERATION, new, NOW)

    indexes.before = swap
    assert bench.worker.drain(limit=1) == 0
    row = bench.filled.outbox()[item]
    assert (row.claimed_by, row.attempts, row.not_before) == ("", 0, None)


def test_an_index_that_cannot_be_opened_is_a_failure_of_the_rows(database: Database) -> None:
    bench = Bench(database, ArrayIndexes())

    @contextmanager
    def locked() -> Iterator[tuple[str, VectorIndex]]:
        if bench.index:
            raise StorageError("in use by another process")
        yield "one", bench.index

    (item,) = bench.filled.add("sign in")
    worker = OutboxWorker(database, SMALL, locked, clock=bench.clock, chance=random.Random(1))
    assert worker.drain() == 0
    assert bench.filled.outbox()[item].last_error == "in use by another process"
    assert 1 <= pause(bench, item) <= 2


@pytest.mark.parametrize("database", ["file", "postgres"], indirect=True)
def test_workers_that_race_with_writers_leave_nothing_behind(database: Database) -> None:
    bench = Bench(database, ArrayIndexes())
    items = bench.filled.add(*(f"rule {number}" for number in range(12)))
    writing = threading.Event()
    writing.set()

    def work() -> None:
        worker = bench.another()
        while writing.is_set():
            worker.drain(limit=5)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for thread in workers:
        thread.start()
    chance = random.Random(3)
    for number in range(60):
        item = chance.choice(items)
        chance.choice([bench.filled.retire, bench.filled.revive])(item)
        bench.filled.edit(chance.choice(items), f"rule {number} changed")
    writing.clear()
    for thread in workers:
        thread.join()
    bench.clock.now += timedelta(minutes=2)
    bench.worker.drain()
    report = bench.report()
    assert report.clean, report
