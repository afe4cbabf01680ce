"""A tournament: a budget of calls to one judge, planned in rounds, every call in the log.

It always ends: calls are counted before they are made, a call has a time limit, an abstention is asked
again once, and pairs meet a bounded number of times.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.errors import LimitReached, ModelOutputError, ProviderError, UserError
from ideation.ranking.bradley_terry import fit
from ideation.ranking.draws import draw
from ideation.ranking.judge import Opinion, PairJudge
from ideation.ranking.match_log import Axis, Match, MatchLog, Verdict, tally
from ideation.ranking.schedule import History, Pair, Schedule, plan
from ideation.ranking.tiers import top_certainty

UNASKED = "not asked yet"


class Stop(StrEnum):
    """Why an axis was done."""

    CALLS_SPENT = "calls_spent"
    LIMIT = "limit"
    STABLE = "stable"
    ALL_MET = "all_met"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentConfig:
    """`calls` is the budget over all `axes`, retries and swapped calls included.

    A share `swapped` of pairings is asked both ways round. An axis ends early when its `top` is certain:
    on average `certainty` of it would be in the top again; 1 or more never ends early. It ends too after
    `silent_after` pairings in a row without an answer.
    """

    calls: int = 250
    axes: tuple[Axis, ...] = (Axis.NOVELTY,)
    schedule: Schedule = Schedule.INFORMATION
    swapped: float = 0.2
    top: int = 10
    certainty: float = 0.9
    most_meetings: int = 3
    silent_after: int = 20
    concurrency: int = 4
    seconds_per_call: float = 120.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 <= self.swapped <= 1.0:
            raise UserError(f"the swapped share is between 0 and 1, not {self.swapped}")
        if min(self.calls, self.seed) < 0 or min(self.concurrency, self.top, self.most_meetings) < 1:
            raise UserError("a tournament needs calls, seed >= 0 and concurrency, top, meetings >= 1")
        if not self.axes or len(set(self.axes)) != len(self.axes):
            raise UserError("name each axis once, and at least one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one axis ended, and its calls."""

    axis: Axis
    stop: Stop
    calls: int


