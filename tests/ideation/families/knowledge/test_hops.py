from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideation.families.knowledge.hops import INSPIRATION, InspirationHops
from ideation.families.knowledge.screening import Screening
from ideation.idea import Idea
from ideation.muse import Grade, ListRequest, ReviewRequest
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, RaisingMuse, desk

PLAN = Screening(keep=6, rounds=1, enough=6)


def six(request: ListRequest) -> tuple[str, ...]:
    """The first six papers of the window."""
    return tuple(text.split()[0] for text in request.material[:6])


def line(idea: Idea) -> list[str]:
    return [each.removeprefix(INSPIRATION) for each in idea.origin.operators if each.startswith(INSPIRATION)]


async def test_1_7_each_hop_takes_up_a_paper_that_its_line_has_not_had() -> None:
    produced = await InspirationHops(hops=3, beam=2, screening=PLAN).run(desk(CannedMuse(six)), 9)
    by_id = {idea.id: idea for idea in produced.ideas}
    assert len(produced.ideas) == 9
    assert [idea.round for idea in produced.ideas] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert produced.measures["hops"] == 3.0
    for idea in produced.ideas:
        papers = line(idea)
        assert len(papers) == len(set(papers)) == idea.round + 1
        assert set(papers) <= set(SOURCES)
        if idea.parents:
            (parent,) = (by_id[each] for each in idea.parents)
            assert papers[:-1] == line(parent)
            assert parent.round == idea.round - 1


class ThirdIsBest(CannedMuse):
    """Grades the idea it wrote third higher than any other."""

    async def grade(self, request: ReviewRequest) -> Grade:
        score = 5 if request.idea.title == "Idea number 3" else 2
        return Grade(criterion=request.criterion.name, score=score, reason="by its number")


async def test_1_7_only_the_best_graded_go_on() -> None:
    produced = await InspirationHops(hops=2, beam=1, screening=PLAN).run(desk(ThirdIsBest(six)), 8)
    firsts = {idea.id: idea.text.title for idea in produced.ideas if idea.round == 0}
    parents = {firsts[parent] for idea in produced.ideas for parent in idea.parents}
    assert (len(firsts), parents) == (4, {"Idea number 3"})


@pytest.mark.parametrize("hops", [1, 2])
async def test_1_7_there_are_no_more_hops_than_asked_for(hops: int) -> None:
    produced = await InspirationHops(hops=hops).run(desk(CannedMuse(six)), 4)
    assert {idea.round for idea in produced.ideas} == set(range(hops))


async def test_1_7_a_muse_that_fails_leaves_nothing_and_ends() -> None:
    produced = await InspirationHops().run(desk(RaisingMuse()), 5)
    assert produced.ideas == ()
    assert produced.measures["hops"] == 0.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 6), st.integers(1, 8))
async def test_1_7_it_ends_with_no_more_than_wanted(wanted: int, hops: int, beam: int, enough: int) -> None:
    arm = InspirationHops(hops=hops, beam=beam, screening=Screening(rounds=1, enough=enough))
    produced = await arm.run(desk(CannedMuse(six)), wanted)
    assert len(produced.ideas) <= wanted
    assert all(idea.round < hops for idea in produced.ideas)
