from __future__ import annotations

from dataclasses import replace

import pytest

from core.budget import Budget, BudgetLimits
from core.errors import Limit, LimitReached, ProviderError
from ideation.costs import CostLedger
from ideation.idea import IdeaText
from ideation.muse import ReviewRequest
from ideation.muses.offline import OfflineMuse
from ideation.novelty.falsifiability import STAGE, Lack, lacks, repair_once
from tests.ideation.novelty.papers import FAR, KNOWN, TOPIC, CannedMuse

VAGUE = replace(KNOWN, prediction="It should be insightful overall.", evaluation="We look at the outcome.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KNOWN, ()),
        (FAR, ()),
        (VAGUE, (Lack.PREDICTION, Lack.BASELINE)),
        (replace(KNOWN, prediction=""), (Lack.PREDICTION,)),
        (replace(KNOWN, evaluation="Measure it twice a week in a tank."), (Lack.BASELINE,)),
    ],
)
def test_6_10_rules_see_what_lacks(text: IdeaText, expected: tuple[Lack, ...]) -> None:
    assert lacks(text) == expected


async def test_6_10_an_idea_that_cannot_fail_goes_back_once_and_only_what_lacks_changes() -> None:
    muse = CannedMuse(revised=FAR)
    found = await repair_once(VAGUE, TOPIC, muse)
    assert len(muse.revisions) == 1
    assert found.asked
    assert found.text == replace(VAGUE, prediction=FAR.prediction, evaluation=FAR.evaluation)
    assert found.after == ()
    assert "+prediction" in found.diff
    assert set(muse.revisions[0].keep) == {"title", "problem", "mechanism", "dropped", "consequence"}
    assert len(muse.revisions[0].weaknesses) == 2


async def test_6_10_a_repair_that_mends_nothing_is_told_and_not_asked_for_again() -> None:
    muse = CannedMuse()
    found = await repair_once(VAGUE, TOPIC, muse)
    assert len(muse.revisions) == 1
    assert found.after == found.before == (Lack.PREDICTION, Lack.BASELINE)
    assert found.text == VAGUE


async def test_6_10_an_idea_that_can_fail_is_left_alone() -> None:
    muse = CannedMuse()
    found = await repair_once(KNOWN, TOPIC, muse)
    assert not muse.revisions
    assert not found.asked


async def test_6_10_a_judge_that_reads_overrules_the_rules_and_one_that_cannot_tell_does_not() -> None:
    def denies_the_baseline(request: ReviewRequest) -> int:
        return 1 if request.criterion.name.endswith("baseline") else 5

    muse = CannedMuse(revised=KNOWN)
    denied = await repair_once(KNOWN, TOPIC, muse, judge=CannedMuse(score=denies_the_baseline))
    assert denied.before == (Lack.BASELINE,)
    granted = await repair_once(VAGUE, TOPIC, muse, judge=CannedMuse(score=5))
    assert granted.before == ()
    unsure = await repair_once(VAGUE, TOPIC, muse, judge=CannedMuse(score=None))
    assert unsure.before == (Lack.PREDICTION, Lack.BASELINE)


@pytest.mark.parametrize(
    "failure", [ProviderError("no answer"), LimitReached(Limit.STEPS, "9 of 9")], ids=["fails", "spent"]
)
async def test_6_10_a_failed_repair_leaves_the_text_and_is_counted(
    failure: ProviderError | LimitReached,
) -> None:
    ledger = CostLedger(Budget(BudgetLimits()))
    broken = CannedMuse(failure=failure)
    found = await repair_once(VAGUE, TOPIC, broken, judge=broken, ledger=ledger)
    assert found.text == VAGUE
    assert found.after == (Lack.PREDICTION, Lack.BASELINE)
    assert ledger.stage(STAGE).failures.total() == len(found.failures) == 3


async def test_6_10_the_offline_muse_is_asked_once_too() -> None:
    found = await repair_once(VAGUE, TOPIC, OfflineMuse(), judge=OfflineMuse())
    assert found.asked
    assert found.text.problem == VAGUE.problem
    assert Lack.PREDICTION in found.after
