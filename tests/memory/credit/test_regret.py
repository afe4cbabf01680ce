from __future__ import annotations

from memory.credit.regret import Scenario, regret_markdown, regret_rows
from memory.credit.selection import RANKED_BY, Policy


def test_what_recall_ranks_by_halves_what_relevance_alone_loses_and_beats_random_draws() -> None:
    for scenario in (Scenario.PLAIN, Scenario.LATE):
        rows = {row.policy: row for row in regret_rows((scenario,), repetitions=150, seed=2)}
        chosen, drawn = rows[RANKED_BY], rows[Policy.THOMPSON]
        assert chosen.regret < 0.65 * rows[None].regret
        assert chosen.regret < drawn.regret
        assert chosen.last < 0.6 * rows[None].last


def test_an_item_that_has_not_come_is_not_missed() -> None:
    (row,) = regret_rows((Scenario.LATE,), (None,), tasks=1, repetitions=50)
    assert row.regret == 0.0


def test_the_table_prints_a_line_for_each_row() -> None:
    rows = regret_rows((Scenario.HARD, Scenario.FITTING), (None, Policy.MEAN), tasks=10, repetitions=5)
    lines = regret_markdown(rows).splitlines()
    assert len(lines) == 6
    assert "no credit" in lines[2]
