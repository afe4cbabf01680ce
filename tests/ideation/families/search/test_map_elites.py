from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.families.search.elites import BINS, Archive, MapAxis, bin_of
from ideation.families.search.map_elites import TRUST, MapElitesArm
from ideation.muse import ReviewRequest
from tests.ideation.families.search.papers import CannedMuse, desk
from tests.ideation.families.search.test_twins import CountingEmbedder

Offers = list[tuple[tuple[int, int], float | None]]
CELL = st.tuples(st.integers(0, BINS - 1), st.integers(0, BINS - 1))
OFFERS = st.lists(st.tuples(CELL, st.one_of(st.none(), st.floats(0.0, 1.0))), max_size=30)
AXES = (
    MapAxis(name="theory or experiment", low="theory", high="experiment"),
    MapAxis(name="near or far", low="near", high="far"),
)


@given(OFFERS)
def test_3_7_each_cell_holds_the_best_that_was_offered(
    offers: Offers,
) -> None:
    archive: Archive[int] = Archive(2)
    best: dict[tuple[int, int], float] = {}
    score = 0.0
    for number, (cell, value) in enumerate(offers):
        archive.offer(cell, number, value)
        if value is not None:
            best[cell] = max(value, best.get(cell, 0.0))
        assert archive.qd_score >= score - 1e-9
        score = archive.qd_score
    assert archive.qd_score == pytest.approx(sum(best.values()))
    assert archive.coverage == len({cell for cell, _ in offers}) / 25
    assert len(archive) + len(archive.empty()) == 25


@given(OFFERS, st.integers(0, 9))
def test_3_7_a_target_is_an_empty_cell_beside_a_held_one(offers: Offers, seed: int) -> None:
    archive: Archive[int] = Archive(2)
    for number, (cell, value) in enumerate(offers):
        archive.offer(cell, number, value)
    target = archive.target(random.Random(seed))
    if not offers:
        assert target is None
        return
    assert target is not None
    here, thing, there = target
    assert archive.held()[here] == thing
    if archive.empty():
        assert there in archive.empty()
        assert sum(abs(a - b) for a, b in zip(here, there, strict=True)) == 1


def test_3_7_wrong_maps_and_cells_are_refused() -> None:
    with pytest.raises(UserError):
        Archive[int](0)
    with pytest.raises(UserError):
        Archive[int](1).offer((BINS,), 1, 1.0)
    assert [bin_of(at) for at in (-1.0, 0.0, 0.19, 0.2, 0.999, 1.0, 7.0)] == [0, 0, 0, 1, 4, 4, 4]


async def test_3_7_the_user_names_the_axes_and_coverage_and_score_are_reported() -> None:
    def score(request: ReviewRequest) -> int | None:
        if request.criterion.name in {axis.name for axis in AXES}:
            assert request.criterion.anchors[2] in ("experiment", "far")
            return 1 + (len(request.idea.mechanism) + len(request.criterion.name)) % 5
        return 5

    found = await MapElitesArm(axes=AXES).run(desk(CannedMuse(score=score)), 5)
    assert found.measures["cells"] == 25.0
    assert found.measures["placed_by_embedder"] == 0.0
    filled = found.measures["coverage"] * 25
    assert filled >= 3
    assert found.measures["qd_score"] == pytest.approx(filled)
    directions = {node.operator for node in found.lineage}
    assert directions == {"generate", "move on the map"}


async def test_3_7_a_judge_that_cannot_tell_is_no_longer_asked_and_the_embedder_places() -> None:
    muse = CannedMuse(score=lambda request: None)
    found = await MapElitesArm(axes=AXES).run(desk(muse), 4)
    asked = [request for request in muse.graded if request.criterion.name == "near or far"]
    assert len(asked) == TRUST
    assert found.measures["placed_by_embedder"] == 2 * found.measures["texts_made"]
    assert found.measures["qd_score"] == 0.0


async def test_3_7_what_has_no_place_is_counted_and_not_lost() -> None:
    broken = CountingEmbedder(broken=True)
    muse = CannedMuse(score=lambda request: None)
    found = await MapElitesArm(axes=AXES).run(desk(muse, embedder=broken), 3)
    assert found.measures["coverage"] == 0.0
    assert found.measures["not_placed"] == found.measures["texts_made"]
    assert len(found.ideas) == 3
