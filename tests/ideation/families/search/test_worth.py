from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ModelOutputError, ProviderError
from ideation.arm import Harvest
from ideation.families.search.best_of import BestOfArm
from ideation.families.search.workshop import Workshop
from ideation.families.search.worth import CRITERIA, Rating, Ratings, affordable, order_key, unit
from ideation.muse import Grade, Proposal, ReviewRequest
from tests.ideation.families.search.papers import CannedMuse, RaisingMuse, desk, idea_text


def grade(name: str, score: int | None) -> Grade:
    return Grade(criterion=name, score=score, reason="")


def test_what_a_reviewer_cannot_tell_is_left_out_and_a_reviewer_who_failed_leaves_no_mean() -> None:
    assert Rating(grades=(grade("a", 5), grade("b", None), grade("c", 2))).value == 3.5
    assert Rating(grades=(grade("a", 5),), failed=1).value is None
    assert Rating(grades=(grade("a", None),)).value is None
    assert [each.criterion for each in Rating(grades=(grade("a", 3), grade("b", None))).low(4)] == ["a"]
    assert (unit(1.0), unit(3.0), unit(5.0)) == (0.0, 0.5, 1.0)
    assert order_key(None) < order_key(1.0)


async def test_3_12_a_child_has_no_rating_until_it_is_graded_itself() -> None:
    muse = CannedMuse(score=lambda request: 2 if "then step" in request.idea.mechanism else 5)
    work = Workshop(BestOfArm(), desk(muse), 1)
    parent = (await work.drafts(1))[0]
    assert await work.rate(parent) == 5.0
    child = work.harvest.rewritten(
        parent, replace(parent.text, mechanism=f"{parent.text.mechanism} then step 1"), operator="refine"
    )
    work.lineage.add(child, "refine", (parent,))
    assert child.id != parent.id
    assert work.value(child) is None
    assert work.ratings.of(child.id) is None
    assert await work.rate(child) == 2.0
    assert work.value(parent) == 5.0


def test_few_calls_leave_few_criteria_and_always_one() -> None:
    assert [len(affordable(CRITERIA, calls, 2)) for calls in (0, 8, 12, 16, 99)] == [1, 1, 2, 3, 3]
    assert affordable(CRITERIA, 12, 2) == CRITERIA[:2]


async def test_each_criterion_is_one_call_and_nothing_is_graded_twice() -> None:
    muse = CannedMuse()
    place = desk(muse)
    harvest = Harvest(arm=BestOfArm(), desk=place)
    idea = harvest.add(Proposal(text=idea_text(1)))
    ratings = Ratings(place, "stage")
    await ratings.rate(idea)
    await ratings.rate(idea)
    assert [request.criterion for request in muse.graded] == list(CRITERIA)
    assert all(request.sources for request in muse.graded)


@pytest.mark.parametrize("error", [ModelOutputError, ProviderError])
async def test_a_failed_review_is_counted_and_asked_for_again(error: type[Exception]) -> None:
    place = desk(RaisingMuse(error))
    idea = Harvest(arm=BestOfArm(), desk=place).add(Proposal(text=idea_text(1)))
    ratings = Ratings(place, "stage")
    assert (await ratings.rate(idea)).value is None
    assert place.ledger.failures == len(CRITERIA)
    await ratings.rate(idea)
    assert place.ledger.failures == 2 * len(CRITERIA)


async def test_one_failed_criterion_leaves_no_value() -> None:
    class Half(CannedMuse):
        async def grade(self, request: ReviewRequest) -> Grade:
            if request.criterion.name == "validity":
                raise ModelOutputError("nothing readable")
            return await super().grade(request)

    place = desk(Half())
    idea = Harvest(arm=BestOfArm(), desk=place).add(Proposal(text=idea_text(1)))
    rating = await Ratings(place, "stage").rate(idea)
    assert (len(rating.grades), rating.failed, rating.value) == (2, 1, None)
