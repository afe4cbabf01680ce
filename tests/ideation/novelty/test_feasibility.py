from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.budget import Budget, BudgetLimits
from core.errors import Limit, LimitReached, ProviderError
from ideation.costs import CostLedger
from ideation.idea import IdeaText
from ideation.muse import ReviewRequest
from ideation.muses.offline import OfflineMuse
from ideation.novelty.feasibility import STAGE, Feasibility, Item, Lane, assess, lanes
from ideation.novelty.feasibility_rules import Answer, Means, Need, see
from ideation.novelty.ledger import By, digest_of
from tests.ideation.novelty.papers import KNOWN, TOPIC, CannedMuse, idea


def told(words: str) -> IdeaText:
    return replace(KNOWN, evaluation=words)


@pytest.mark.parametrize(
    ("need", "words", "answer"),
    [
        (Need.DATA, "We use publicly available records of tides.", Answer.YES),
        (Need.DATA, "The data must first be collected at sea.", Answer.NO),
        (Need.DATA, "We look closely.", Answer.UNKNOWN),
        (Need.COMPUTE, "It takes 40 GPU hours.", Answer.YES),
        (Need.COMPUTE, "It takes 3,000 GPU-days.", Answer.NO),
        (Need.COMPUTE, "It needs 512 GPUs.", Answer.NO),
        (Need.COMPUTE, "It runs on a laptop.", Answer.YES),
        (Need.TIME, "A cohort is followed for 5 years.", Answer.NO),
        (Need.TIME, "A test takes 2 weeks.", Answer.UNKNOWN),
        (Need.TIME, "Take a 30 years old ship.", Answer.UNKNOWN),
        (Need.PEOPLE, "Forty patients are asked.", Answer.UNKNOWN),
        (Need.ACCESS, "Measured at a synchrotron.", Answer.NO),
        (Need.ACCESS, "Measured with a ruler.", Answer.UNKNOWN),
    ],
)
def test_6_9_rules_answer_only_what_the_text_says(need: Need, words: str, answer: Answer) -> None:
    seen = see(need, told(words), Means())
    assert seen.answer is answer
    assert seen.reason


def test_6_9_what_is_at_hand_changes_the_answer() -> None:
    text = told("Forty patients are asked at a synchrotron for 5 months about the TideLog records.")
    means = Means(months=6, subjects=True, access=("Synchrotron",), data=("TideLog",))
    assert see(Need.PEOPLE, text, means).answer is Answer.YES
    assert see(Need.ACCESS, text, means).answer is Answer.YES
    assert see(Need.DATA, text, means).needed == ("TideLog",)
    assert see(Need.TIME, text, means).answer is Answer.UNKNOWN
    assert see(Need.TIME, text, Means()).answer is Answer.NO


async def test_6_9_a_judge_gives_each_item_an_answer_with_its_reason_and_says_what_is_needed() -> None:
    scores = {Need.DATA: 5, Need.COMPUTE: 4, Need.TIME: 1, Need.PEOPLE: 3, Need.ACCESS: None}

    def score(request: ReviewRequest) -> int | None:
        return next(value for need, value in scores.items() if request.criterion.name.endswith(need))

    judge = CannedMuse(score=score, lines=["time: two years", "Data: tide logs", "luck: much", "nothing"])
    found = await assess(idea(), TOPIC, judge=judge)
    answers = [item.answer for item in found.items]
    assert answers == [Answer.YES, Answer.YES, Answer.NO, Answer.UNKNOWN, Answer.UNKNOWN]
    assert found.of(Need.TIME).needed[0] == "two years"
    assert found.of(Need.DATA).needed == ("tide logs",)
    assert found.answer is Answer.NO
    assert all(item.reason for item in found.items)


@pytest.mark.parametrize(
    "failure", [ProviderError("no answer"), LimitReached(Limit.STEPS, "9 of 9")], ids=["fails", "spent"]
)
async def test_6_9_a_judge_that_fails_leaves_unknown_and_is_counted(
    failure: ProviderError | LimitReached,
) -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    found = await assess(idea(), TOPIC, judge=CannedMuse(failure=failure), ledger=ledger)
    assert {item.answer for item in found.items} == {Answer.UNKNOWN}
    assert found.answer is Answer.UNKNOWN
    assert ledger.stage(STAGE).failures.total() == 6


async def test_6_9_the_offline_muse_leaves_it_to_the_rules() -> None:
    found = await assess(idea(told("It takes 40 GPU hours.")), TOPIC, judge=OfflineMuse())
    assert found.of(Need.COMPUTE).by is By.RULE
    assert found.of(Need.TIME).by is By.NOBODY
    assert found.answer is Answer.UNKNOWN


@given(st.lists(st.tuples(st.sampled_from([*Answer, None]), st.booleans(), st.booleans()), max_size=12))
def test_6_9_no_idea_is_ever_deleted_and_novel_ones_that_cannot_be_done_have_their_lane(
    drawn: list[tuple[Answer | None, bool, bool]],
) -> None:
    ideas = [idea(number=number) for number in range(len(drawn))]
    checklists = {
        each.id: Feasibility(
            idea=each.id,
            digest=digest_of(each.text) if not stale else digest_of(replace(each.text, title="other")),
            items=(Item(need=Need.TIME, answer=answer, reason="r", by=By.JUDGE),),
        )
        for each, (answer, _, stale) in zip(ideas, drawn, strict=True)
        if answer is not None
    }
    novel = {each.id for each, (_, is_novel, _) in zip(ideas, drawn, strict=True) if is_novel}
    found = lanes(ideas, checklists, novel)
    assert list(found) == [each.id for each in ideas]
    for each, (answer, is_novel, stale) in zip(ideas, drawn, strict=True):
        infeasible = answer is Answer.NO and not stale
        expected = (Lane.WILDCARD if is_novel else Lane.DOUBTFUL) if infeasible else Lane.MAIN
        assert found[each.id] is expected
