from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.doubt import MOST_WITHHELD, UNKNOWN, doubt, share_withheld
from memory.credit.tallies import Comparison, Tally

REWARDS = st.lists(st.floats(0.0, 1.0), max_size=40)


def told(shown: list[float], withheld: list[float], propensity: float = 0.9) -> Comparison:
    return Comparison(
        shown=Tally.of(shown, propensity) if shown else Tally(),
        withheld=Tally.of(withheld, 1.0 - propensity) if withheld else Tally(),
    )


@given(REWARDS, REWARDS, st.sampled_from([0.5, 0.8, 0.9]))
def test_doubt_is_a_chance_and_turns_with_the_arms(
    one: list[float], other: list[float], propensity: float
) -> None:
    here = doubt(told(one, other, propensity))
    assert 0.0 < here < 1.0
    assert here + doubt(told(other, one, propensity)) == pytest.approx(1.0)
    if not one or not other:
        assert here == UNKNOWN


def test_doubt_grows_with_harm_and_with_evidence() -> None:
    few, many = [0.0, 1.0] * 5, [0.0, 1.0] * 50
    assert doubt(told(few, few)) == pytest.approx(UNKNOWN)
    harmed = doubt(told([0.0, 0.0, 0.0, 1.0] * 5, few))
    assert UNKNOWN < harmed < doubt(told([0.0, 0.0, 0.0, 1.0] * 50, many))
    assert doubt(told(many, [0.0, 0.0, 0.0, 1.0] * 50)) < 0.05


def test_the_chance_is_honest_where_effects_are_as_assumed() -> None:
    """Of items that it calls harmful with a chance of p, a share p does harm."""
    rng = np.random.default_rng(3)
    effects = rng.normal(0.0, 0.15, 3000)
    called = []
    for effect in effects:
        means = np.clip([0.5 + effect / 2, 0.5 - effect / 2], 0.02, 0.98)
        arms = [(rng.random(40) < mean).astype(float).tolist() for mean in means]
        called.append(doubt(told(arms[0], arms[1], 0.5)))
    chances = np.array(called)
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        inside = (chances >= low) & (chances < high)
        found, said = float((effects[inside] < 0).mean()), float(chances[inside].mean())
        assert found == pytest.approx(said, abs=0.08), (low, high, int(inside.sum()))


@given(st.floats(0.0, 0.74), st.floats(0.0, 1.0))
def test_doubt_withholds_more_and_never_less(share: float, chance: float) -> None:
    found = share_withheld(share, chance)
    assert share <= found <= MOST_WITHHELD
    assert found == share or chance > 0.5
    assert found >= share_withheld(share, max(0.0, chance - 0.1))


def test_without_withholding_nothing_is_withheld() -> None:
    assert share_withheld(0.0, 0.99) == 0.0
