from __future__ import annotations

from memory.credit.regret import Scenario, regret_markdown, regret_rows
from memory.credit.selection import DEFAULT_POLICY, Policy


def test_credit_halves_what_relevance_alone_loses_and_the_default_loses_least() -> None:
    for scenario in (Scenario.PLAIN, Scenario.LATE):
        rows = {row.policy: row for row in regret_rows((scenario,), repetitions=150, seed=2)}
        assert rows[DEFAULT_POLICY].regret < 0.65 * rows[None].regret
        for policy in Policy:
            assert rows[DEFAULT_POLICY].regret <= rows[policy].regret + 3 * rows[policy].error
        assert rows[DEFAULT_POLICY].last < 0.6 * rows[None].last


def test_an_item_that_has_not_come_is_not_missed() -> None:
    (row,) = regret_rows((Scenario.LATE,), (None,), tasks=1, repetitions=50)
    assert row.regret == 0.0


def test_the_table_prints_a_line_for_each_row() -> None:
    rows = regret_rows((Scenario.HARD, Scenario.FITTING), (None, Policy.MEAN), tasks=10, repetitions=5)
    lines = regret_markdown(rows).splitlines()
    assert len(lines) == 6
    assert "no credit" in lines[2]
