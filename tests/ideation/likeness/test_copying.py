from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.likeness.copying import CopyLimits, copy_check

SOURCE = (
    "Sodium ion cells lose capacity because the hard carbon anode traps metal in closed pores during the "
    "first cycle and later cycles widen those pores until the electrolyte enters them."
)
OTHER = "Bees find their way home at dusk by the pattern of polarised light in the sky above open fields."


def test_6_7_a_copied_run_is_flagged_with_its_words_and_its_source() -> None:
    text = (
        "New idea: the hard carbon anode traps metal in closed pores during the first cycle, so we coat it."
    )
    found = copy_check(text, {"p1": SOURCE, "p2": OTHER})
    assert found.flagged
    assert [each.source for each in found.found] == ["p1"]
    assert found.found[0].quote == "the hard carbon anode traps metal in closed pores during the first cycle"
    assert found.found[0].span_words == 13


def test_6_7_own_words_are_not_flagged() -> None:
    text = "We coat the anode of sodium cells with a thin oxide to keep its pores shut in every cycle."
    found = copy_check(text, {"p1": SOURCE, "p2": OTHER})
    assert not found.flagged
    assert found.found == ()
    assert found.gram_share == 0.0


def test_6_7_short_pieces_of_many_sources_are_flagged_by_their_share() -> None:
    pieces = [
        "hard carbon anode traps metal in",
        "find their way home at dusk by",
        "until the electrolyte enters them",
    ]
    text = " yet ".join(pieces)
    found = copy_check(text, {"p1": SOURCE, "p2": OTHER})
    assert max(each.span_words for each in found.found) < CopyLimits().span_words
    assert found.flagged
    assert found.gram_share > max(each.gram_share for each in found.found)


def test_6_7_a_cited_title_is_allowed() -> None:
    title = "Polarised light in the sky above open fields and the homing of bees at dusk in early spring"
    text = f"Following {title}, we build a compass for small drones."
    assert copy_check(text, {"p": title}).flagged
    assert not copy_check(text, {"p": title}, allowed=[title]).flagged


def test_6_7_marks_and_case_do_not_hide_a_copy() -> None:
    assert copy_check(SOURCE.upper().replace(" ", ", "), {"p": SOURCE}).gram_share == 1.0


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=20), st.text(max_size=30))
def test_6_7_the_share_is_a_share_and_a_longer_limit_flags_no_more(words: list[str], other: str) -> None:
    text = " ".join(words)
    found = copy_check(text, {"p": text, "q": other})
    assert 0.0 <= found.gram_share <= 1.0
    wide = copy_check(text, {"p": text}, limits=CopyLimits(span_words=100, gram_share=1.0))
    assert not wide.flagged


def test_6_7_short_limits_look_below_the_n_gram() -> None:
    found = copy_check("light in the", {"p": OTHER}, limits=CopyLimits(span_words=2))
    assert found.flagged
    assert found.found[0].quote == "light in the"


@pytest.mark.parametrize("limits", [{"span_words": 0}, {"gram_share": 1.5}, {"gram_words": 0}])
def test_limits_that_mean_nothing_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(UserError):
        CopyLimits(**limits)