class Tournament:
    """`texts` are what a judge is shown, by idea id: see `ideation.ranking.blinding.blind`."""

    def __init__(
        self,
        texts: Mapping[str, str],
        judge: PairJudge,
        config: TournamentConfig | None = None,
        log: MatchLog | None = None,
    ) -> None:
        """A `log` with calls in it is taken up where it ended, with the same judge and configuration.

        Raises:
            UserError: fewer than two ideas, or the log is of other ideas or of another judge.
        """
        self.ideas = tuple(texts)
        self.log = MatchLog() if log is None else log
        self._texts, self._judge, self._config = texts, judge, config or TournamentConfig()
        self._limit: LimitReached | None = None
        if len(self.ideas) < 2:
            raise UserError("ranking needs two ideas: give more")
        for match in self.log:
            if not {match.first, match.second} <= texts.keys():
                raise UserError(f"the match log names ideas that are not here: {match.first}, {match.second}")
            if match.judge != judge.name:
                raise UserError(f"the match log is of the judge '{match.judge}', not '{judge.name}'")

    async def run(self) -> tuple[Ending, ...]:
        """Play all axes, the calls left shared evenly among the axes left.

        Raises:
            UserError: the log's last round was planned by another configuration.
        """
        endings: list[Ending] = []
        for at, axis in enumerate(self._config.axes):
            left = self._config.calls - sum(ending.calls for ending in endings)
            endings.append(await self._play(axis, left // (len(self._config.axes) - at)))
        return tuple(endings)

    async def _play(self, axis: Axis, calls: int) -> Ending:
        number = 0
        while (stop := self._stop(axis, number, calls)) is None:
            before = [match for match in self.log.on(axis) if match.round < number]
            history = replace(History.of(self.ideas, before), round=number)
            config = self._config
            pairs = plan(config.schedule, history, config.seed, most_meetings=config.most_meetings)
            if not pairs:
                stop = Stop.ALL_MET
                break
            await self._round(self._calls(axis, number, pairs, before), calls - len(before))
            number += 1
        return Ending(axis=axis, stop=stop, calls=len(self.log.on(axis)))

    def _stop(self, axis: Axis, number: int, calls: int) -> Stop | None:
        """Judged by whole rounds alone, so that a tournament taken up again ends where it would have."""
        if self._limit is not None:
            return Stop.LIMIT
        before = [match for match in self.log.on(axis) if match.round < number]
        if len(before) >= calls:
            return Stop.CALLS_SPENT
        if self._silent(before):
            return Stop.SILENT
        top = min(self._config.top, len(self.ideas) - 1)
        if before and self._config.certainty < 1.0:
            draws = draw(fit(tally(self.ideas, before)), self._config.seed, draws=200, moves=2)
            if top_certainty(draws, top) >= self._config.certainty:
                return Stop.STABLE
        return None

    def _silent(self, before: Sequence[Match]) -> bool:
        answered: dict[int, bool] = {}
        for match in before:
            heard = match.verdict is not Verdict.ABSTAIN
            answered[match.pairing] = answered.get(match.pairing, False) or heard
        last = [answered[pairing] for pairing in sorted(answered)][-self._config.silent_after :]
        return len(last) >= self._config.silent_after and not any(last)

    def _calls(self, axis: Axis, number: int, pairs: Sequence[Pair], before: Sequence[Match]) -> list[Match]:
        """The round's calls but for retries, as matches that nobody judged yet."""
        start = max((match.pairing + 1 for match in before), default=0)
        calls: list[Match] = []
        for pairing, (one, two) in enumerate(pairs, start=start):
            seed = _seed(self._config.seed, axis, pairing)
            first, second = (one, two) if seed % 2 else (two, one)
            call = Match(
                axis=axis,
                first=self.ideas[first],
                second=self.ideas[second],
                verdict=Verdict.ABSTAIN,
                judge=self._judge.name,
                pairing=pairing,
                seed=seed,
                round=number,
                fault=UNASKED,
            )
            calls.append(call)
            if int((pairing + 1) * self._config.swapped) > int(pairing * self._config.swapped):
                again = _seed(self._config.seed, axis, pairing, "swapped")
                calls.append(replace(call, first=call.second, second=call.first, swapped=True, seed=again))
        return calls

    async def _round(self, planned: Sequence[Match], calls: int) -> None:
        """Ask, then ask those who abstained once more; `calls` bounds both together."""
        asked = planned[:calls]
        await self._ask(asked)
        answers = {match.key: match for match in self.log}
        abstained = [
            call for call in asked if call.key in answers and answers[call.key].verdict is Verdict.ABSTAIN
        ]
        retries = [
            replace(call, retry=True, seed=_seed(call.seed, call.axis, call.pairing, "retry"))
            for call in abstained
        ]
        await self._ask(retries[: calls - len(asked)])

    async def _ask(self, calls: Sequence[Match]) -> None:
        known = {match.key: match for match in self.log}
        for call in calls:
            there = known.get(call.key)
            if there is not None and (there.first, there.seed) != (call.first, call.seed):
                raise UserError("the match log was planned by another configuration or seed: start a new one")
        gate = asyncio.Semaphore(self._config.concurrency)
        try:
            async with asyncio.TaskGroup() as group:
                for call in calls:
                    if call.key not in known:
                        group.create_task(self._call(call, gate))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _call(self, call: Match, gate: asyncio.Semaphore) -> None:
        async with gate:
            if self._limit is not None:
                return
            first, second = self._texts[call.first], self._texts[call.second]
            try:
                async with asyncio.timeout(self._config.seconds_per_call):
                    opinion: object = await self._judge.compare(first, second, call.axis, call.seed)
            except LimitReached as limit:
                self._limit = limit
                return
            except (ModelOutputError, ProviderError) as fault:
                self.log.append(replace(call, fault=str(fault) or type(fault).__name__))
                return
            except TimeoutError:
                self.log.append(replace(call, fault=f"no answer in {self._config.seconds_per_call:g} s"))
                return
            self.log.append(_answered(call, opinion))


def _answered(call: Match, opinion: object) -> Match:
    """Whatever a judge returns that is no opinion is an abstention: it is never a win."""
    if isinstance(opinion, Opinion) and isinstance(opinion.verdict, Verdict):
        return replace(call, verdict=opinion.verdict, reason=str(opinion.reason), fault="")
    return replace(call, fault="the judge returned no verdict")


def _seed(seed: int, axis: Axis, pairing: int, kind: str = "") -> int:
    digest = hashlib.sha256(f"{seed}\x1f{axis.value}\x1f{pairing}\x1f{kind}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
