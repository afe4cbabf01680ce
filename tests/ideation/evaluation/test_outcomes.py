from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.outcomes import before_after, read_outcomes, spearman

NUMBERS = st.lists(st.integers(-5, 5), min_size=3, max_size=12)


@given(NUMBERS, st.randoms(use_true_random=False))
def test_8_9_the_rank_correlation_is_of_ranks_alone(values: list[int], chance: object) -> None:
    one = np.array(values, dtype=np.float64)
    other = np.array(chance.sample(values, len(values)), dtype=np.float64)  # type: ignore[attr-defined]
    found = spearman(one, other)
    if len(set(values)) < 2:
        assert np.isnan(found)
        return
    assert -1.0000001 <= found <= 1.0000001
    assert spearman(one, one) == pytest.approx(1.0)
    assert spearman(one, -one) == pytest.approx(-1.0)
    assert spearman(np.exp(one), other**3) == pytest.approx(found)
    assert spearman(other, one) == pytest.approx(found)


def test_8_9_ties_stand_at_their_mean_rank() -> None:
    """By hand: ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4 give 4.5 / sqrt(4.5 * 5)."""
    found = spearman(np.array([1.0, 2.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert found == pytest.approx(4.5 / np.sqrt(22.5))


def test_8_9_every_value_before_stands_beside_every_value_after() -> None:
    before = {"novelty": {f"i{n}": float(n) for n in range(9)}, "clarity": {"i1": 1.0}}
    after = {"worked": {f"i{n}": float(-n) for n in range(2, 30)}}
    one, other = before_after(before, after, resamples=100)
    assert (one.before, one.after, one.rho.n) == ("novelty", "worked", 7)
    assert one.rho.value == pytest.approx(-1.0)
    assert (other.rho.value, other.rho.n) == (None, 0)


FORMS = (
    json.dumps([{"id": "a", "worked": 1, "cost": 2.5}, {"id": "b", "worked": False, "cost": None}]),
    '{"id": "a", "worked": 1, "cost": 2.5}\n{"id": "b", "worked": false}',
    "\ufeffid,worked,cost\na,1,2.5\nb,0,\n",
    json.dumps({"ideas": [{"id": "a", "worked": 1, "cost": 2.5}, {"id": "b", "worked": 0}]}),
    '{"id": "a", "worked": 1, "cost": 2.5, "no\u2028te": null}\n{"id": "b", "worked": false}',
)


@pytest.mark.parametrize("text", FORMS)
def test_8_9_outcomes_are_read_in_every_form(text: str) -> None:
    found = read_outcomes(text, ["a", "b"])
    assert found.values == {"worked": {"a": 1.0, "b": 0.0}, "cost": {"a": 2.5}}
    assert found.problems == ()


def test_8_9_bad_records_are_told_and_the_good_ones_kept() -> None:
    rows = ['{"id": "a", "x": 1}', "{", '{"id": "z", "x": 1}', '{"id": "b", "x": "much"}', "[]", '{"x": 3}']
    found = read_outcomes("\n".join(rows), ["a", "b"])
    assert found.values == {"x": {"a": 1.0}}
    assert [problem.split(":")[0] for problem in found.problems] == [f"record {n}" for n in (2, 3, 4, 5, 6)]
    with pytest.raises(UserError, match="no outcome can be read"):
        read_outcomes("", ["a"])


@given(st.text(max_size=60))
def test_8_9_whatever_the_file_holds_it_is_read_or_refused(text: str) -> None:
    try:
        found = read_outcomes(text, ["a"])
    except UserError:
        return
    assert found.values
