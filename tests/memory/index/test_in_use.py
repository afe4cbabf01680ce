"""Which generation is used, when one is begun, and what happens when none can be."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.database import Database, open_database
from core.errors import StorageError
from memory.embedding.lexical import LexicalEmbedder
from memory.index.array import ArrayIndexes
from memory.index.chroma import ChromaIndex
from memory.index.in_use import PAUSE, IndexInUse
from memory.index.keeper import IndexKeeper
from memory.index.outbox import Pointer, read_state
from memory.index.seam import IndexMark, OpenIndex
from memory.items import ItemId
from tests.memory.index.failing import FailingIndexes
from tests.memory.index.filled import SMALL, STUDENT, Clock, Filled, in_folder, vector

BIG = LexicalEmbedder(128)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    with open_database(f"sqlite:///{tmp_path / 'atlas.db'}") as database:
        yield Filled(database)


Keep = Callable[..., IndexKeeper]


@pytest.fixture
def keep(filled: Filled, clock: Clock) -> Iterator[Keep]:
    made: list[IndexKeeper] = []

    def keeper(open_index: OpenIndex, embedder: LexicalEmbedder = SMALL) -> IndexKeeper:
        made.append(IndexKeeper(filled.database, embedder, open_index, clock=clock))
        return made[-1]

    yield keeper
    for each in made:
        each.close()


def in_use(database: Database) -> Pointer | None:
    with database.reading() as session:
        return read_state(session)[1]


def find(keeper: IndexKeeper, text: str, embedder: LexicalEmbedder = SMALL) -> tuple[ItemId, ...] | None:
    keeper.waiting()
    found = keeper.nearest(STUDENT, vector(text, embedder), 1)
    return None if found is None else tuple(item for item, _ in found)


def test_an_empty_memory_gets_a_generation_at_its_first_use(filled: Filled, keep: Keep) -> None:
    indexes = ArrayIndexes()
    keeper = keep(indexes.open)
    assert keeper.drain() == 0
    assert in_use(filled.database) is None, "nothing to do, nothing made"
    assert find(keeper, "sign in") is None
    assert find(keeper, "sign in") == ()
    first = in_use(filled.database)
    assert first is not None
    assert (first.embedder_id, set(indexes.held)) == (SMALL.id, {first.generation})


def test_a_memory_of_an_older_release_is_put_into_the_outbox(filled: Filled, keep: Keep) -> None:
    (item,) = filled.add("sign in")
    retired = filled.add("sign out")[0]
    filled.retire(retired)
    with filled.database.session() as session:
        session.connection().exec_driver_sql("DELETE FROM index_outbox")
    keeper = keep(ArrayIndexes().open)
    assert keeper.drain() == 1
    assert find(keeper, "sign in") == (item,)
    assert keeper.verify().clean


def test_another_keeper_goes_on_with_the_same_generation(filled: Filled, keep: Keep, tmp_path: Path) -> None:
    (item,) = filled.add("sign in")
    first = keep(in_folder(tmp_path / "index"))
    first.drain()
    before = in_use(filled.database)
    first.close()
    assert find(keep(in_folder(tmp_path / "index")), "sign in") == (item,)
    assert in_use(filled.database) == before


def test_vectors_of_another_embedder_are_never_mixed(filled: Filled, keep: Keep, tmp_path: Path) -> None:
    (item,) = filled.add("sign in")
    small = keep(in_folder(tmp_path / "index"))
    small.drain()
    small.close()
    before = in_use(filled.database)
    big = keep(in_folder(tmp_path / "index"), BIG)
    assert find(big, "sign in", BIG) is None
    assert find(big, "sign in", BIG) == ()
    assert big.waiting() == {item}, "all that is live waits to be embedded anew"
    assert big.drain() == 1
    assert find(big, "sign in", BIG) == (item,)
    after = in_use(filled.database)
    assert after is not None
    assert after != before
    assert after.embedder_id == BIG.id
    assert [path.name for path in (tmp_path / "index").iterdir()] == [after.generation]
    assert big.verify().clean


def test_an_index_that_another_process_uses_is_not_taken_from_it(
    filled: Filled, keep: Keep, tmp_path: Path
) -> None:
    filled.add("sign in")
    owner = keep(in_folder(tmp_path / "index"))
    owner.drain()
    before = in_use(filled.database)
    for embedder in (SMALL, BIG):
        second = keep(in_folder(tmp_path / "index"), embedder)
        assert find(second, "sign in", embedder) is None
        assert "in use by process" in str(second.degraded)
        filled.add(f"sign out {embedder.id}")
        assert second.drain() == 0
        assert second.verify().problem == second.degraded
    assert all(row.attempts == 0 for row in filled.outbox().values()), "nothing was claimed"
    assert in_use(filled.database) == before
    assert owner.drain() == 2
    assert owner.degraded is None


def test_the_lock_is_taken_when_it_gets_free(
    filled: Filled, keep: Keep, tmp_path: Path, clock: Clock
) -> None:
    (item,) = filled.add("sign in")
    owner, second = keep(in_folder(tmp_path / "index")), keep(in_folder(tmp_path / "index"))
    owner.drain()
    assert find(second, "sign in") is None
    owner.close()
    assert find(second, "sign in") is None, "it is left alone for a while"
    clock.pass_seconds(PAUSE.total_seconds())
    assert find(second, "sign in") == (item,)
    assert second.degraded is None


def test_the_embedder_may_change_only_when_a_keeper_opens(filled: Filled, keep: Keep, clock: Clock) -> None:
    """Two processes with other settings on one server must not replace each other's index in turns."""
    indexes = ArrayIndexes()
    filled.add("sign in")
    small, big = keep(indexes.open), keep(indexes.open, BIG)
    small.drain()
    assert big.drain() == 1
    after = in_use(filled.database)
    assert find(small, "sign in") is None
    assert small.degraded == f"the index holds vectors of {BIG.id}, not of {SMALL.id}; rebuild it"
    clock.pass_seconds(PAUSE.total_seconds())
    assert small.drain() == 0
    assert in_use(filled.database) == after
    assert small.rebuild().clean
    assert find(big, "sign in", BIG) is None
    assert find(small, "sign in") is not None


