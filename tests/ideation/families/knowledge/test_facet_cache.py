from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database
from core.errors import ModelOutputError
from ideation.corpus.identity import PaperId
from ideation.facets import FacetKind, PaperFacets, read_facets
from ideation.families.knowledge.facet_cache import (
    CachingMuse,
    FacetReader,
    FacetsInDatabase,
    FacetsInMemory,
    FacetStore,
)
from ideation.muse import ListRequest, ProposeRequest
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, RaisingMuse, desk

PAPER = SOURCES[PaperId("m1")]


@pytest.fixture(params=["memory", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FacetStore:
    if request.param == "memory":
        return FacetsInMemory()
    return FacetsInDatabase(Database(f"sqlite:///{tmp_path / 'facets.db'}"))


async def test_1_1_a_paper_is_read_once_with_its_spans(store: FacetStore) -> None:
    inner = CannedMuse()
    first = await CachingMuse(inner, store).facets(PAPER)
    again = await CachingMuse(inner, store).facets(PAPER)
    assert inner.read == ["m1"]
    assert first == again
    assert {FacetKind.PROBLEM, FacetKind.MECHANISM, FacetKind.EVALUATION, FacetKind.LIMITATION} == {
        facet.kind for facet in again.facets
    }
    assert all(PAPER.abstract[facet.start : facet.end] == facet.text for facet in again.facets)


async def test_1_1_another_text_and_another_model_are_read_anew(store: FacetStore) -> None:
    inner, other = CannedMuse(), CannedMuse()
    other.name = "another"
    await CachingMuse(inner, store).facets(PAPER)
    changed = replace(PAPER, abstract=f"{PAPER.abstract} The salt comes back.")
    await CachingMuse(inner, store).facets(changed)
    assert (await CachingMuse(other, store).facets(PAPER)).by == "another"
    assert (inner.read, other.read) == (["m1", "m1"], ["m1"])


async def test_1_1_the_same_text_under_another_id_is_known(store: FacetStore) -> None:
    inner = CannedMuse()
    await CachingMuse(inner, store).facets(PAPER)
    moved = await CachingMuse(inner, store).facets(replace(PAPER, paper=PaperId("m9")))
    assert moved.paper == "m9"
    assert inner.read == ["m1"]


async def test_1_1_what_was_read_outlives_the_process(tmp_path: Path) -> None:
    inner, url = CannedMuse(), f"sqlite:///{tmp_path / 'facets.db'}"
    first = await CachingMuse(inner, FacetsInDatabase(Database(url))).facets(PAPER)
    later = await CachingMuse(inner, FacetsInDatabase(Database(url))).facets(PAPER)
    assert first == later
    assert inner.read == ["m1"]


@pytest.mark.parametrize(
    "row", ["nonsense", "[]x", '[{"kind": "problem", "text": "Not there.", "start": 0, "end": 10}]']
)
async def test_1_1_a_row_that_is_no_use_is_read_anew(tmp_path: Path, row: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'facets.db'}")
    inner, store = CannedMuse(), FacetsInDatabase(database)
    first = await CachingMuse(inner, store).facets(PAPER)
    with database.session() as session:
        session.execute(text("UPDATE facet_cache SET facets = :row"), {"row": row})
    assert await CachingMuse(inner, store).facets(PAPER) == first
    assert inner.read == ["m1", "m1"]


async def test_1_1_a_failed_reading_is_not_kept(store: FacetStore) -> None:
    with pytest.raises(ModelOutputError):
        await CachingMuse(RaisingMuse(), store).facets(PAPER)
    assert (await CachingMuse(CannedMuse(), store).facets(PAPER)).facets


async def test_1_1_an_arm_reads_no_paper_twice_and_keeps_what_came_with_it() -> None:
    muse = CannedMuse()
    known = replace(SOURCES[PaperId("m2")], facets=PaperFacets(paper=PaperId("m2"), by="a model", facets=()))
    reader = FacetReader(desk(muse), "stage")
    read = await reader.read((PAPER, known, PAPER))
    await reader.read((PAPER,))
    assert muse.read == ["m1"]
    assert [each.facets.by for each in read if each.facets] == ["canned", "a model", "canned"]


async def test_1_1_facets_by_rules_are_read_anew_by_a_model_alone() -> None:
    rules = replace(PAPER, facets=read_facets(PAPER.paper, PAPER.title, PAPER.abstract))
    muse, offline = CannedMuse(), desk()
    assert (await FacetReader(desk(muse), "stage").read((rules,)))[0].facets.by == "canned"  # type: ignore[union-attr]
    assert (await FacetReader(offline, "stage").read((rules,))) == (rules,)
    assert offline.calls.made == 0


async def test_1_1_where_the_muse_fails_rules_read_and_the_failure_is_counted() -> None:
    at = desk(RaisingMuse())
    (read,) = await FacetReader(at, "stage").read((PAPER,))
    assert read.facets is not None
    assert read.facets.by == "rules"
    assert at.ledger.failures == 1


async def test_every_other_call_goes_through() -> None:
    inner = CannedMuse(lambda request: ("one",))
    muse = CachingMuse(inner, FacetsInMemory())
    assert await muse.list(ListRequest(question="Which?", material=(), count=1)) == ("one",)
    assert (await muse.propose(ProposeRequest(topic="t"))).proposals
    assert muse.name == inner.name
