from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.families.agents.positions import Conformity, conformity, majority, position, supporters

HELD = st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=4, max_size=4)


@given(HELD, HELD)
def test_4_2_conformity_is_the_share_of_changes_that_went_to_the_majority(
    before: list[int | None], after: list[int | None]
) -> None:
    found = conformity(before, after)
    assert 0 <= found.toward <= found.changed <= 4
    assert (found.rate is None) == (found.changed == 0)
    assert conformity(before, before) == Conformity(changed=0, toward=0)
    for agent, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is not None and new is not None and old != new and new == majority(before, without=agent):
            assert found.toward
            break
    else:
        assert found.toward == 0


def test_4_2_conformity_by_hand() -> None:
    assert conformity([0, 0, 1, 2], [0, 0, 0, 1]) == Conformity(changed=2, toward=1)
    assert conformity([0, 0, 1, None], [1, 0, 1, 0]) == Conformity(changed=1, toward=0)
    assert Conformity(changed=2, toward=1) + Conformity(changed=2, toward=2) == Conformity(
        changed=4, toward=3
    )
    assert Conformity(changed=4, toward=3).rate == 0.75
    with pytest.raises(ValueError, match="not of one group"):
        conformity([0], [0, 1])


def test_a_majority_is_of_the_others_and_a_draw_is_none() -> None:
    assert majority([0, 0, 1, 1], without=0) == 1
    assert majority([0, 1, 2, 3], without=0) is None
    assert majority([None, None], without=0) is None


def test_among_equal_grades_what_was_held_stays_and_then_ones_own() -> None:
    assert position({0: 3, 1: 5, 2: 5}, 2, 0) == 2
    assert position({0: 5, 1: 5}, None, 1) == 1
    assert position({0: 5, 1: 5}, None, 3) == 0
    assert position({}, 2, 0) == 2
    assert supporters([0, 2, 2, None], 3) == (1, 0, 2)