def test_an_index_that_was_thrown_away_is_made_anew_at_the_next_start(
    filled: Filled, keep: Keep, tmp_path: Path
) -> None:
    (item,) = filled.add("sign in")
    first = keep(in_folder(tmp_path / "index"))
    first.drain()
    first.close()
    shutil.rmtree(tmp_path / "index")
    second = keep(in_folder(tmp_path / "index"))
    assert find(second, "sign in") is None
    assert find(second, "sign in") == ()
    assert second.waiting() == {item}
    assert second.drain() == 1
    assert second.verify().clean


def test_an_index_that_disappears_later_is_told_and_not_taken_for_empty(
    filled: Filled, keep: Keep, clock: Clock
) -> None:
    indexes = ArrayIndexes()
    filled.add("sign in")
    keeper = keep(indexes.open)
    keeper.drain()
    indexes.held.clear()
    assert find(keeper, "sign in") is None
    clock.pass_seconds(PAUSE.total_seconds())
    assert find(keeper, "sign in") is None
    assert keeper.degraded == "the index is missing; rebuild it"
    assert keeper.rebuild().clean
    assert keeper.degraded is None


def test_what_a_killed_rebuild_left_is_removed_but_one_that_is_being_made_is_not(
    filled: Filled, keep: Keep, tmp_path: Path
) -> None:
    filled.add("sign in")
    first = keep(in_folder(tmp_path / "index"))
    first.drain()
    first.close()
    left, made = (ChromaIndex.in_folder(tmp_path / "index", name) for name in ("left", "made"))
    for index in (left, made):
        index.create(IndexMark(embedder_id=SMALL.id))
    left.close()
    keep(in_folder(tmp_path / "index")).verify()
    names = {path.name for path in (tmp_path / "index").iterdir()}
    assert (len(names), "left" in names, "made" in names) == (2, False, True)
    made.close()


