from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.frameworks.variance import Explained, Variance, explained_variance
from ideation.idea import Idea, IdeaId
from tests.ideation.novelty.papers import KNOWN, idea

VALUES = st.lists(st.integers(-50, 50).map(float), min_size=3, max_size=24)


def ideas_of(models: Sequence[str], levers: Sequence[str]) -> list[Idea]:
    return [
        idea(KNOWN, number=number, model=model, lever=lever, persona="a sailor" if number % 3 == 0 else "")
        for number, (model, lever) in enumerate(zip(models, levers, strict=True))
    ]


def outcomes(ideas: Sequence[Idea], values: Sequence[float | None]) -> dict[IdeaId, float | None]:
    return {each.id: value for each, value in zip(ideas, values, strict=True)}


def of(found: Variance, factor: str) -> Explained:
    return next(each for each in found.factors if each.factor == factor)


def test_9_4_an_outcome_that_follows_the_model_is_explained_by_it_and_by_nothing_else() -> None:
    models = ["a", "b"] * 12
    levers = ["x"] * 12 + ["y"] * 12
    ideas = ideas_of(models, levers)
    values = [float(model == "a") for model in models]
    found = explained_variance(ideas, outcomes(ideas, values), permutations=500)
    person, process = of(found, "person"), of(found, "process")
    assert person.eta_squared == pytest.approx(1.0)
    assert person.unique == pytest.approx(1.0)
    assert person.p == pytest.approx(1 / 501)
    assert person.means == {"a||": (1.0, 12), "b||": (0.0, 12)}
    assert process.eta_squared == pytest.approx(0.0)
    assert process.p == 1.0
    assert found.together == pytest.approx(1.0)


def test_9_4_shares_agree_with_sums_of_squares_done_by_hand() -> None:
    ideas = ideas_of(["a", "a", "b", "b"], ["x", "y", "x", "y"])
    found = of(explained_variance(ideas, outcomes(ideas, [1.0, 3.0, 5.0, 7.0]), permutations=50), "person")
    assert found.eta_squared == pytest.approx(16 / 20)
    assert found.epsilon_squared == pytest.approx(1 - 0.2 * 3 / 2)


def test_9_4_a_confounded_factor_explains_nothing_of_its_own() -> None:
    models = ["a", "b"] * 8
    ideas = ideas_of(models, models)
    values = [float(model == "a") + 0.1 * (number % 4) for number, model in enumerate(models)]
    found = explained_variance(ideas, outcomes(ideas, values), permutations=50)
    for factor in ("person", "process"):
        assert of(found, factor).eta_squared == pytest.approx(of(found, "person").eta_squared or 0.0)
        assert of(found, factor).unique == pytest.approx(0.0, abs=1e-9)


def test_9_4_where_nothing_matters_p_keeps_its_rate() -> None:
    rng = np.random.default_rng(5)
    models = ["a", "b", "c"] * 8
    ideas = ideas_of(models, ["x"] * 24)
    called = 0
    for trial in range(200):
        values = rng.normal(size=24).tolist()
        found = explained_variance(ideas, outcomes(ideas, values), permutations=99, seed=trial)
        p = of(found, "person").p
        assert p is not None
        called += p <= 0.1
    assert 8 <= called <= 34, "a binomial of 200 at 0.1 is within this 99.9 % of the time"


@given(VALUES, st.integers(1, 4), st.floats(0.5, 3.0), st.floats(-5.0, 5.0))
def test_9_4_shares_are_shares_and_ask_for_no_unit(
    values: list[float], models: int, scale: float, shift: float
) -> None:
    ideas = ideas_of([f"m{number % models}" for number in range(len(values))], ["x"] * len(values))
    one, other = (
        explained_variance(ideas, outcomes(ideas, each), permutations=19)
        for each in (values, [scale * value + shift for value in values])
    )
    for here, there in zip(one.factors, other.factors, strict=True):
        if here.eta_squared is None:
            assert here.p is None
            continue
        assert 0.0 <= here.eta_squared <= 1.0
        assert here.p is not None
        assert 0.0 < here.p <= 1.0
        assert here.unique is not None
        assert here.unique <= (one.together or 0.0) + 1e-9
        assert there.eta_squared == pytest.approx(here.eta_squared, abs=1e-6)


def test_9_4_what_has_no_outcome_is_left_out_and_counted() -> None:
    ideas = ideas_of(["a", "b"] * 4, ["x"] * 8)
    values: list[float | None] = [1.0, 2.0, 1.0, 2.5, None, None, 1.2, 2.2]
    found = explained_variance(ideas, outcomes(ideas, values), permutations=20)
    assert (found.n, found.left_out) == (6, 2)
    assert of(found, "process").eta_squared is None, "one lever explains nothing"
    for flat in ([], [1.0] * 8):
        short = explained_variance(ideas[: len(flat)], outcomes(ideas[: len(flat)], flat))
        assert {each.eta_squared for each in short.factors} == {None}
    with pytest.raises(UserError, match="finite"):
        explained_variance(ideas[:1], outcomes(ideas[:1], [math.inf]))
