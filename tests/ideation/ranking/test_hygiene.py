"""What the log says of the judge: position bias, abstentions, consistency, cycles, agreement."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.ranking.hygiene import (
    Share,
    abstention_rate,
    first_slot_share,
    hygiene,
    intransitive_triples,
    kappa,
    position_bias,
    self_consistency,
    swapped_first_slot_share,
)
from ideation.ranking.match_log import Verdict
from ideation.ranking.schedule import Schedule
from tests.ideation.ranking.samples import AXIS, always, match, play, simulated

FIRST, SECOND, TIE, ABSTAIN = Verdict.FIRST, Verdict.SECOND, Verdict.TIE, Verdict.ABSTAIN


@given(st.integers(0, 50), st.integers(0, 50))
def test_an_interval_holds_its_share(count: int, more: int) -> None:
    share = Share(count=count, of=count + more)
    assert -1e-12 <= share.low <= share.high <= 1.0 + 1e-12
    assert share.value is None or share.low <= share.value <= share.high


def test_wilson_by_hand() -> None:
    share = Share(count=8, of=10)
    assert (share.low, share.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_7_2_position_bias_of_a_planted_judge_is_found_by_the_swaps() -> None:
    tournament, _ = play(
        40, simulated(40, 0.65, first_slot=0.8), calls=1500, swapped=1.0, schedule=Schedule.ROUND_ROBIN
    )
    matches = tournament.log.on(AXIS)
    estimate, low, high = position_bias(swapped_first_slot_share(matches))
    assert low < 0.8 < high
    assert low > 0.3, "and it is told from none"
    assert high - low < 1.0
    assert estimate == pytest.approx(0.8, abs=0.3)
    assert first_slot_share(matches).low > 0.5


def test_7_2_a_judge_that_always_says_first_is_seen_at_once() -> None:
    tournament, _ = play(10, always(FIRST), calls=60, swapped=1.0)
    found = hygiene(tournament.log.on(AXIS))
    assert (found.first_slot.value, found.swapped_first_slot.value, found.consistent.value) == (1.0, 1.0, 0.0)
    assert position_bias(found.swapped_first_slot)[2] == math.inf
    assert position_bias(found.swapped_first_slot)[1] > 0.5


def test_7_3_abstain_rate_is_shown_with_its_interval() -> None:
    tournament, _ = play(12, simulated(12, unreadable=0.3), calls=200, most_meetings=9)
    found = hygiene(tournament.log.on(AXIS))
    assert found.abstained.low < 0.3 < found.abstained.high
    assert found.unresolved.value is not None
    assert found.unresolved.value < 0.2, "a retry answers most"
    assert abstention_rate([]).value is None


def test_7_10_cycles_are_counted_over_decided_triples() -> None:
    cycle = [match("a", "b", FIRST, 0), match("b", "c", FIRST, 1), match("c", "a", FIRST, 2)]
    assert intransitive_triples(cycle) == Share(count=1, of=1)
    order = [match("a", "b", FIRST, 0), match("b", "c", FIRST, 1), match("a", "c", FIRST, 2)]
    assert intransitive_triples(order) == Share(count=0, of=1)
    assert intransitive_triples(order[:2]) == Share(count=0, of=0)
    assert intransitive_triples([*order[:2], match("a", "c", TIE, 2)]) == Share(count=0, of=0)


def test_7_10_a_coin_makes_a_quarter_of_triples_cycles_and_a_sure_judge_none() -> None:
    all_meet = {"calls": 276, "swapped": 0.0, "most_meetings": 1, "schedule": Schedule.ROUND_ROBIN}
    coin, _ = play(24, simulated(24, 0.5), **all_meet)
    assert intransitive_triples(coin.log).of == math.comb(24, 3)
    assert intransitive_triples(coin.log).value == pytest.approx(0.25, abs=0.05)
    sure, _ = play(24, simulated(24, 0.999), **all_meet)
    assert (intransitive_triples(sure.log).value or 0.0) < 0.01


def test_7_10_self_consistency_compares_ideas_and_not_slots() -> None:
    same = [match("a", "b", FIRST, 0), match("b", "a", SECOND, 0, swapped=True)]
    other = [match("a", "c", FIRST, 1), match("c", "a", FIRST, 1, swapped=True)]
    silent = [match("b", "c", FIRST, 2), match("c", "b", ABSTAIN, 2, swapped=True)]
    assert self_consistency([*same, *other, *silent]) == Share(count=1, of=2)


def test_7_10_kappa_is_one_of_like_judges_and_none_beyond_chance_of_strangers() -> None:
    all_meet = {"calls": 190, "swapped": 0.0, "most_meetings": 1, "schedule": Schedule.ROUND_ROBIN}
    one, _ = play(20, simulated(20, 0.9), **all_meet)
    same = kappa(one.log, one.log, draws=200)
    assert same.value == pytest.approx(1.0)
    coin, _ = play(20, simulated(20, 0.5), **all_meet, seed=9)
    strangers = kappa(one.log, coin.log, draws=200)
    assert strangers.pairs == 190
    assert strangers.low is not None
    assert strangers.high is not None
    assert strangers.low < 0.0 < strangers.high
    nobody = kappa([], one.log)
    assert (nobody.pairs, nobody.value) == (0, None)


def test_7_10_kappa_by_hand() -> None:
    def judged(verdicts: str) -> list[object]:
        return [
            match(f"a{at}", f"b{at}", FIRST if verdict == "+" else SECOND, at)
            for at, verdict in enumerate(verdicts)
        ]

    found = kappa(judged("+++++-----"), judged("++++-+----"), draws=10)  # type: ignore[arg-type]
    assert found.value == pytest.approx((0.8 - 0.5) / 0.5)
