"""Who meets whom: no rematch before all others met, byes that rotate, pairs that tell."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideation.ranking.match_log import Match, Verdict
from ideation.ranking.schedule import History, Schedule, plan
from tests.ideation.ranking.samples import match, texts

WHOLE_ROUNDS = (Schedule.SWISS, Schedule.RANDOM, Schedule.ROUND_ROBIN)


def rounds(schedule: Schedule, n: int, count: int, seed: int, most: int = 3) -> list[list[tuple[int, int]]]:
    """Play with random results; returns each round's pairs."""
    ideas, random = list(texts(n)), np.random.default_rng(seed)
    log: list[Match] = []
    planned: list[list[tuple[int, int]]] = []
    for number in range(count):
        pairs = plan(schedule, History.of(ideas, log), seed, most_meetings=most)
        if not pairs:
            break
        planned.append(pairs)
        for one, two in pairs:
            verdict = list(Verdict)[int(random.integers(4))]
            log.append(match(ideas[one], ideas[two], verdict, len(log), round_number=number))
    return planned


@settings(max_examples=20)
@given(st.sampled_from(list(Schedule)), st.integers(2, 7), st.integers(0, 9))
def test_7_4_no_rematch_before_all_others_met(schedule: Schedule, n: int, seed: int) -> None:
    met = np.zeros((n, n), dtype=int)
    for pairs in rounds(schedule, n, 40, seed):
        for one, two in pairs:
            for idea in (one, two):
                others = np.delete(met[idea], idea)
                assert met[one, two] <= others.min()
            met[one, two] += 1
            met[two, one] += 1
    assert (met[~np.eye(n, dtype=bool)] == 3).all(), "every schedule comes to an end, with all met"


@given(st.sampled_from(WHOLE_ROUNDS), st.sampled_from([3, 5, 7, 9, 15]), st.integers(0, 5))
def test_7_4_bye_rotates(schedule: Schedule, n: int, seed: int) -> None:
    byes = np.zeros(n, dtype=int)
    for pairs in rounds(schedule, n, n // 2, seed):
        playing = {idea for pair in pairs for idea in pair}
        assert len(playing) == 2 * len(pairs) == n - 1
        byes[[idea for idea in range(n) if idea not in playing]] += 1
    assert byes.max() == 1, "nobody has a second bye before all others had one"


def test_7_4_a_bye_gives_no_point() -> None:
    ideas = list(texts(3))
    history = History.of(ideas, [match(ideas[0], ideas[1])])
    assert history.byes.tolist() == [0, 0, 1]
    assert history.tally.points().tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("n", [2, 5, 8, 11])
def test_7_1_round_robin_lets_all_meet_once(n: int) -> None:
    planned = rounds(Schedule.ROUND_ROBIN, n, 100, seed=4, most=1)
    assert len(planned) == n - 1 + n % 2
    met = [tuple(sorted(pair)) for pairs in planned for pair in pairs]
    assert sorted(met) == list(combinations(range(n), 2))


def test_7_1_swiss_pairs_those_with_like_points() -> None:
    ideas = list(texts(8))
    log = [match(ideas[at], ideas[at + 4], Verdict.FIRST, at) for at in range(4)]
    pairs = plan(Schedule.SWISS, History.of(ideas, log), 0, most_meetings=3)
    assert len(pairs) == 4
    assert all((one < 4) == (two < 4) for one, two in pairs)


def test_7_6_next_pair_is_close_and_uncertain() -> None:
    """Two far ends are well known, two in the middle hardly: the middle ones meet."""
    ideas = list(texts(4))
    log: list[Match] = []
    for number in range(12):
        for one, two in ((0, 1), (1, 2), (2, 3)) if number < 2 else ((0, 3), (0, 2), (1, 3)):
            log.append(match(ideas[one], ideas[two], Verdict.FIRST, len(log), round_number=number))
    pairs = plan(Schedule.INFORMATION, History.of(ideas, log), 0, most_meetings=100)
    assert {tuple(sorted(pair)) for pair in pairs} <= {(0, 1), (1, 2), (2, 3)}


def test_7_6_everybody_plays_first() -> None:
    for n in (6, 7, 20):
        (pairs,) = rounds(Schedule.INFORMATION, n, 1, seed=2)
        assert len({idea for pair in pairs for idea in pair}) == n - n % 2
