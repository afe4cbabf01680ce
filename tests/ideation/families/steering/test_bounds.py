"""What every arm of the family holds to: bounds, budgets, counted failures, the same again for a seed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.budget import BudgetLimits
from ideation.arm import Arm
from ideation.families.steering.arms import ARMS
from ideation.idea import Family
from tests.ideation.families.search.papers import ADVERSARIES, TOPIC, FakeLibrary, desk

EACH = pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.lever)


def test_every_arm_has_a_lever_of_its_own() -> None:
    assert len({arm.lever for arm in ARMS}) == len(ARMS)
    assert {arm.family for arm in ARMS} == {Family.STEERING}


@EACH
async def test_offline_an_arm_gives_what_is_wanted_and_the_same_again(arm: Arm) -> None:
    first, again = [await arm.run(desk(seed=3), 5) for _ in range(2)]
    assert first == again
    assert len(first.ideas) == 5
    assert len({idea.id for idea in first.ideas}) == 5
    other = await arm.run(desk(seed=4), 5)
    assert [idea.text for idea in other.ideas] != [idea.text for idea in first.ideas]
    for idea in first.ideas:
        assert (idea.family, idea.origin.lever) == (Family.STEERING, arm.lever)
        assert TOPIC in idea.text.problem


@pytest.mark.parametrize("name", ADVERSARIES)
@EACH
async def test_10_10_every_loop_ends_whatever_a_muse_says(arm: Arm, name: str) -> None:
    place = desk(ADVERSARIES[name](), calls=3000)
    found = await arm.run(place, 4)
    assert len(found.ideas) <= 4
    assert place.calls.made < 1000
    if name in ("unreadable", "down"):
        assert found.ideas == ()
        assert found.stopped
        assert place.ledger.failures >= place.calls.made


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(ARMS), st.integers(0, 60), st.integers(0, 6), st.sampled_from(sorted(ADVERSARIES)))
async def test_3_14_an_arm_ends_with_its_calls_and_gives_what_it_has(
    arm: Arm, calls: int, wanted: int, name: str
) -> None:
    place = desk(ADVERSARIES[name](), calls=calls)
    found = await arm.run(place, wanted)
    assert place.calls.made <= calls
    assert len(found.ideas) <= wanted


@EACH
async def test_3_14_at_equal_calls_every_arm_still_gives_ideas(arm: Arm) -> None:
    place = desk(calls=12)
    found = await arm.run(place, 4)
    assert place.calls.made <= 12
    assert found.ideas
    nothing = await arm.run(desk(calls=0), 4)
    assert nothing.ideas == ()
    assert nothing.stopped


@EACH
async def test_the_budget_of_the_run_and_an_empty_library_end_nothing_badly(arm: Arm) -> None:
    assert len((await arm.run(desk(library=FakeLibrary(())), 2)).ideas) <= 2
    found = await arm.run(desk(limits=BudgetLimits(tokens=10)), 2)
    assert len(found.ideas) <= 2
