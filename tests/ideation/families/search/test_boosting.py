from __future__ import annotations

from dataclasses import replace

from ideation.families.search.boosting import BoostingArm
from ideation.idea import IdeaText
from ideation.muse import ReviseRequest
from tests.ideation.families.search.papers import PAPERS, CannedMuse, FakeLibrary, desk, idea_text
from tests.ideation.families.search.test_twins import CountingEmbedder


def copy_of_paper(number: int) -> IdeaText:
    paper = PAPERS[number % len(PAPERS)]
    return IdeaText(
        title=paper.title, problem=paper.abstract, mechanism=paper.abstract, prediction="", evaluation=""
    )


def away(request: ReviseRequest, number: int) -> IdeaText:
    return replace(idea_text(number), mechanism=f"{idea_text(number).mechanism} {' '.join(['quartz'] * 60)}")


async def test_3_9_near_papers_are_listed_back_until_the_idea_is_away() -> None:
    muse = CannedMuse(text=copy_of_paper, revision=away)
    found = await BoostingArm(rounds=3).run(desk(muse), 2)
    assert muse.revised[0].unlike[0] == PAPERS[0]
    assert all(request.keep == ("problem",) for request in muse.revised)
    assert found.measures["nearest_before"] > 0.6 > found.measures["nearest_after"]
    assert all(idea.parents for idea in found.ideas)
    assert found.ideas[0].text.problem == PAPERS[0].abstract


async def test_3_9_there_are_at_most_r_rounds() -> None:
    muse = CannedMuse(
        text=copy_of_paper,
        revision=lambda request, number: replace(request.idea, evaluation=f"again {number}"),
    )
    found = await BoostingArm(rounds=2).run(desk(muse), 3)
    assert len(muse.revised) == 6
    assert len(found.ideas) == 3


async def test_3_9_without_a_neighbour_the_idea_is_done() -> None:
    for library in (FakeLibrary(()), FakeLibrary()):
        muse = CannedMuse()
        found = await BoostingArm().run(desk(muse, library=library), 2)
        assert muse.revised == []
        assert len(found.ideas) == 2
        assert found.measures["boosted_share"] == 0.0


async def test_3_9_a_broken_embedder_calls_nothing_a_copy() -> None:
    place = desk(CannedMuse(text=copy_of_paper), embedder=CountingEmbedder(broken=True))
    found = await BoostingArm().run(place, 2)
    assert len(found.ideas) == 2
    assert place.ledger.failures == 2
