from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import insert, select

from core.errors import ProviderError
from memory.index.vectors import (
    PAGE,
    by_section,
    live_pages,
    read_current,
    vector_of,
    with_vectors,
)
from memory.items import ItemId, embedded_text
from memory.sql.tables import EmbeddingRow
from tests.memory.index.failing import FailingEmbedder
from tests.memory.index.filled import OTHER, SMALL, STUDENT, TEACHER, Filled, vector


def kept(filled: Filled) -> dict[tuple[str, int], bytes]:
    query = select(EmbeddingRow.item_id, EmbeddingRow.version, EmbeddingRow.vector)
    with filled.database.reading() as session:
        return {(row.item_id, row.version): row.vector for row in session.execute(query)}


def keep(filled: Filled, item: ItemId, numbers: list[float]) -> None:
    blob = np.array(numbers, dtype="<f4").tobytes()
    row = {"item_id": item, "version": 1, "embedder_id": SMALL.id, "dimensions": len(numbers), "vector": blob}
    with filled.database.session() as session:
        session.execute(insert(EmbeddingRow).values(**row))


def test_items_are_read_at_their_current_version(filled: Filled) -> None:
    (item,) = filled.add("sign in")
    (guide,) = filled.add("stop early", place=1)
    (wide,) = filled.add("count rows", place=2)
    filled.edit(item, "sign out")
    filled.retire(guide)
    with filled.database.reading() as session:
        items = read_current(session, [item, guide, wide, ItemId("nobody")], SMALL.id)
    read = {each.item_id: each for each in items}
    assert (read[item].version, read[item].text, read[item].section) == (2, "sign out", STUDENT)
    assert (read[guide].live, read[guide].section) == (False, TEACHER)
    assert (read[wide].live, read[wide].section) == (True, OTHER)
    assert read[item].vector is None
    assert by_section(items).keys() == {STUDENT, TEACHER, OTHER}


def test_vectors_are_made_once_and_kept_as_little_endian_floats(filled: Filled) -> None:
    embedder = FailingEmbedder()
    items = filled.add("sign in", "sign out")
    for _ in range(2):
        with filled.database.reading() as session:
            read = read_current(session, items, embedder.id)
        ready = with_vectors(filled.database, embedder, read)
    assert sorted(embedder.asked) == ["sign in", "sign out"]
    assert kept(filled)[items[0], 1] == vector("sign in").astype("<f4").tobytes()
    np.testing.assert_array_equal(
        next(each for each in ready if each.item_id == items[0]).vector, vector("sign in")
    )


def test_words_that_did_not_change_are_not_embedded_again(filled: Filled) -> None:
    embedder = FailingEmbedder()
    one, two = filled.add("sign in", "sign out")
    for _ in range(2):
        with filled.database.reading() as session:
            read = read_current(session, [one, two], embedder.id)
        ready = with_vectors(filled.database, embedder, read)
        filled.revive(one)
        filled.edit(two, "egg whites")
    assert sorted(embedder.asked) == ["egg whites", "sign in", "sign out"]
    assert {each.item_id: each.version for each in ready} == {one: 2, two: 2}
    np.testing.assert_array_equal(vector_of(kept(filled)[one, 2]), vector("sign in"))
    np.testing.assert_array_equal(vector_of(kept(filled)[two, 2]), vector("egg whites"))


def test_what_somebody_else_kept_meanwhile_is_taken_over(filled: Filled) -> None:
    (item,) = filled.add("sign in")
    with filled.database.reading() as session:
        read = read_current(session, [item], SMALL.id)
    keep(filled, item, [0.0] * 63 + [1.0])
    (ready,) = with_vectors(filled.database, SMALL, read)
    assert ready.vector is not None
    assert ready.vector.tolist() == [0.0] * 63 + [1.0]


def test_a_vector_of_another_length_is_made_anew(filled: Filled) -> None:
    (item,) = filled.add("sign in")
    keep(filled, item, [1.0, 0.0])
    with filled.database.reading() as session:
        read = read_current(session, [item], SMALL.id)
    (ready,) = with_vectors(filled.database, SMALL, read)
    np.testing.assert_array_equal(ready.vector, vector("sign in"))
    np.testing.assert_array_equal(vector_of(kept(filled)[item, 1]), vector("sign in"))


def test_a_failing_embedder_keeps_nothing(filled: Filled) -> None:
    embedder = FailingEmbedder()
    embedder.down = True
    items = filled.add("sign in", "sign out")
    with filled.database.reading() as session:
        read = read_current(session, items, embedder.id)
    with pytest.raises(ProviderError):
        with_vectors(filled.database, embedder, read)
    assert kept(filled) == {}


def test_pages_hold_each_live_item_once(filled: Filled) -> None:
    items = filled.add(*(f"rule {number}" for number in range(PAGE + 3)))
    filled.retire(items[0])
    pages = list(live_pages(filled.database, SMALL.id))
    assert [len(page) for page in pages] == [PAGE, 2]
    assert sorted(each.item_id for page in pages for each in page) == sorted(items[1:])


def test_an_item_is_embedded_by_its_words_and_its_cue() -> None:
    assert embedded_text("Sign in", "answer_type:ip") == "Sign in answer_type:ip"
    assert embedded_text("Sign in", "") == "Sign in"
