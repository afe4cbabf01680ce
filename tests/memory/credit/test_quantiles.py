from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.credit.quantiles import beta_cdf, beta_quantile, student_quantile

shapes = st.floats(0.05, 2000.0)
chances = st.floats(0.001, 0.999)


@given(chances, st.integers(1, 40))
def test_closed_forms_of_the_distribution(x: float, n: int) -> None:
    assert beta_cdf(1, 1, x) == pytest.approx(x, abs=1e-12)
    assert beta_cdf(n, 1, x) == pytest.approx(x**n, abs=1e-12)
    assert beta_cdf(1, n, x) == pytest.approx(1 - (1 - x) ** n, abs=1e-12)
    assert beta_cdf(0.5, 0.5, x) == pytest.approx(2 / math.pi * math.asin(math.sqrt(x)), abs=1e-12)


def test_outside_the_unit_interval_it_is_flat() -> None:
    assert [beta_cdf(0.3, 7, x) for x in (-1.0, 0.0, 1.0, 2.0)] == [0.0, 0.0, 1.0, 1.0]


@given(st.integers(1, 30), st.integers(1, 30), st.floats(0.01, 0.99))
def test_it_is_the_tail_of_a_binomial(a: int, b: int, x: float) -> None:
    n = a + b - 1
    tail = sum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
    assert beta_cdf(a, b, x) == pytest.approx(tail, abs=1e-11)


@given(shapes, shapes, st.floats(0.001, 0.999))
def test_the_distribution_is_symmetric(a: float, b: float, x: float) -> None:
    assert beta_cdf(a, b, x) == pytest.approx(1 - beta_cdf(b, a, 1 - x), abs=1e-9)


@given(chances, st.integers(1, 40))
def test_closed_forms_of_the_quantile(p: float, n: int) -> None:
    assert beta_quantile(1, 1, p) == pytest.approx(p, abs=1e-12)
    assert beta_quantile(2, 1, p) == pytest.approx(math.sqrt(p), abs=1e-12)
    assert beta_quantile(1, n, p) == pytest.approx(1 - (1 - p) ** (1 / n), abs=1e-12)
    assert beta_quantile(0.5, 0.5, p) == pytest.approx(math.sin(math.pi * p / 2) ** 2, abs=1e-12)


@given(shapes, shapes, chances)
def test_the_quantile_is_the_inverse(a: float, b: float, p: float) -> None:
    x = beta_quantile(a, b, p)
    # Where the density is huge near an end, one step of a float moves the distribution by more.
    step = beta_cdf(a, b, x * (1 + 1e-12)) - beta_cdf(a, b, x * (1 - 1e-12))
    if 0.0 < x < 1.0 - 1e-9:
        assert beta_cdf(a, b, x) == pytest.approx(p, abs=1e-8 + step)


@given(shapes, shapes, chances, chances)
def test_the_quantile_grows_with_the_chance(a: float, b: float, p: float, q: float) -> None:
    low, high = sorted((p, q))
    assert beta_quantile(a, b, low) <= beta_quantile(a, b, high) + 1e-12


@pytest.mark.parametrize(
    ("chance", "freedom", "value"),
    [
        (0.975, 1, 12.706204736),
        (0.975, 2, 4.302652730),
        (0.975, 5, 2.570581836),
        (0.95, 10, 1.812461123),
        (0.975, 30, 2.042272456),
        (0.6, 3, 0.276670662),
        (0.995, 4, 4.604094871),
        (0.05, 10, -1.812461123),
    ],
)
def test_students_quantiles_are_those_of_the_tables(chance: float, freedom: float, value: float) -> None:
    assert student_quantile(chance, freedom) == pytest.approx(value, abs=1e-8)


@given(chances)
def test_closed_forms_of_student(p: float) -> None:
    assert student_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-9, abs=1e-9)
    assert student_quantile(p, 2) == pytest.approx(
        (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p))), rel=1e-9, abs=1e-9
    )
    assert student_quantile(p, 3e6) == pytest.approx(NormalDist().inv_cdf(p), abs=1e-5)
    assert student_quantile(p, 1e9) == pytest.approx(NormalDist().inv_cdf(p), abs=1e-12)


def test_students_quantile_close_to_the_middle() -> None:
    assert student_quantile(0.5 + 1e-7, 1) == pytest.approx(math.tan(math.pi * 1e-7), rel=1e-6)
    assert student_quantile(0.5, 7) == 0.0


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e6), st.floats(0.51, 0.999))
def test_students_quantile_falls_with_freedom(first: float, second: float, p: float) -> None:
    low, high = sorted((first, second))
    assert student_quantile(p, low) >= student_quantile(p, high) - 1e-6


@pytest.mark.parametrize(("a", "b", "p"), [(0, 1, 0.5), (1, -1, 0.5), (1, 1, 1.5), (1, 1, math.nan)])
def test_no_quantile_of_no_distribution(a: float, b: float, p: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        beta_quantile(a, b, p)


@pytest.mark.parametrize(("p", "freedom"), [(0.0, 3), (1.0, 3), (0.5, 0), (0.5, math.nan)])
def test_no_quantile_of_no_student(p: float, freedom: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        student_quantile(p, freedom)
