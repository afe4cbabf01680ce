"""The one record of a tournament: every call to a judge; everything else is computed from it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Ints = NDArray[np.intp]
Key = tuple[str, int, int, bool, bool, str]


class Axis(StrEnum):
    """What two ideas are compared on; each axis is judged and fitted by itself."""

    NOVELTY = "novelty"
    EXCITEMENT = "excitement"
    FEASIBILITY = "feasibility"
    EFFECTIVENESS = "effectiveness"
    CLARITY = "clarity"


class Verdict(StrEnum):
    """A judge's answer; `abstain` is also what an unreadable answer becomes, and it is never a win."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One call. `first` and `second` are idea ids in the order shown.

    Calls about one pairing share its number: the first, its retry after an abstention, and where the
    pairing is also asked the other way round, that call (`swapped`) and its retry. `round` is the round
    whose plan the call belongs to. `fault` says why there is no answer; `reason` is the judge's own.
    """

    axis: Axis
    first: str
    second: str
    verdict: Verdict
    judge: str
    pairing: int
    seed: int
    round: int = 0
    swapped: bool = False
    retry: bool = False
    reason: str = ""
    fault: str = ""

    def __post_init__(self) -> None:
        if self.first == self.second:
            raise ValueError(f"{self.first!r} cannot meet itself")
        if min(self.pairing, self.seed, self.round) < 0:
            raise ValueError("a pairing's number, a round and a call's seed are not negative")
        if self.fault and self.verdict is not Verdict.ABSTAIN:
            raise ValueError("a call that failed has no verdict")

    @property
    def key(self) -> Key:
        """What a call is, whenever it came back: the log's order."""
        return (self.axis.value, self.round, self.pairing, self.swapped, self.retry, self.judge)

    @property
    def pair(self) -> tuple[str, str]:
        """The two ideas, the lesser id first."""
        return (self.first, self.second) if self.first < self.second else (self.second, self.first)


class MatchLog:
    """Matches in the order of their plan, whatever order the answers came in. It only grows."""

    def __init__(self, matches: Iterable[Match] = ()) -> None:
        self._matches: list[Match] = []
        self._keys: list[Key] = []
        for match in matches:
            self.append(match)

    def append(self, match: Match) -> None:
        """Raises `ValueError` for a call that is there already."""
        at = bisect_left(self._keys, match.key)
        if at < len(self._keys) and self._keys[at] == match.key:
            raise ValueError(f"this call is in the log already: {match.key}")
        self._keys.insert(at, match.key)
        self._matches.insert(at, match)

    def __iter__(self) -> Iterator[Match]:
        return iter(tuple(self._matches))

    def __len__(self) -> int:
        return len(self._matches)

    def on(self, axis: Axis) -> tuple[Match, ...]:
        return tuple(match for match in self._matches if match.axis is axis)

    def to_jsonl(self) -> str:
        return "".join(line(match) for match in self._matches)

    @classmethod
    def from_jsonl(cls, text: str) -> MatchLog:
        """The log that `to_jsonl` wrote.

        Raises `UserError` that names every bad line: a log with a hole would rank as if nothing lacked.
        """
        log, faults = cls(), []
        for number, each in enumerate(text.split("\n"), start=1):
            if not each.strip():
                continue
            try:
                log.append(_read(each))
            except (ValueError, TypeError, KeyError) as fault:
                faults.append(f"line {number}: {fault}")
        if faults:
            raise UserError(f"not a match log: {'; '.join(faults)}")
        return log


def line(match: Match) -> str:
    """One line of JSONL."""
    return json.dumps(asdict(match), ensure_ascii=False) + "\n"


_NUMBERS, _FLAGS = ("pairing", "seed", "round"), ("swapped", "retry")


def _read(text: str) -> Match:
    record = json.loads(text)
    if not isinstance(record, dict):
        raise ValueError("not an object")
    fields = set(Match.__dataclass_fields__)
    if set(record) != fields:
        raise ValueError(f"fields lacking or unknown: {', '.join(sorted(fields ^ set(record)))}")
    words = {name: record.pop(name) for name in ("axis", "verdict")}
    for name, value in record.items():
        wanted = int if name in _NUMBERS else bool if name in _FLAGS else str
        if type(value) is not wanted:
            raise ValueError(f"{name} is {value!r}")
    return Match(axis=Axis(words["axis"]), verdict=Verdict(words["verdict"]), **record)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """The answered calls as arrays, one entry a call, in order; abstentions are not in it.

    `first`, `second`: places in `ideas` of the ideas shown. `side`: +1 the first won, -1 the second,
    0 a tie.
    """

    ideas: tuple[str, ...]
    first: Ints
    second: Ints
    side: NDArray[np.float64]

    def points(self) -> NDArray[np.float64]:
        """A win 1, a tie a half, for each idea."""
        n, won = len(self.ideas), (1 + self.side) / 2
        points = np.zeros(n)
        np.add.at(points, self.first, won)
        np.add.at(points, self.second, 1 - won)
        return points


_SIDES = {Verdict.FIRST: 1.0, Verdict.SECOND: -1.0, Verdict.TIE: 0.0}


def tally(ideas: Sequence[str], matches: Iterable[Match]) -> Tally:
    """Count `matches` of one axis. Raises `ValueError` for an idea not in `ideas` or for mixed axes."""
    place = {idea: index for index, idea in enumerate(ideas)}
    if len(place) != len(ideas):
        raise ValueError("an idea is listed twice")
    kept = list(matches)
    if len({match.axis for match in kept}) > 1:
        raise ValueError("one tally is of one axis")
    if unknown := {name for match in kept for name in (match.first, match.second)} - place.keys():
        raise ValueError(f"unknown ideas: {', '.join(sorted(unknown))}")
    kept = [match for match in kept if match.verdict is not Verdict.ABSTAIN]
    return Tally(
        ideas=tuple(ideas),
        first=np.array([place[match.first] for match in kept], dtype=np.intp),
        second=np.array([place[match.second] for match in kept], dtype=np.intp),
        side=np.array([_SIDES[match.verdict] for match in kept], dtype=np.float64),
    )
