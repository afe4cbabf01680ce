"""Ranks with intervals, tiers, the declared sum and the Pareto front."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from ideation.ranking.draws import Draws
from ideation.ranking.match_log import Axis, MatchLog
from ideation.ranking.schedule import Schedule
from ideation.ranking.standings import pareto_front, rank
from ideation.ranking.tiers import GROUPS, rank_intervals, strength_intervals, tiers, top_certainty
from tests.ideation.ranking.samples import AXIS, play, simulated, texts


def test_7_5_tiers_part_what_can_be_told_apart() -> None:
    tournament, _ = play(9, simulated(9, 0.97), calls=300, most_meetings=50, schedule=Schedule.RANDOM)
    found = rank(tournament.ideas, tournament.log, {AXIS: 1.0})
    (table,) = found.axes
    order = [standing.idea for standing in table.standings]
    assert order[:2] == ["i000", "i001"]
    assert [standing.rank for standing in table.standings] == list(range(1, 10))
    assert table.standings[0].tier == 1
    assert table.standings[-1].tier > 2
    assert all(s.rank_low <= s.rank <= s.rank_high and s.low <= s.high for s in table.standings)
    assert [s.tier for s in table.standings] == sorted(s.tier for s in table.standings)


def test_7_5_without_a_match_all_are_in_one_tier_and_any_rank_is_open() -> None:
    ideas = tuple(texts(12))
    (table,) = rank(ideas, MatchLog(), {AXIS: 1.0}).axes
    assert {standing.tier for standing in table.standings} == {1}
    assert all(s.rank_low <= 2 and s.rank_high >= 11 for s in table.standings)
    assert all(s.low < 0.0 < s.high and s.meetings == 0 for s in table.standings)
    assert table.hygiene.abstained.value is None


def test_7_5_the_top_is_certain_when_draws_agree() -> None:
    strengths = np.tile([3.0, 2.0, 1.0, 0.0], (50, 1))
    draws = Draws(strengths=strengths, first_slot=np.zeros(50), spread=np.ones(50))
    assert top_certainty(draws, 2) == 1.0
    assert tiers(draws, np.arange(4)).tolist() == [1, 2, 3, 4]
    strengths[::2] = strengths[::2, ::-1]
    assert top_certainty(draws, 2) == 0.5
    assert tiers(draws, np.arange(4)).tolist() == [1, 1, 1, 1]


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(2, 9), st.sampled_from([0.5, 0.8, 0.9]))
def test_7_5_intervals_hold_their_share_at_small_spreads_and_at_large(
    seed: int, n: int, level: float
) -> None:
    random, rows = np.random.default_rng(seed), 50 * GROUPS
    spread = np.exp(random.standard_normal(rows))
    strengths = random.standard_normal(n) + spread[:, None] * random.standard_normal((rows, n))
    draws = Draws(strengths=strengths, first_slot=np.zeros(rows), spread=spread)
    for values, intervals in ((strengths, strength_intervals), (draws.ranks, rank_intervals)):
        ends, wider = intervals(draws, level), intervals(draws, 0.99)
        held = (ends[:, 0] <= values) & (values <= ends[:, 1])
        shares = held[spread.argsort()].reshape(GROUPS, 50, n).mean(axis=(1, 2))
        assert shares.min() >= level
        assert values is not strengths or shares.min() < level + 0.06, "no wider than it needs to be"
        assert (wider[:, 0] <= ends[:, 0]).all()
        assert (wider[:, 1] >= ends[:, 1]).all()


def test_7_7_draws_of_a_sum_have_its_strengths_and_spread() -> None:
    one, two = (
        Draws(strengths=np.full((3, 2), value), first_slot=np.ones(3), spread=np.full(3, value))
        for value in (3.0, 2.0)
    )
    both = Draws.added([one, two], [1.0, 2.0])
    assert (both.strengths == 7.0).all()
    assert both.spread == pytest.approx(np.full(3, 5.0))


def test_7_7_overall_is_the_declared_weighting_of_axes_judged_apart() -> None:
    axes = (Axis.NOVELTY, Axis.FEASIBILITY)
    tournament, _ = play(8, Contrary(), calls=200, axes=axes, most_meetings=50, schedule=Schedule.RANDOM)
    novel = rank(tournament.ideas, tournament.log, {axes[0]: 1.0, axes[1]: 0.1})
    able = rank(tournament.ideas, tournament.log, {axes[0]: 0.1, axes[1]: 1.0})
    assert novel.overall[0].idea == novel.axes[0].standings[0].idea == "i000"
    assert able.overall[0].idea == able.axes[1].standings[0].idea == "i007"
    assert {"i000", "i007"} <= set(novel.pareto)
    assert novel.weights == {axes[0]: 1.0, axes[1]: 0.1}


class Contrary:
    """The newer, the less feasible."""

    name = "contrary"

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> object:
        judge = simulated(8, 0.97)
        if axis is Axis.FEASIBILITY:
            return await judge.compare(_other(first), _other(second), axis, seed)
        return await judge.compare(first, second, axis, seed)


def _other(text: str) -> str:
    return f"text {7 - int(text.removeprefix('text '))}"


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_7_7_pareto_front_is_what_no_other_beats(rows: list[tuple[int, int, int]]) -> None:
    front = pareto_front(np.array(rows, dtype=float))
    for at, row in enumerate(rows):
        beaten = any(
            other != row and all(more >= less for more, less in zip(other, row, strict=True))
            for other in rows
        )
        assert (at in front) == (not beaten)


def test_a_ranking_needs_ideas_and_weights() -> None:
    with pytest.raises(UserError, match="two ideas"):
        rank(["a"], MatchLog(), {AXIS: 1.0})
    for weights in ({}, {AXIS: 0.0}, {AXIS: float("nan")}):
        with pytest.raises(UserError, match="weight"):
            rank(["a", "b"], MatchLog(), weights)


def test_the_same_log_ranks_the_same() -> None:
    tournament, _ = play(6, simulated(6), calls=30)
    assert rank(tournament.ideas, tournament.log, {AXIS: 1.0}) == rank(
        tournament.ideas, MatchLog.from_jsonl(tournament.log.to_jsonl()), {AXIS: 1.0}
    )
