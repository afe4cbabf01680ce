from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import ProviderError, StorageError
from memory.embedding.lexical import LexicalEmbedder
from memory.index.array import ArrayIndexes
from memory.index.keeper import STALE, IndexKeeper
from memory.index.outbox import Pointer, read_state, swap_pointer
from memory.index.seam import OpenIndex
from memory.items import ItemId
from tests.memory.index.failing import FailingEmbedder, FailingIndexes, WaitingIndexes
from tests.memory.index.filled import NOW, SMALL, STUDENT, TEACHER, Clock, Filled, in_folder, vector


@pytest.fixture
def keeper(filled: Filled, open_index: OpenIndex) -> Iterator[IndexKeeper]:
    keeper = IndexKeeper(filled.database, SMALL, open_index)
    yield keeper
    keeper.close()


Found = tuple[tuple[ItemId, int], ...] | None


def ask(keeper: IndexKeeper, text: str, limit: int, section: str = STUDENT) -> Found:
    keeper.waiting()
    return keeper.nearest(section, vector(text), limit)


def test_a_life_of_an_index(filled: Filled, keeper: IndexKeeper) -> None:
    one, two = filled.add("sign in", "sign out")
    (guide,) = filled.add("stop early", place=1)
    assert keeper.waiting() == {one, two, guide}
    assert keeper.drain() == 3
    assert keeper.waiting() == frozenset()
    assert ask(keeper, "sign in", 5) == ((one, 1), (two, 1))
    assert ask(keeper, "sign in", 5, TEACHER) == ((guide, 1),)
    filled.edit(one, "egg whites")
    filled.retire(two)
    assert keeper.waiting() == {one, two}
    assert keeper.verify(drain=False).whole
    assert keeper.drain() == 2
    assert ask(keeper, "egg whites", 5) == ((one, 2),)
    report = keeper.rebuild()
    assert report.clean
    assert (report.live, report.indexed, report.sampled) == (2, 2, 2)
    assert ask(keeper, "egg whites", 5) == ((one, 2),)
    filled.revive(two)
    verified = keeper.verify()
    assert verified.clean
    assert verified.generation == report.generation
    assert keeper.degraded is None


def test_what_chroma_cuts_off_is_compared_exactly(filled: Filled, tmp_path: Path) -> None:
    """Texts that differ in one rare word are equally far apart: of these, HNSW cannot reach one in ten."""
    embedder, chance = LexicalEmbedder(), random.Random(0)
    keeper = IndexKeeper(filled.database, embedder, in_folder(tmp_path / "index"))
    texts = [f"rule {chance.random()}" for _ in range(330)]
    items = filled.add(*texts)
    keeper.drain()
    keeper.verify(sample=len(items))
    report = keeper.verify(sample=len(items), drain=False)
    waiting = keeper.waiting()
    assert (report.clean, report.overlooked.count) == (True, len(waiting))
    for item, text in zip(items, texts, strict=True):
        found = keeper.nearest(STUDENT, vector(text, embedder), 1)
        assert found == ((item, 1),) or item in waiting
    keeper.close()


def test_with_too_many_waiting_the_index_is_not_asked(filled: Filled) -> None:
    keeper = IndexKeeper(filled.database, SMALL, ArrayIndexes().open)
    filled.add(*(f"rule {number}" for number in range(STALE)))
    assert ask(keeper, "rule", 1) is None, "a generation is begun"
    assert ask(keeper, "rule", 1) == ()
    assert len(keeper.waiting()) == STALE
    filled.add("one more", "and one more")
    assert ask(keeper, "rule", 1) is None
    assert keeper.degraded == "more than 512 items wait for the index"
    assert len(keeper.waiting()) == STALE + 1
    assert keeper.drain(limit=10) == 10
    assert ask(keeper, "rule", 1) is not None
    assert keeper.degraded is None


def test_changes_and_drains_of_others_are_seen(filled: Filled) -> None:
    indexes = ArrayIndexes()
    mine, other = (IndexKeeper(filled.database, SMALL, indexes.open) for _ in range(2))
    filled.add("sign in")
    assert mine.drain() == 1
    assert mine.waiting() == frozenset()
    many = filled.add(*(f"rule {number}" for number in range(STALE + 1)))
    assert ask(mine, "rule", 1) is None
    assert other.drain() == len(many)
    found = ask(mine, "rule 7", 1)
    assert found is not None
    assert len(found) == 1
    assert mine.degraded is None
    assert mine.waiting() == frozenset()


def test_a_rebuild_takes_nothing_from_what_changes_meanwhile(filled: Filled) -> None:
    indexes = WaitingIndexes()
    keeper, other = (IndexKeeper(filled.database, SMALL, indexes.open) for _ in range(2))
    one, two, three = filled.add("sign in", "sign out", "egg whites")
    keeper.drain()
    other.drain()

    def meanwhile() -> None:
        filled.edit(one, "changed while it was made")
        filled.retire(two)
        filled.add("new while it was made")
        assert other.drain() == 3, "another worker brings them into the old generation"

    indexes.before = meanwhile
    report = keeper.rebuild()
    assert report.clean, report
    verified = keeper.verify()
    assert (verified.clean, verified.live, verified.indexed) == (True, 3, 3)
    assert ask(other, "egg whites", 1) == ((three, 1),)
    assert other.verify(drain=False).clean


