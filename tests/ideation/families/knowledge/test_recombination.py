from __future__ import annotations

import random

import pytest

from ideation.corpus.identity import PaperId
from ideation.facets import FacetKind
from ideation.families.knowledge.recombination import Distance, FacetRecombination, side, turned_round
from ideation.muse import Proposal, Proposed, ProposeRequest
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, ShelfLibrary, desk, text_of

NEAR, FAR = FacetRecombination(distance=Distance.NEAR), FacetRecombination(distance=Distance.FAR)


async def test_1_2_the_purpose_is_of_one_paper_and_the_mechanism_of_another() -> None:
    produced = await FAR.run(desk(), 5)
    assert len(produced.ideas) == 5
    for idea in produced.ideas:
        purpose, mechanism = idea.origin.papers
        assert f"[{purpose}]" in idea.text.problem
        assert f"[{mechanism}]" in idea.text.mechanism
        assert "distance:far" in idea.origin.operators


async def test_1_2_the_muse_sees_of_each_paper_only_the_side_it_gives() -> None:
    muse = CannedMuse()
    await NEAR.run(desk(muse), 3)
    for request in muse.proposed:
        purpose, mechanism = request.sources
        assert purpose.facets is not None
        assert mechanism.facets is not None
        assert purpose.facets.of(FacetKind.MECHANISM) == ()
        assert {facet.kind for facet in mechanism.facets.facets} == {FacetKind.MECHANISM}
        whole = SOURCES[mechanism.paper].abstract
        assert mechanism.abstract != whole
        assert all(
            facet.text in whole for facet in mechanism.facets.facets if facet.text in mechanism.abstract
        )


@pytest.mark.parametrize("seed", range(5))
def test_1_2_near_partners_are_nearer_than_far_ones(seed: int) -> None:
    at = desk()
    for purpose in SOURCES.values():
        ranks = [each.paper for each in at.library.similar(purpose.paper, 99)]
        chance = random.Random(seed)
        near, far = NEAR.partner(at, purpose, chance), FAR.partner(at, purpose, chance)
        assert near is not None
        assert far is not None
        assert ranks.index(near.paper) < len(ranks) // 2 + 1 <= ranks.index(far.paper) + 1
        assert ranks.index(near.paper) < ranks.index(far.paper)


def test_1_2_a_library_of_one_paper_has_no_partner() -> None:
    only = SOURCES[PaperId("m1")]
    at = desk(library=ShelfLibrary({only.paper: only}, {}, {}))
    assert NEAR.partner(at, only, random.Random(0)) is None
    assert FAR.partner(at, only, random.Random(0)) is None


async def test_1_2_an_idea_that_turns_the_two_round_is_not_taken() -> None:
    def turned(request: ProposeRequest, number: int) -> Proposed:
        one, other = (each.paper for each in request.sources)
        text = text_of(
            f"Idea {number}", problem=f"It fails ([{other}]).", mechanism=f"Means of [{one}] help."
        )
        return Proposed(proposals=(Proposal(text=text),))

    at = desk(CannedMuse(propose=turned))
    produced = await FAR.run(at, 2)
    assert produced.ideas == ()
    assert produced.rejected == ()  # a bad answer is no idea that should repel others
    assert produced.measures["dropped_not_as_asked"] == 2 * FAR.tries


def test_a_text_without_references_is_not_called_turned_round() -> None:
    one, other = SOURCES[PaperId("m1")], SOURCES[PaperId("b1")]
    assert not turned_round(text_of("Plain"), one, other)
    assert not turned_round(text_of("Both", problem="[m1] and [b1]"), one, other)


def test_a_side_without_its_facet_is_the_title_alone() -> None:
    bare = side(SOURCES[PaperId("m1")], (FacetKind.MECHANISM,))
    assert (bare.title, bare.abstract) == (SOURCES[PaperId("m1")].title, "")
