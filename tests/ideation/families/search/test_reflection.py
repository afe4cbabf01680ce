from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ideation.families.search.moves import PARTS, kept_parts
from ideation.families.search.reflection import ReflectionArm
from ideation.families.search.workshop import STOP_PHRASE
from ideation.idea import IdeaText
from ideation.muse import Grade, ReviewRequest, ReviseRequest
from tests.ideation.families.search.papers import CannedMuse, desk


def steps(text: IdeaText) -> int:
    return len(re.findall("then step", text.mechanism))


def by_round(*scores: int) -> CannedMuse:
    """Grades of the first text, its revision, and so on."""
    return CannedMuse(score=lambda request: scores[min(steps(request.idea), len(scores) - 1)])


@pytest.mark.parametrize(("scores", "best"), [((2, 3, 1, 1), 1), ((3, 2, 2, 2), 0), ((1, 2, 3, 3), 2)])
async def test_3_1_the_best_round_is_kept_and_not_the_last(scores: tuple[int, ...], best: int) -> None:
    muse = by_round(*scores)
    found = await ReflectionArm(rounds=3).run(desk(muse), 2)
    assert [steps(idea.text) for idea in found.ideas] == [best, best]
    assert len(muse.revised) == 6
    assert found.measures["best_was_not_last"] == 1.0


@pytest.mark.parametrize("rounds", [0, 1, 3])
async def test_3_1_there_are_no_more_rounds_than_told(rounds: int) -> None:
    muse = CannedMuse(score=lambda request: 1)
    found = await ReflectionArm(rounds=rounds).run(desk(muse), 2)
    assert len(muse.revised) == 2 * rounds
    assert len(found.ideas) == 2


async def test_3_1_the_stop_phrase_and_a_revision_without_a_change_end_the_rounds() -> None:
    def stop(request: ReviseRequest, number: int) -> IdeaText:
        return replace(request.idea, title=f"{STOP_PHRASE.title()}.", mechanism="not this")

    def low_validity(request: ReviewRequest) -> int:
        return 1 if request.criterion.name == "validity" else 5

    told = CannedMuse(score=low_validity, revision=stop)
    found = await ReflectionArm(rounds=3).run(desk(told), 1)
    assert len(told.revised) == 1
    assert STOP_PHRASE not in found.ideas[0].text.title.casefold()
    assert found.ideas[0].text.mechanism != "not this"
    still = CannedMuse(score=lambda request: 1, revision=lambda request, number: request.idea)
    await ReflectionArm(rounds=3).run(desk(still), 1)
    assert len(still.revised) == 1
    assert STOP_PHRASE in told.revised[0].direction


async def test_3_14_no_revision_is_made_that_could_not_be_graded() -> None:
    muse = CannedMuse(score=lambda request: 1)
    found = await ReflectionArm().run(desk(muse, calls=6), 1)
    assert (len(muse.revised), len(muse.graded)) == (1, 4)
    assert found.measures["criteria"] == 2.0


async def test_3_2_only_low_criteria_are_fed_back_and_the_rest_is_kept() -> None:
    def score(request: ReviewRequest) -> int | None:
        return {"novelty": 5, "validity": 2}.get(request.criterion.name)

    def careless(request: ReviseRequest, number: int) -> IdeaText:
        return IdeaText(**{part: f"changed {part}" for part in PARTS})

    muse = CannedMuse(score=score, revision=careless)
    found = await ReflectionArm(rounds=1).run(desk(muse), 1)
    request = muse.revised[0]
    assert request.weaknesses == ("validity: as told",)
    assert set(request.keep) == {"title", "problem", "dropped", "consequence"}
    child = next(node.idea for node in found.lineage if node.idea.parents)
    parent = next(node.idea for node in found.lineage if not node.idea.parents)
    assert (child.text.title, child.text.problem) == (parent.text.title, parent.text.problem)
    assert child.text.mechanism == "changed mechanism"
    assert child.origin.feedback == ("validity: as told",)


@pytest.mark.parametrize("score", [4, None])
async def test_3_2_without_a_low_grade_nothing_is_revised(score: int | None) -> None:
    muse = CannedMuse(score=lambda request: score)
    await ReflectionArm().run(desk(muse), 2)
    assert muse.revised == []


def test_3_2_a_criterion_that_nobody_knows_puts_up_every_part() -> None:
    assert kept_parts((Grade(criterion="beauty", score=1, reason=""),)) == ()
    assert kept_parts(()) == PARTS
