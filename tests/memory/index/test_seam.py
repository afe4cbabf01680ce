"""What every `VectorIndex` does: in memory, in a folder, on a server."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import StorageError
from memory.index.array import ArrayIndex, ArrayIndexes
from memory.index.chroma import ChromaIndex
from memory.index.seam import IndexMark, VectorIndex
from memory.items import ItemId
from tests.memory.index.filled import OTHER, SMALL, STUDENT, TEACHER, entry, held, in_folder, vector

MARK = IndexMark(embedder_id=SMALL.id)
Open = Callable[[str], VectorIndex]


@pytest.fixture(params=["array", "folder", "server"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a generation; closes all at the end."""
    made: list[VectorIndex] = []
    library = uuid.uuid4().hex

    def open_one(generation: str) -> VectorIndex:
        if request.param == "server":
            port: int = request.getfixturevalue("chroma_port")
            index: VectorIndex = ChromaIndex.on_server("127.0.0.1", port, library, generation)
        else:
            index = opener(generation)
        made.append(index)
        return index

    opener: Open = ArrayIndexes().open if request.param == "array" else in_folder(tmp_path / "index")
    yield open_one
    for index in made:
        index.close()


@pytest.fixture
def index(opened: Open) -> VectorIndex:
    index = opened("one")
    index.create(MARK)
    return index


def test_a_generation_that_was_never_made_has_no_mark(opened: Open) -> None:
    index = opened("never")
    assert (index.unavailable(), index.mark()) == (None, None)


def test_a_generation_that_was_never_made_cannot_be_used(opened: Open) -> None:
    with pytest.raises(StorageError):
        opened("never").query(STUDENT, vector("sign in"), 3)


def test_a_new_generation_is_marked_and_empty(index: VectorIndex) -> None:
    assert index.mark() == MARK
    assert index.sections() == ()
    assert index.query(STUDENT, vector("sign in"), 3) == ()
    index.delete(STUDENT, [ItemId("nobody")])
    assert list(index.entries(STUDENT)) == []


def test_the_nearest_come_first_and_only_from_their_section(index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in", version=3), entry("sign out"), entry("egg whites")])
    index.upsert(TEACHER, [entry("sign in now")])
    assert index.query(STUDENT, vector("sign in now"), 2) == (("sign in", 3), ("sign out", 1))
    assert index.query(TEACHER, vector("sign in now"), 2) == (("sign in now", 1),)
    assert index.query(OTHER, vector("sign in now"), 2) == ()
    assert index.sections() == tuple(sorted((STUDENT, TEACHER)))


def test_writing_twice_is_writing_once(index: VectorIndex) -> None:
    for _ in range(3):
        index.upsert(STUDENT, [entry("sign in"), entry("sign out")])
    assert held(index) == {STUDENT: {"sign in": 1, "sign out": 1}}


def test_a_newer_version_takes_the_place_of_the_older(index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("one", "sign in"), entry("two", "sign out")])
    index.upsert(STUDENT, [entry("one", "egg whites", version=2)])
    assert index.query(STUDENT, vector("egg whites"), 1) == (("one", 2),)
    assert index.query(STUDENT, vector("sign in"), 1) == (("two", 1),)


def test_what_is_deleted_is_not_found_and_may_come_back(index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in"), entry("sign out")])
    index.delete(STUDENT, [ItemId("sign in"), ItemId("never there")])
    assert index.query(STUDENT, vector("sign in"), 5) == (("sign out", 1),)
    index.upsert(STUDENT, [entry("sign in", version=2)])
    assert index.query(STUDENT, vector("sign in"), 1) == (("sign in", 2),)


def test_all_entries_come_back_whole_in_pages(index: VectorIndex) -> None:
    written = {f"rule {number}": entry(f"rule {number}", version=number + 1) for number in range(1100)}
    index.upsert(STUDENT, list(written.values()))
    pages = list(index.entries(STUDENT))
    assert len(pages) > 1
    read = {each.item_id: each for page in pages for each in page}
    assert read.keys() == written.keys()
    for name, one in read.items():
        same = written[name]
        assert (one.version, one.content_hash, one.embedder_id) == (
            same.version,
            same.content_hash,
            same.embedder_id,
        )
        assert one.vector.dtype == np.float32
        np.testing.assert_allclose(one.vector, same.vector, atol=1e-6)


def test_more_sections_than_a_page_of_collections(index: VectorIndex) -> None:
    names = [f"s{number:015x}" for number in range(105)]
    for name in names:
        index.upsert(name, [entry(name)])
    assert index.sections() == tuple(names)


def test_words_without_a_vector_are_kept(index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("!?"), entry("sign in")])
    assert index.query(STUDENT, vector("sign in"), 1) == (("sign in", 1),)
    assert held(index)[STUDENT] == {"!?": 1, "sign in": 1}


def test_what_is_there_is_not_overlooked_and_what_is_not_is(index: VectorIndex) -> None:
    vectors = np.random.default_rng(0).normal(size=(300, SMALL.dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = {ItemId(str(number)): vector for number, vector in enumerate(vectors)}
    index.upsert(STUDENT, [replace(entry("a"), item_id=item, vector=asked[item]) for item in asked])
    index.upsert(STUDENT, [replace(entry("a"), item_id=ItemId("twin"), vector=vectors[7])])
    twin, empty, absent = ItemId("twin"), ItemId("no words"), ItemId("absent")
    known = asked | {twin: vectors[7], empty: vector("!?")}
    assert index.overlooked(STUDENT, known) == ()
    assert index.overlooked(STUDENT, {absent: -vectors[0], ItemId("1"): vectors[1]}) == (absent,)
    assert index.overlooked(TEACHER, {ItemId("1"): vectors[1]}) == ("1",)
    assert index.overlooked(STUDENT, {}) == ()


def test_generations_know_nothing_of_each_other(opened: Open, index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in")])
    other = opened("two")
    assert other.mark() is None
    other.create(IndexMark(embedder_id="another"))
    assert other.mark() == IndexMark(embedder_id="another")
    assert other.query(STUDENT, vector("sign in"), 1) == ()
    other.upsert(STUDENT, [entry("sign out")])
    assert held(index) == {STUDENT: {"sign in": 1}}


def test_the_other_generations_are_dropped(opened: Open, index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in")])
    for name in ("two", "three"):
        other = opened(name)
        other.create(MARK)
        other.upsert(STUDENT, [entry("sign out")])
        other.close()
    if isinstance(index, ArrayIndex):
        index.drop_others(abandoned=True)
        assert opened("two").mark() == MARK, "who knows whether somebody makes it"
    index.drop_others()
    assert (opened("two").mark(), opened("three").mark()) == (None, None)
    assert held(index) == {STUDENT: {"sign in": 1}}


def test_a_dropped_generation_is_gone(opened: Open, index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in")])
    index.drop()
    again = opened("one")
    assert again.mark() is None
    with pytest.raises(StorageError):
        again.upsert(STUDENT, [entry("sign in")])


def test_what_was_written_survives_its_closing(opened: Open, index: VectorIndex) -> None:
    index.upsert(STUDENT, [entry("sign in")])
    index.close()
    index.close()
    again = opened("one")
    assert again.mark() == MARK
    assert again.query(STUDENT, vector("sign in"), 1) == (("sign in", 1),)
