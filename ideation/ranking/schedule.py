"""Who meets whom next: round-robin, Swiss, random, or by information.

All four keep one rule: two ideas meet again only when each has met all others as often. A plan is a
function of what happened in earlier rounds and of a seed, so that a tournament can be taken up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ideation.ranking.bradley_terry import fit
from ideation.ranking.match_log import Ints, Match, Tally, tally

NEIGHBOURS = 12
"""Opponents that the matching looks at first, nearest in the order."""

Pair = tuple[int, int]


class Schedule(StrEnum):
    """How pairs are chosen; `information` learns most per call, as the simulation's table shows."""

    ROUND_ROBIN = "round_robin"
    SWISS = "swiss"
    RANDOM = "random"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """What earlier rounds left. `met` (n, n) counts pairings, answered or not; `byes` (n,) rounds sat out."""

    tally: Tally
    met: Ints
    byes: Ints
    round: int

    @classmethod
    def of(cls, ideas: Sequence[str], matches: Iterable[Match]) -> History:
        """From the calls of one axis and of whole rounds."""
        kept = list(matches)
        place = {idea: index for index, idea in enumerate(ideas)}
        met = np.zeros((len(ideas), len(ideas)), dtype=np.intp)
        rounds = max((match.round + 1 for match in kept), default=0)
        played = np.zeros((rounds, len(ideas)), dtype=bool)
        for pairing in {(match.round, match.pairing, match.pair) for match in kept}:
            one, two = (place[idea] for idea in pairing[2])
            met[one, two] += 1
            met[two, one] += 1
            played[pairing[0], [one, two]] = True
        byes = (~played).sum(axis=0).astype(np.intp)
        return cls(tally=tally(ideas, kept), met=met, byes=byes, round=rounds)


def plan(schedule: Schedule, history: History, seed: int, *, most_meetings: int) -> list[Pair]:
    """The next round's pairs, as places of ideas: n // 2 or fewer; none once all met that often."""
    met = history.met.copy()
    random = np.random.default_rng([seed, history.round])
    if not _allowed(met, most_meetings).any():
        return []
    match schedule:
        case Schedule.ROUND_ROBIN:
            return _circle(len(met), history.round, np.random.default_rng(seed))
        case Schedule.SWISS:
            points = history.tally.points()
            order = np.lexsort((random.random(len(met)), -points))
            pairs = _matched(order, history, most_meetings)
        case Schedule.RANDOM:
            pairs = _matched(random.permutation(len(met)), history, most_meetings)
        case Schedule.INFORMATION:
            return _telling(history, most_meetings, random)
    return [pairs[at] for at in random.permutation(len(pairs))]


def _allowed(met: Ints, most: int) -> NDArray[np.bool_]:
    """Shape (n, n): neither has an opponent that it met less often. Some pair always is, below `most`."""
    others = np.where(np.eye(len(met), dtype=bool), np.iinfo(np.intp).max, met)
    least = others.min(axis=1)
    allowed: NDArray[np.bool_] = (others <= least[:, None]) & (others <= least[None, :]) & (others < most)
    return allowed


def _circle(n: int, round_number: int, random: np.random.Generator) -> list[Pair]:
    """Round of the circle method: in n - 1 rounds (n odd: n, with one bye each) all meet once."""
    seats = [*random.permutation(n).tolist(), *([-1] if n % 2 else [])]
    turn = round_number % (len(seats) - 1)
    ring = seats[1:][turn:] + seats[1:][:turn]
    table = [seats[0], *ring]
    pairs = zip(table[: len(table) // 2], reversed(table[len(table) // 2 :]), strict=True)
    return [(one, two) for one, two in pairs if min(one, two) >= 0]


def _matched(order: Ints, history: History, most: int) -> list[Pair]:
    """Most pairs that the rule allows, neighbours in `order` preferred; with an odd number one has a bye.

    The bye goes to the last in order of those who had the fewest.
    """
    playing = order.tolist()
    if len(playing) % 2:
        fewest = int(history.byes.min())
        playing.remove(next(idea for idea in reversed(playing) if history.byes[idea] == fewest))
    allowed = _allowed(history.met, most)
    for reach in (NEIGHBOURS, len(playing)):
        graph = nx.Graph()
        for at, one in enumerate(playing):
            for far, two in enumerate(playing[at + 1 : at + 1 + reach], start=1):
                if allowed[one, two]:
                    graph.add_edge(one, two, weight=-(far**2))
        found = sorted(nx.max_weight_matching(graph, maxcardinality=True))
        if 2 * len(found) == len(playing) or reach >= len(playing):
            break
    return [(int(one), int(two)) for one, two in found]


def _telling(history: History, most: int, random: np.random.Generator) -> list[Pair]:
    """Pairs whose calls tell most about the strengths, one after another, each given those before it.

    A call about strengths that differ by d with variance v tells about log(1 + p(1 - p) v) / 2, where p
    is the chance that the one wins: close strength times uncertainty. After each choice the covariance
    takes the step that its call will make whatever the answer (D-optimal design).
    """
    n, met = len(history.met), history.met.copy()
    found = fit(history.tally)
    covariance = np.linalg.inv(found.curvature(found.point, found.spread))[:n, :n]
    odds = found.strengths[:, None] - found.strengths[None, :]
    weight = 1.0 / (2.0 + 2.0 * np.cosh(odds))
    pairs: list[Pair] = []
    for _ in range(max(1, n // 2)):
        allowed = _allowed(met, most)
        if not allowed.any():
            break
        spread = np.diag(covariance)
        gain = weight * (spread[:, None] + spread[None, :] - 2.0 * covariance)
        gain = np.where(allowed, gain * (1.0 + 1e-6 * random.random((n, n))), -np.inf)
        one, two = divmod(int(gain.argmax()), n)
        pairs.append((one, two))
        met[one, two] += 1
        met[two, one] += 1
        lean = covariance[:, one] - covariance[:, two]
        step = weight[one, two] / (1.0 + weight[one, two] * (lean[one] - lean[two]))
        covariance = covariance - step * np.outer(lean, lean)
    return pairs
