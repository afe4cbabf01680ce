"""How far a judge can be trusted, from the match log alone: position, abstentions, cycles, consistency."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ideation.ranking.match_log import Match, Verdict

Z95 = 1.959963984540054
CYCLES_BY_CHANCE = 0.25
"""Share of intransitive triples when every pair is decided by a coin."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`of` trials with `count` hits; `low` and `high` are Wilson's 95 % interval (JASA 22, 1927)."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """None without trials."""
        return self.count / self.of if self.of else None

    @property
    def low(self) -> float:
        return self._end(-1.0)

    @property
    def high(self) -> float:
        return self._end(1.0)

    def _end(self, side: float) -> float:
        if not self.of:
            return 0.0 if side < 0 else 1.0
        rate, n = self.count / self.of, self.of
        middle = rate + Z95**2 / (2 * n)
        reach = Z95 * math.sqrt(rate * (1 - rate) / n + Z95**2 / (4 * n * n))
        end = (middle + side * reach) / (1 + Z95**2 / n)
        # Rounding may leave an end a hair inside a share of 0 or 1.
        return max(end, rate) if side > 0 else min(end, rate)

    def __str__(self) -> str:
        return f"{self.count}/{self.of} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hygiene:
    """Of one axis and one judge. See each function for what its share counts."""

    abstained: Share
    unresolved: Share
    first_slot: Share
    swapped_first_slot: Share
    consistent: Share
    cycles: Share


def hygiene(matches: Sequence[Match]) -> Hygiene:
    """All figures of one axis and one judge."""
    answered = _resolved(matches)
    return Hygiene(
        abstained=abstention_rate(matches),
        unresolved=Share(count=len(_pairings(matches)) - len(answered), of=len(_pairings(matches))),
        first_slot=first_slot_share(matches),
        swapped_first_slot=swapped_first_slot_share(matches),
        consistent=self_consistency(matches),
        cycles=intransitive_triples(matches),
    )


def abstention_rate(matches: Iterable[Match]) -> Share:
    """Calls without a verdict among all calls, retries included."""
    verdicts = [match.verdict for match in matches]
    return Share(count=verdicts.count(Verdict.ABSTAIN), of=len(verdicts))


def first_slot_share(matches: Iterable[Match]) -> Share:
    """Wins of the first slot among decided calls; one half without position bias, as order is random."""
    verdicts = Counter(match.verdict for match in matches)
    return Share(count=verdicts[Verdict.FIRST], of=verdicts[Verdict.FIRST] + verdicts[Verdict.SECOND])


def swapped_first_slot_share(matches: Iterable[Match]) -> Share:
    """Among pairings asked both ways that got one slot twice, and so two ideas: those that got the first.

    One half without position bias, whatever the ideas are worth. With bias b (log odds) it is
    1 / (1 + exp(-2 b)) for any pair of Bradley and Terry's model: no strengths are needed.
    """
    twice = [both for both in _both_ways(matches) if both[0] is both[1]]
    decided = [both[0] for both in twice if both[0] in (Verdict.FIRST, Verdict.SECOND)]
    return Share(count=decided.count(Verdict.FIRST), of=len(decided))


def position_bias(share: Share) -> tuple[float, float, float]:
    """Log odds (estimate, low, high at 95 %) of the first slot, from `swapped_first_slot_share`.

    The odds of choosing slot one twice rather than slot two twice are exp(2 b), hence the half. The
    estimate adds half a count to each side, so that it stays finite; an end may be infinite.
    """
    middle = math.log((share.count + 0.5) / (share.of - share.count + 0.5)) / 2
    return middle, min(middle, _log_odds(share.low) / 2), max(middle, _log_odds(share.high) / 2)


def self_consistency(matches: Iterable[Match]) -> Share:
    """Among pairings asked both ways and answered both times: those whose answers agree on the ideas."""
    both = _both_ways(matches)
    return Share(count=sum(_turned(two) is one for one, two in both), of=len(both))


