from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from adaptation.layers.ranks import Importance, cubic, proportional, top

scores = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1e6), min_size=1, max_size=8)


@given(scores, st.integers(1, 200), st.integers(0, 3), st.integers(4, 60))
def test_shares_add_up_between_floor_and_cap(
    given_scores: dict[str, float], total: int, floor: int, cap: int
) -> None:
    shares = proportional(given_scores, total, floor=floor, caps=dict.fromkeys(given_scores, cap))
    assert shares.keys() == given_scores.keys()
    assert all(floor <= share <= cap for share in shares.values())
    lowest, highest = floor * len(shares), cap * len(shares)
    assert sum(shares.values()) == min(max(total, lowest), highest)


@given(scores, st.integers(1, 200))
def test_a_higher_score_never_has_less(given_scores: dict[str, float], total: int) -> None:
    shares = proportional(given_scores, total)
    for one in given_scores:
        for other in given_scores:
            if given_scores[one] > given_scores[other]:
                assert shares[one] >= shares[other] - 1


def test_what_a_cap_takes_off_goes_to_the_others() -> None:
    shares = proportional({"a": 90, "b": 6, "c": 4}, 40, floor=0, caps={"a": 10, "b": 100, "c": 100})
    assert shares == {"a": 10, "b": 18, "c": 12}


def test_scores_of_nothing_share_evenly() -> None:
    assert proportional({"a": 0, "b": 0, "c": 0}, 7) == {"a": 3, "b": 2, "c": 2}


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 50), st.integers(51, 200))
def test_the_cubic_budget_falls_from_start_to_end(start: int, end: int, first: int, last: int) -> None:
    start, end = max(start, end), min(start, end)
    found = [cubic(step, start=start, end=end, first=first, last=last) for step in range(last + 5)]
    assert found[: first + 1] == [start] * (first + 1)
    assert found[last:] == [end] * 5
    assert all(later <= earlier for earlier, later in itertools.pairwise(found))


def test_the_best_come_first_and_equals_in_order() -> None:
    assert top({"a": 1, "b": 3, "c": 1, "d": 3}, 3) == ("b", "d", "a")
    assert top({"a": 1}, 0) == ()


def test_importance_is_mean_times_change() -> None:
    average = Importance(mean_decay=0.5, change_decay=0.5)
    average.add({"a": 4.0})
    assert average.scores() == {"a": 2.0 * 1.0}
    average.add({"a": 4.0})
    assert average.scores() == {"a": 3.0 * (0.5 * 1.0 + 0.5 * 1.0)}
