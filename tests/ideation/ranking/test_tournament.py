"""A budget of calls in rounds: it ends whatever the judge does, and goes on where it was stopped."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Limit, LimitReached, ModelOutputError, ProviderError, UserError
from ideation.ranking.judge import Opinion
from ideation.ranking.match_file import MatchFile
from ideation.ranking.match_log import Axis, MatchLog, Verdict
from ideation.ranking.schedule import Schedule
from ideation.ranking.tournament import Stop, Tournament, TournamentConfig
from tests.ideation.ranking.samples import AXIS, FunctionJudge, always, play, simulated, texts


def garbage(first: str, second: str, axis: Axis, seed: int) -> Opinion:
    answers: list[object] = [None, "first", 1, Opinion(verdict="first"), Opinion(verdict=Verdict.TIE)]  # type: ignore[arg-type]
    return random.Random(seed).choice(answers)  # type: ignore[return-value]


def failing(first: str, second: str, axis: Axis, seed: int) -> Opinion:
    raise (ModelOutputError if seed % 2 else ProviderError)("no")


ADVERSARIES = {
    "abstains": lambda: always(Verdict.ABSTAIN),
    "first": lambda: always(Verdict.FIRST),
    "ties": lambda: always(Verdict.TIE),
    "raises": lambda: FunctionJudge(failing),
    "garbage": lambda: FunctionJudge(garbage),
}


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(ADVERSARIES)),
    st.sampled_from(list(Schedule)),
    st.integers(2, 9),
    st.integers(0, 60),
    st.floats(0.0, 1.0),
    st.integers(0, 5),
)
def test_7_1_every_tournament_ends_within_its_calls_whatever_the_judge_does(
    adversary: str, schedule: Schedule, n: int, calls: int, swapped: float, seed: int
) -> None:
    judge = ADVERSARIES[adversary]()
    tournament, (ending,) = play(n, judge, calls=calls, schedule=schedule, swapped=swapped, seed=seed)
    assert len(judge.calls) == len(tournament.log) == ending.calls <= calls
    assert ending.stop in (Stop.CALLS_SPENT, Stop.SILENT, Stop.ALL_MET)
    if adversary in ("abstains", "raises"):
        assert {match.verdict for match in tournament.log} <= {Verdict.ABSTAIN}


def test_7_2_order_is_random_and_a_fixed_share_is_swapped() -> None:
    tournament, _ = play(50, simulated(50), calls=250, swapped=0.2)
    calls = list(tournament.log)
    swapped = [match for match in calls if match.swapped]
    pairings = {match.pairing for match in calls}
    assert abs(len(swapped) - 0.2 * len(pairings)) <= 1
    firsts = {match.pairing: match for match in calls if not match.swapped}
    assert all((firsts[m.pairing].second, firsts[m.pairing].first) == (m.first, m.second) for m in swapped)
    lesser_first = sum(match.first < match.second for match in firsts.values())
    assert 0.35 < lesser_first / len(firsts) < 0.65


def test_7_3_unparsable_verdict_is_an_abstention() -> None:
    judge = FunctionJudge(failing)
    tournament, _ = play(6, judge, calls=12, swapped=0.0)
    assert {match.verdict for match in tournament.log} == {Verdict.ABSTAIN}
    assert {match.fault for match in tournament.log} == {"no"}
    by_pairing = Counter(match.pairing for match in tournament.log)
    assert max(by_pairing.values()) == 2, "asked again once, and no more"
    assert sum(match.retry for match in tournament.log) > 0


def test_7_3_a_retry_that_is_answered_counts() -> None:
    seen: set[frozenset[str]] = set()

    def second_time(first: str, second: str, axis: Axis, seed: int) -> Opinion:
        pair = frozenset((first, second))
        if pair not in seen:
            seen.add(pair)
            raise ModelOutputError("what?")
        return Opinion(verdict=Verdict.FIRST, reason="now")

    tournament, _ = play(4, FunctionJudge(second_time), calls=4, swapped=0.0)
    assert [(m.verdict, m.retry) for m in tournament.log] == [
        (Verdict.ABSTAIN, False),
        (Verdict.FIRST, True),
    ] * 2


def test_7_3_a_silent_judge_is_not_paid_to_the_end() -> None:
    tournament, (ending,) = play(10, always(Verdict.ABSTAIN), calls=1000, silent_after=5)
    assert ending.stop is Stop.SILENT
    assert len(tournament.log) < 30


def test_7_5_a_certain_top_ends_it_early_and_a_coin_never_does() -> None:
    _, (sharp,) = play(8, simulated(8, 0.99), calls=400, certainty=0.9, top=3, most_meetings=50)
    assert sharp.stop is Stop.STABLE
    assert sharp.calls < 200
    _, (coin,) = play(8, simulated(8, 0.5), calls=100, certainty=0.9, top=3, most_meetings=50)
    assert (coin.stop, coin.calls) == (Stop.CALLS_SPENT, 100)


def test_a_judge_that_never_answers_is_an_abstention() -> None:
    class Hanging:
        name = "hanging"

        async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
            await asyncio.Event().wait()
            raise AssertionError

    tournament, _ = play(4, Hanging(), calls=4, seconds_per_call=0.01)
    assert {match.fault for match in tournament.log} == {"no answer in 0.01 s"}


def test_a_fault_of_the_program_is_not_hidden() -> None:
    def broken(first: str, second: str, axis: Axis, seed: int) -> Opinion:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        play(4, FunctionJudge(broken), calls=4)


def test_a_spent_budget_ends_it_in_good_order_and_it_can_go_on(tmp_path: Path) -> None:
    whole, _ = play(7, simulated(7), calls=40, seed=3)
    for kill in (1, 5, 17, 39):
        judge = LimitedJudge(kill)
        path = tmp_path / f"{kill}.jsonl"
        _, (ending,) = play(7, judge, MatchFile(path), calls=40, seed=3)
        assert ending.stop is Stop.LIMIT
        assert len(MatchFile(path)) == kill
        with path.open("a") as file:
            file.write('{"axis": "nov')
        resumed = MatchFile(path)
        assert resumed.torn
        play(7, simulated(7), resumed, calls=40, seed=3)
        assert MatchFile(path).to_jsonl() == whole.log.to_jsonl()


class LimitedJudge:
    """A simulated judge whose budget is `left` calls."""

    name = "simulated"

    def __init__(self, left: int) -> None:
        self._left, self._judge = left, simulated(7)

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        self._left -= 1
        if self._left < 0:
            raise LimitReached(Limit.MONEY, "spent")
        return await self._judge.compare(first, second, axis, seed)


def test_concurrency_is_bounded_and_changes_nothing() -> None:
    class Counting:
        name = "simulated"
        now = most = 0

        async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(seed % 5):
                await asyncio.sleep(0)
            self.now -= 1
            return await simulated(12).compare(first, second, axis, seed)

    judge = Counting()
    many, _ = play(12, judge, calls=60, concurrency=5)
    assert judge.most == 5
    one, _ = play(12, simulated(12), calls=60, concurrency=1)
    assert many.log.to_jsonl() == one.log.to_jsonl()


def test_7_7_axes_are_judged_separately_and_share_the_calls() -> None:
    axes = (Axis.NOVELTY, Axis.CLARITY, Axis.EXCITEMENT)
    tournament, endings = play(8, simulated(8), calls=61, axes=axes)
    assert [ending.axis for ending in endings] == list(axes)
    assert sum(ending.calls for ending in endings) == len(tournament.log) == 61
    assert {ending.calls for ending in endings} == {20, 21}


def test_a_log_of_other_ideas_another_judge_or_another_plan_is_refused() -> None:
    tournament, _ = play(5, simulated(5), calls=10)
    with pytest.raises(UserError, match="ideas that are not here"):
        Tournament(texts(2), simulated(5), log=tournament.log)
    with pytest.raises(UserError, match="of the judge 'simulated'"):
        Tournament(texts(5), always(Verdict.TIE), log=tournament.log)
    with pytest.raises(UserError, match="another configuration"):
        play(5, simulated(5), MatchLog(tournament.log), calls=20, seed=1)


def test_bad_configurations_are_the_users_to_mend() -> None:
    for bad in ({"swapped": 1.5}, {"calls": -1}, {"concurrency": 0}, {"axes": ()}, {"axes": (AXIS, AXIS)}):
        with pytest.raises(UserError):
            TournamentConfig(**bad)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="two ideas"):
        Tournament(texts(1), always(Verdict.TIE))
