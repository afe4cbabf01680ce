"""Judges and small tournaments that several tests of ranking share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ideation.ranking.judge import Opinion
from ideation.ranking.match_log import Axis, Match, MatchLog, Verdict
from ideation.ranking.simulated_judge import SimulatedJudge, slope_for
from ideation.ranking.tournament import Ending, Tournament, TournamentConfig

AXIS = Axis.NOVELTY
Answer = Callable[[str, str, Axis, int], Opinion]


class FunctionJudge:
    """Answers with what a function of a call returns, and keeps the calls."""

    def __init__(self, answer: Answer, name: str = "function") -> None:
        self.name = name
        self.calls: list[tuple[str, str, Axis, int]] = []
        self._answer = answer

    async def compare(self, first: str, second: str, axis: Axis, seed: int) -> Opinion:
        self.calls.append((first, second, axis, seed))
        await asyncio.sleep(0)
        return self._answer(first, second, axis, seed)


def always(verdict: Verdict) -> FunctionJudge:
    return FunctionJudge(lambda *_: Opinion(verdict=verdict, reason="always"))


def texts(n: int) -> dict[str, str]:
    return {f"i{at:03}": f"text {at}" for at in range(n)}


def simulated(n: int, accuracy: float = 0.8, **knobs: float) -> SimulatedJudge:
    """Text 0 is the best, and so on, evenly over four standard deviations."""
    gap = 4.0 / max(1, n - 1)
    qualities = {text: 2.0 - gap * at for at, text in enumerate(texts(n).values())}
    return SimulatedJudge(qualities=qualities, slope=slope_for(accuracy), **knobs)  # type: ignore[arg-type]


def play(
    n: int, judge: object, log: MatchLog | None = None, **config: object
) -> tuple[Tournament, tuple[Ending, ...]]:
    settings = TournamentConfig(**{"axes": (AXIS,), "certainty": 1.0, **config})  # type: ignore[arg-type]
    tournament = Tournament(texts(n), judge, settings, log)  # type: ignore[arg-type]
    return tournament, asyncio.run(tournament.run())


def match(
    first: str,
    second: str,
    verdict: Verdict = Verdict.FIRST,
    pairing: int = 0,
    *,
    judge: str = "j",
    swapped: bool = False,
    round_number: int = 0,
) -> Match:
    return Match(
        axis=AXIS,
        first=first,
        second=second,
        verdict=verdict,
        judge=judge,
        pairing=pairing,
        seed=0,
        round=round_number,
        swapped=swapped,
    )