def intransitive_triples(matches: Iterable[Match]) -> Share:
    """Cycles among triples of ideas of which every pair was decided, by majority of its calls."""
    beats = _winners(matches)
    triples = cycles = 0
    opponents: dict[str, set[str]] = {}
    for one, two in beats:
        opponents.setdefault(one, set()).add(two)
        opponents.setdefault(two, set()).add(one)
    for one in sorted(opponents):
        for two, three in combinations(sorted(each for each in opponents[one] if each > one), 2):
            if three in opponents[two]:
                triples += 1
                wins = Counter((beats[one, two], beats[one, three], beats[two, three]))
                cycles += len(wins) == 3
    return Share(count=cycles, of=triples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Cohen's kappa with a 95 % bootstrap interval over pairs, and raw agreement; None where undefined."""

    pairs: int
    agreement: Share
    value: float | None
    low: float | None
    high: float | None


def kappa(one: Iterable[Match], two: Iterable[Match], seed: int = 0, *, draws: int = 2000) -> Kappa:
    """Agreement of two judges on pairs that both answered (winner, or tie), beyond chance.

    Verdicts are taken by the ideas' ids, not by slot, which would add each judge's position bias. Which
    id is the lesser says nothing about worth, so chance is near one half when there are few ties.
    """
    left, right = _signs(one), _signs(two)
    shared = sorted(left.keys() & right.keys())
    table = np.array([[left[pair], right[pair]] for pair in shared], dtype=np.intp).reshape(-1, 2)
    agreement = Share(count=int((table[:, 0] == table[:, 1]).sum()), of=len(shared))
    value = _kappa(table)
    if value is None:
        return Kappa(pairs=len(shared), agreement=agreement, value=None, low=None, high=None)
    random = np.random.default_rng(seed)
    picks = (table[random.integers(len(table), size=len(table))] for _ in range(draws))
    drawn = [each for each in map(_kappa, picks) if each is not None]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Kappa(pairs=len(shared), agreement=agreement, value=value, low=float(low), high=float(high))


def _kappa(table: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> float | None:
    if not len(table):
        return None
    agreed = float((table[:, 0] == table[:, 1]).mean())
    chance = sum(
        float((table[:, 0] == side).mean()) * float((table[:, 1] == side).mean()) for side in (-1, 0, 1)
    )
    return None if chance >= 1.0 - 1e-12 else (agreed - chance) / (1.0 - chance)


def _pairings(matches: Iterable[Match]) -> set[tuple[int, str]]:
    return {(match.pairing, match.judge) for match in matches}


def _resolved(matches: Iterable[Match]) -> set[tuple[int, str]]:
    return _pairings(match for match in matches if match.verdict is not Verdict.ABSTAIN)


def _both_ways(matches: Iterable[Match]) -> list[tuple[Verdict, Verdict]]:
    """Answers of each pairing that was answered both ways round: as first asked, and swapped."""
    answers: dict[tuple[int, str], dict[bool, Verdict]] = {}
    for match in matches:
        if match.verdict is not Verdict.ABSTAIN:
            answers.setdefault((match.pairing, match.judge), {})[match.swapped] = match.verdict
    return [(each[False], each[True]) for each in answers.values() if len(each) == 2]


def _turned(verdict: Verdict) -> Verdict:
    return {Verdict.FIRST: Verdict.SECOND, Verdict.SECOND: Verdict.FIRST}.get(verdict, verdict)


def _signs(matches: Iterable[Match]) -> dict[Pair, int]:
    """+1 where the lesser id won most of a pair's answered calls, -1 where it lost most, else 0."""
    sums: dict[Pair, int] = {}
    for match in matches:
        if match.verdict is not Verdict.ABSTAIN:
            side = {Verdict.FIRST: 1, Verdict.SECOND: -1}.get(match.verdict, 0)
            turned = side if match.first == match.pair[0] else -side
            sums[match.pair] = sums.get(match.pair, 0) + turned
    return {pair: (total > 0) - (total < 0) for pair, total in sums.items()}


def _winners(matches: Iterable[Match]) -> Mapping[Pair, str]:
    return {pair: pair[0] if sign > 0 else pair[1] for pair, sign in _signs(matches).items() if sign}


def _log_odds(share: float) -> float:
    if share <= 0.0:
        return -math.inf
    return math.inf if share >= 1.0 else math.log(share / (1.0 - share))
