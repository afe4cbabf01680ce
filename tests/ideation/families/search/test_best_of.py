from __future__ import annotations

from ideation.families.search.best_of import BestOfArm
from ideation.families.search.lineage import Fate
from tests.ideation.families.search.papers import CannedMuse, RaisingMuse, desk


async def test_3_3_the_best_of_n_by_another_judge() -> None:
    writer = CannedMuse()
    judge = CannedMuse(name="other", score=lambda request: 5 if "iron" in request.idea.title else 2)
    found = await BestOfArm(n=4).run(desk(writer, judge), 2)
    assert len(found.ideas) == 2
    assert "iron" in found.ideas[0].text.title
    assert len(writer.proposed) == 8
    assert writer.graded == []
    assert len(judge.graded) == 8 * 3
    assert found.measures["judge_is_generator"] == 0.0
    assert sum(node.fate is Fate.PRUNED for node in found.lineage) == 6


async def test_3_3_a_writer_that_judges_itself_is_told() -> None:
    found = await BestOfArm(n=2).run(desk(CannedMuse()), 1)
    assert found.measures["judge_is_generator"] == 1.0


async def test_3_3_where_no_judge_answers_a_draft_is_still_given_without_a_value() -> None:
    found = await BestOfArm(n=2).run(desk(CannedMuse(), RaisingMuse()), 2)
    assert len(found.ideas) == 2
    assert found.measures["reviews_failed"] == 4.0
    assert {node.value for node in found.lineage} == {None}


async def test_a_small_budget_gives_fewer_drafts_and_then_fewer_places() -> None:
    few = await BestOfArm(n=8).run(desk(CannedMuse(), calls=48), 4)
    assert (len(few.ideas), few.measures["drafts_a_place"]) == (4, 3.0)
    fewer = await BestOfArm(n=8).run(desk(CannedMuse(), calls=9), 4)
    assert 2 <= len(fewer.ideas) <= 3
    assert "9 calls made of 9" in fewer.stopped
