from __future__ import annotations

import math

import numpy as np
import pytest

from memory.credit.power import ALPHA, PowerRow, Setting, power_markdown, power_rows, power_table

REPETITIONS = 600


@pytest.fixture(scope="module")
def rows() -> dict[tuple[float, float, int], PowerRow]:
    table = power_table(effects=(-0.3, -0.1, 0.0, 0.1), exposures=(50, 200), repetitions=REPETITIONS, seed=21)
    return {(row.setting.effect, row.setting.propensity, row.exposures): row for row in table}


@pytest.mark.parametrize("propensity", [0.9, 0.8])
@pytest.mark.parametrize("exposures", [50, 200])
def test_a_harmless_item_is_seldom_found_harmful(
    rows: dict[tuple[float, float, int], PowerRow], propensity: float, exposures: int
) -> None:
    bound = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / REPETITIONS)
    harmless, helpful = rows[0.0, propensity, exposures], rows[0.1, propensity, exposures]
    assert harmless.harmful <= bound
    assert harmless.helpful <= bound
    assert helpful.harmful <= bound


def test_harm_is_found(rows: dict[tuple[float, float, int], PowerRow]) -> None:
    """Measured with 1000 repetitions: .837, .612 and .268."""
    assert rows[-0.3, 0.8, 200].harmful > 0.77
    assert rows[-0.3, 0.9, 200].harmful > 0.52
    assert rows[-0.3, 0.8, 50].harmful > 0.2
    assert rows[-0.3, 0.8, 200].harmful > rows[-0.1, 0.8, 200].harmful > rows[0.0, 0.8, 200].harmful


def test_intervals_cover(rows: dict[tuple[float, float, int], PowerRow]) -> None:
    for row in rows.values():
        looked = row.enough * REPETITIONS
        assert row.coverage >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / looked), row
    assert np.mean([row.coverage for row in rows.values()]) >= 0.94


def test_the_difference_is_unbiased(rows: dict[tuple[float, float, int], PowerRow]) -> None:
    for row in rows.values():
        assert abs(row.bias) <= 3.5 * row.bias_error, row


def test_a_plain_difference_throws_out_half_of_the_harmless(
    rows: dict[tuple[float, float, int], PowerRow],
) -> None:
    assert rows[0.0, 0.9, 200].difference_rule > 0.3
    assert rows[0.1, 0.9, 200].difference_rule > rows[0.1, 0.9, 200].harmful + 0.05


def test_graded_rewards_show_harm_sooner() -> None:
    setting = Setting(effect=-0.2, propensity=0.9, concentration=10.0)
    (row,) = power_rows(setting, exposures=(200,), repetitions=200, seed=5)
    assert row.harmful > 0.9
    assert row.coverage > 0.9
    (none,) = power_rows(
        Setting(effect=0.0, propensity=0.9, concentration=10.0), exposures=(400,), repetitions=400, seed=6
    )
    assert none.harmful <= ALPHA


def test_the_table_prints_a_line_for_each_row() -> None:
    rows = power_table(effects=(-0.3,), propensities=(0.8,), exposures=(50, 60), repetitions=20)
    lines = power_markdown(rows).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("| effect |")
    assert [line.split("|")[3].strip() for line in lines[2:]] == ["50", "60"]
