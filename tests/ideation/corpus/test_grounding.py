from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.corpus.grounding import Grounding
from ideation.corpus.identity import PaperId

RANKED = [PaperId(f"p{number:02}") for number in range(40)]


def test_0_11_each_call_sees_some_of_the_best_by_seed() -> None:
    grounding = Grounding(seed=1)
    calls = [grounding.papers(RANKED, call) for call in range(40)]
    assert calls == [Grounding(seed=1).papers(RANKED, call) for call in range(40)]
    assert calls != [Grounding(seed=2).papers(RANKED, call) for call in range(40)]
    assert calls != [grounding.papers(RANKED, call, about="other") for call in range(40)]
    shown = [each for each in calls if each]
    assert len(shown) == 20
    assert all(len(set(each)) == 10 and set(each) <= set(RANKED[:20]) for each in shown)
    assert len(set(shown)) > 15
    assert {name for each in shown for name in each} == set(RANKED[:20])


@given(st.floats(0.0, 1.0), st.integers(1, 200))
def test_0_11_the_set_share_of_calls_sees_no_paper(share: float, calls: int) -> None:
    grounding = Grounding(seed=0, share_off=share)
    assert abs(sum(grounding.is_off(call) for call in range(calls)) - share * calls) < 1.0 + 1e-6


def test_0_11_few_papers_are_all_shown_in_order_of_rank() -> None:
    grounding = Grounding(seed=0, share_off=0.0)
    assert grounding.papers(RANKED[:4], 0) == tuple(RANKED[:4])
    assert grounding.papers([], 0) == ()


@pytest.mark.parametrize("wrong", [{"shown": 0}, {"shown": 30}, {"share_off": 1.1}])
def test_a_grounding_beyond_reason_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError):
        Grounding(seed=0, **wrong)  # type: ignore[arg-type]