def test_a_broken_folder_degrades_and_a_rebuild_mends_it_unopened(
    filled: Filled, keep: Keep, tmp_path: Path, clock: Clock
) -> None:
    (item,) = filled.add("sign in")
    first = keep(in_folder(tmp_path / "index"))
    first.drain()
    first.close()
    (file,) = (tmp_path / "index").glob("*/chroma.sqlite3")
    file.write_bytes(b"no database" * 5000)
    opened: list[str] = []

    def watched(generation: str) -> ChromaIndex:
        opened.append(generation)
        return ChromaIndex.in_folder(tmp_path / "index", generation)

    keeper = keep(watched)
    assert find(keeper, "sign in") is None
    assert "the Chroma index in" in str(keeper.degraded)
    filled.add("sign out")
    assert keeper.drain() == 0
    assert keeper.verify().problem == keeper.degraded
    assert len(filled.outbox()) == 1
    opened.clear()
    assert keeper.rebuild().clean
    assert file.parent.name not in opened
    assert not file.exists()
    assert find(keeper, "sign in") == (item,)
    assert keeper.degraded is None


def test_after_a_failure_it_is_left_alone_and_tried_again(filled: Filled, keep: Keep, clock: Clock) -> None:
    indexes = FailingIndexes()
    (item,) = filled.add("sign in")
    keeper = keep(indexes.open)
    keeper.drain()
    indexes.down = True
    assert find(keeper, "sign in") is None
    assert keeper.degraded == "the disk is full"
    indexes.down = False
    clock.pass_seconds(PAUSE.total_seconds() - 1)
    assert find(keeper, "sign in") is None
    clock.pass_seconds(1)
    assert find(keeper, "sign in") == (item,)
    assert keeper.degraded is None


def test_a_server_that_is_down_is_asked_again(
    filled: Filled, keep: Keep, chroma_port: int, clock: Clock
) -> None:
    port = 9

    def on_server(generation: str) -> ChromaIndex:
        return ChromaIndex.on_server(
            "127.0.0.1", port, str(filled.database.path).replace("/", ""), generation
        )

    (item,) = filled.add("sign in")
    keeper = keep(on_server)
    assert (find(keeper, "sign in"), keeper.drain()) == (None, 0)
    assert "127.0.0.1:9" in str(keeper.degraded)
    port = chroma_port
    clock.pass_seconds(PAUSE.total_seconds())
    assert keeper.drain() == 1
    assert find(keeper, "sign in") == (item,)
    assert keeper.verify().clean
    assert keeper.rebuild().clean
    assert find(keeper, "sign in") == (item,)


def test_a_reader_does_not_wait_for_a_writer(filled: Filled, clock: Clock) -> None:
    index = IndexInUse(filled.database, SMALL.id, ArrayIndexes().open, clock)
    with index.writing() as (generation, _):
        seen: list[object] = []
        wanted = Pointer(generation=generation, embedder_id=SMALL.id)

        def read() -> None:
            with index.reading(wanted) as found:
                seen.append(found)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(5)
        assert seen == [None]
        assert index.problem is None
    with index.reading(wanted) as found:
        assert found is not None


def test_a_reader_with_an_old_pointer_does_no_harm_to_the_new_generation(
    filled: Filled, clock: Clock
) -> None:
    indexes = ArrayIndexes()
    index = IndexInUse(filled.database, SMALL.id, indexes.open, clock)
    with index.writing() as (generation, _):
        old = Pointer(generation=generation, embedder_id=SMALL.id)
    new, made = Pointer(generation="new", embedder_id=SMALL.id), indexes.open("new")
    made.create(IndexMark(embedder_id=SMALL.id))
    index.replace(old, new, made, 0, ())
    with index.reading(old) as found:
        assert found is None
    with index.reading(new) as found:
        assert found is made
    assert set(indexes.held) == {"new"}


def test_two_that_begin_at_once_agree_on_one(filled: Filled, clock: Clock) -> None:
    indexes = ArrayIndexes()
    first = IndexInUse(filled.database, SMALL.id, indexes.open, clock)

    class Slow(ArrayIndexes):
        held = indexes.held

        def open(self, generation: str):  # type: ignore[no-untyped-def]
            with first.writing():
                return indexes.open(generation)

    second = IndexInUse(filled.database, SMALL.id, Slow().open, clock)
    with pytest.raises(StorageError, match="another process has just begun"), second.writing():
        pass
    clock.pass_seconds(PAUSE.total_seconds())
    with first.writing() as (mine, _):
        pass
    with second.writing() as (yours, _):
        assert yours == mine
    assert set(indexes.held) == {mine}
