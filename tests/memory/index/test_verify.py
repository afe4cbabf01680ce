from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import delete, update

from core.database import Database
from memory.index.keeper import IndexKeeper
from memory.index.seam import VectorIndex
from memory.index.verify import SHOWN, Ids, IndexReport, compare
from memory.items import ItemId
from memory.sql.tables import EmbeddingRow, ItemRow
from tests.memory.index.failing import FailingIndexes
from tests.memory.index.filled import OTHER, SMALL, STUDENT, Filled, entry, vector

TEXTS = {"sign in": "sign in", "sign out": "sign out", "egg whites": "egg whites"}


class Checked:
    """Three items that are indexed rightly, and the means to spoil that."""

    def __init__(self, database: Database) -> None:
        self.database, self.filled = database, Filled(database)
        self.indexes = FailingIndexes()
        self.keeper = IndexKeeper(database, SMALL, self.indexes.open)
        self.items = self.filled.add(*TEXTS)
        self.keeper.drain()
        ((self.generation, _),) = self.indexes.held.items()
        self.index: VectorIndex = self.indexes.open(self.generation)

    @property
    def first(self) -> ItemId:
        return min(self.items)

    def report(self, sample: int = 50) -> IndexReport:
        chance = random.Random(0)
        report, lost = compare(
            self.database, self.index, self.generation, SMALL.id, sample=sample, chance=chance
        )
        assert Ids.of(lost) == report.not_found
        return report

    def spoil(self, **changes: object) -> None:
        kept = self.indexes.held[self.generation].sections[STUDENT]
        kept[self.first] = replace(kept[self.first], **changes)  # type: ignore[arg-type]


@pytest.fixture
def checked(database: Database) -> Checked:
    return Checked(database)


def one(checked: Checked) -> Ids:
    return Ids(count=1, first=(checked.first,))


def test_a_whole_index_is_clean(checked: Checked) -> None:
    report = checked.report()
    assert report == IndexReport(generation=checked.generation, live=3, indexed=3, sampled=3)
    assert report.clean
    assert checked.report(sample=2).sampled == 2


def test_what_is_live_but_not_indexed_is_missing(checked: Checked) -> None:
    checked.index.delete(STUDENT, [checked.first])
    report = checked.report()
    assert (report.missing, report.extra, report.clean) == (one(checked), Ids(), False)


def test_what_is_indexed_but_not_live_is_extra(checked: Checked) -> None:
    checked.index.upsert(STUDENT, [entry("nobody")])
    with checked.database.session() as session:
        session.execute(update(ItemRow).where(ItemRow.id == checked.first).values(status="retired"))
    report = checked.report()
    assert report.extra == Ids(count=2, first=tuple(sorted((checked.first, ItemId("nobody")))))
    assert (report.missing, report.clean) == (Ids(), False)


def test_an_entry_in_another_section_is_extra(checked: Checked) -> None:
    checked.index.upsert(OTHER, [entry(checked.first)])
    report = checked.report()
    assert (report.extra, report.missing) == (one(checked), Ids())


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("other_version", {"version": 7}),
        ("other_content", {"content_hash": "0" * 64}),
        ("other_embedder", {"embedder_id": "another"}),
        ("other_embedder", {"vector": np.ones(3, dtype=np.float32)}),
        ("other_vector", {"vector": vector("something else")}),
    ],
)
def test_an_entry_that_differs_is_told(checked: Checked, field: str, changes: dict[str, object]) -> None:
    checked.spoil(**changes)
    report = checked.report(sample=0)
    told = {name for name in IndexReport.__dataclass_fields__ if getattr(report, name) == one(checked)}
    assert told == {field}
    assert not report.clean


def test_an_item_without_a_vector_in_sql_is_told(checked: Checked) -> None:
    with checked.database.session() as session:
        session.execute(delete(EmbeddingRow).where(EmbeddingRow.item_id == checked.first))
    report = checked.report()
    assert (report.not_embedded, report.other_vector, report.clean) == (one(checked), Ids(), False)


@pytest.mark.parametrize("all_lost", [False, True])
def test_an_item_that_its_own_vector_does_not_find_is_told_and_then_compared_exactly(
    checked: Checked, all_lost: bool
) -> None:
    checked.indexes.lost.update(checked.items if all_lost else [checked.first])
    lost = Ids.of(checked.indexes.lost)
    assert checked.report(sample=0).clean
    report = checked.keeper.verify()
    assert (report.not_found, report.overlooked, report.clean) == (lost, Ids(), False)
    assert checked.keeper.waiting() == checked.indexes.lost
    again = checked.keeper.verify()
    assert (again.not_found, again.overlooked, again.clean) == (Ids(), lost, True)


def test_a_few_that_are_overlooked_do_not_make_an_index_useless() -> None:
    few = IndexReport(sampled=50, not_found=Ids(count=5))
    many = IndexReport(sampled=50, not_found=Ids(count=6))
    assert (few.whole, few.clean) == (True, False)
    assert (many.whole, many.clean) == (False, False)


def test_ties_and_words_without_a_vector_are_no_fault(checked: Checked) -> None:
    checked.filled.edit(checked.items[0], "egg whites")
    checked.filled.edit(checked.items[1], "!?")
    checked.keeper.drain()
    assert checked.report().clean


def test_what_waits_is_counted_and_not_compared(checked: Checked) -> None:
    checked.filled.edit(checked.first, "something else")
    checked.filled.retire(checked.items[1])
    report = checked.report()
    assert report.waiting.count == 2
    assert (report.whole, report.clean) == (True, False)
    assert checked.keeper.verify().clean, "it drains first"


def test_what_changes_meanwhile_is_not_compared(checked: Checked) -> None:
    class Meanwhile(type(checked.index)):  # type: ignore[misc]
        def sections(self) -> tuple[str, ...]:
            checked.filled.edit(checked.first, "something else")
            checked.keeper.drain()
            names: tuple[str, ...] = super().sections()
            return names

    checked.index = Meanwhile(checked.indexes, checked.generation)
    assert checked.report().clean


def test_only_the_first_are_named(checked: Checked) -> None:
    checked.index.upsert(STUDENT, [entry(f"nobody {number:03d}") for number in range(SHOWN + 15)])
    extra = checked.report().extra
    assert (extra.count, len(extra.first)) == (SHOWN + 15, SHOWN)
    assert extra.first[0] == "nobody 000"