def test_what_a_new_generation_does_not_find_is_compared_exactly(filled: Filled) -> None:
    indexes = FailingIndexes()
    keeper = IndexKeeper(filled.database, SMALL, indexes.open)
    items = filled.add(*(f"rule {number}" for number in range(20)))
    keeper.drain()
    indexes.lost.add(items[3])
    report = keeper.rebuild()
    assert (report.clean, report.overlooked.first) == (True, (items[3],))
    assert keeper.waiting() == {items[3]}
    indexes.lost.update(items)
    before = set(indexes.held)
    assert not keeper.rebuild().whole
    assert set(indexes.held) == before


def test_a_rebuild_that_is_not_whole_changes_nothing(filled: Filled) -> None:
    indexes = WaitingIndexes()
    keeper = IndexKeeper(filled.database, SMALL, indexes.open)
    (item,) = filled.add("sign in")
    keeper.drain()
    before = dict(indexes.held)

    def forget() -> None:
        (new,) = indexes.held.keys() - before.keys()
        indexes.held[new].sections.clear()

    indexes.after = forget
    report = keeper.rebuild()
    assert (report.missing.first, report.clean) == ((item,), False)
    assert indexes.held == before
    assert ask(keeper, "sign in", 1) == ((item, 1),)


@pytest.mark.parametrize("fails", ["index", "embedder"])
def test_a_rebuild_that_fails_changes_nothing(filled: Filled, fails: str) -> None:
    indexes, embedder = FailingIndexes(), FailingEmbedder()
    keeper = IndexKeeper(filled.database, embedder, indexes.open)
    (item,) = filled.add("sign in")
    keeper.drain()
    filled.edit(item, "sign out")
    before = set(indexes.held)
    if fails == "index":
        indexes.plan = iter([0])
    embedder.down = fails == "embedder"
    with pytest.raises(StorageError if fails == "index" else ProviderError):
        keeper.rebuild()
    assert set(indexes.held) == before
    embedder.down = False
    assert ask(keeper, "sign in", 1) == ((item, 1),)
    assert keeper.verify().clean


def test_a_rebuild_gives_way_to_one_that_was_quicker(filled: Filled) -> None:
    indexes = WaitingIndexes()
    keeper, other = (IndexKeeper(filled.database, SMALL, indexes.open) for _ in range(2))
    filled.add("sign in")
    keeper.drain()
    indexes.before = lambda: other.rebuild()
    with pytest.raises(StorageError):
        keeper.rebuild()
    assert keeper.verify().clean
    assert len(indexes.held) == 1


def test_one_who_asked_what_waits_of_another_generation_compares_exactly(filled: Filled) -> None:
    indexes = ArrayIndexes()
    keeper, other = (IndexKeeper(filled.database, SMALL, indexes.open) for _ in range(2))
    (item,) = filled.add("sign in")
    keeper.drain()
    assert keeper.waiting() == frozenset()
    other.rebuild()
    assert keeper.nearest(STUDENT, vector("sign in"), 1) is None
    assert keeper.waiting() == frozenset()
    assert keeper.nearest(STUDENT, vector("sign in"), 1) == ((item, 1),)
    assert keeper.degraded is None


def test_rows_of_a_failing_index_wait_and_are_told(filled: Filled) -> None:
    clock, indexes = Clock(), FailingIndexes()
    keeper = IndexKeeper(filled.database, SMALL, indexes.open, clock=clock)
    assert ask(keeper, "sign in", 1) is None
    assert ask(keeper, "sign in", 1) == ()
    indexes.down = True
    (item,) = filled.add("sign in")
    assert keeper.drain() == 0
    assert keeper.degraded == "the disk is full"
    assert keeper.drain() == 0
    assert indexes.writes == 1, "it is left alone for a while"
    assert keeper.waiting() == {item}
    indexes.down = False
    clock.pass_seconds(31)
    assert keeper.verify().clean
    assert keeper.degraded is None


def test_an_embedder_that_is_down_does_not_keep_the_index_from_being_asked(filled: Filled) -> None:
    embedder = FailingEmbedder()
    keeper = IndexKeeper(filled.database, embedder, ArrayIndexes().open)
    (known,) = filled.add("sign in")
    keeper.drain()
    embedder.down = True
    (new,) = filled.add("sign out")
    assert keeper.drain() == 0
    assert ask(keeper, "sign in", 5) == ((known, 1),)
    assert keeper.waiting() == {new}
    report = keeper.verify()
    assert (report.whole, report.waiting.first) == (True, (new,))


def test_queries_never_raise(filled: Filled) -> None:
    keeper = IndexKeeper(filled.database, SMALL, ArrayIndexes().open)
    filled.add("sign in")
    keeper.drain()
    with filled.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE index_state RENAME TO lost")
    try:
        assert keeper.nearest(STUDENT, vector("sign in"), 1) is None
        assert keeper.drain() == 0
        assert "index_state" in str(keeper.verify().problem)
    finally:
        with filled.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE lost RENAME TO index_state")
    assert keeper.nearest(STUDENT, np.ones(64, dtype=np.float32), 0) == ()


def test_a_pointer_to_nowhere_is_told(filled: Filled) -> None:
    keeper = IndexKeeper(filled.database, SMALL, ArrayIndexes().open)
    filled.add("sign in")
    keeper.drain()
    with filled.database.session() as session:
        old = read_state(session)[1]
        assert swap_pointer(session, old, Pointer(generation="nowhere", embedder_id=SMALL.id), NOW)
    assert ask(keeper, "sign in", 1) is None
    assert keeper.degraded == "the index is missing; rebuild it"
