from __future__ import annotations

from memory.credit.confounding import confounding_markdown, confounding_rows


def test_chance_tells_the_effect_where_comparing_does_not() -> None:
    rows = confounding_rows(effects=(-0.2, 0.0, 0.1), repetitions=300, seed=3)
    for row in rows:
        assert abs(row.randomised - row.effect) <= 3 * row.randomised_error
        assert abs(row.observational - row.effect) > 0.05
        assert row.observational_error < 0.01
    _, harmless, helpful = rows
    assert harmless.test_retires <= 0.09
    assert helpful.test_retires <= 0.05
    # An item that helps on hard tasks looks worse than the average task, and observation retires it.
    assert helpful.shown < helpful.all_tasks - 0.05
    assert helpful.observation_retires > 0.9


def test_the_table_prints_a_line_for_each_row() -> None:
    rows = confounding_rows(effects=(0.1,), tasks=200, repetitions=20)
    assert len(confounding_markdown(rows).splitlines()) == 3
