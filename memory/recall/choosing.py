"""Which candidates are shown: floor, cues, twins, contradictions, one candidate, limit, token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memory.items import Considered, Fate, Hit, ItemId, RecallQuery, Status
from memory.recall.diversity import TOO_ALIKE, mmr
from memory.recall.section import Entry

NEVER_TOO_ALIKE = 2.0
POOL = 4
"""Times the limit that diversity chooses from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A hit with what its fate depends on."""

    hit: Hit
    entry: Entry
    over_floor: bool
    other_cue: bool


def choose(
    query: RecallQuery, scored: Sequence[Scored], contradictions: frozenset[tuple[ItemId, ItemId]]
) -> list[Considered]:
    """What becomes of every candidate: the chosen first, in the order in which they are shown."""
    fitting = [each for each in scored if each.over_floor and not each.other_cue]
    misfits = [
        _considered(each, Fate.OTHER_CUE if each.other_cue else Fate.UNDER_FLOOR)
        for each in scored
        if not each.over_floor or each.other_cue
    ]
    ordered, twins = _diverse(query, fitting)
    taking = _Taking(query, contradictions)
    taken = [taking.take(each) for each in ordered]
    return [*sorted(taken, key=lambda each: each.fate is not Fate.SHOWN), *twins, *misfits]


class _Taking:
    """Goes through candidates best first and remembers what is taken already."""

    def __init__(self, query: RecallQuery, contradictions: frozenset[tuple[ItemId, ItemId]]) -> None:
        self._query, self._contradictions = query, contradictions
        self._shown: list[ItemId] = []
        self._candidate: ItemId | None = None
        self._left = query.token_budget

    def take(self, scored: Scored) -> Considered:
        item, cost = scored.hit.item, scored.entry.tokens
        if (rival := self._rival(item.id)) is not None:
            return _considered(scored, Fate.CONTRADICTS, rival)
        # One item of too little evidence in a prompt is the most (against poisoned memories, OWASP ASI06).
        if item.status is Status.CANDIDATE and self._candidate is not None:
            return _considered(scored, Fate.CANDIDATE_SHOWN, self._candidate)
        if len(self._shown) >= self._query.limit:
            return _considered(scored, Fate.OVER_LIMIT)
        if cost > self._left:
            return _considered(scored, Fate.OVER_BUDGET)  # a shorter one behind it may still fit
        self._shown.append(item.id)
        self._left -= cost
        if item.status is Status.CANDIDATE:
            self._candidate = item.id
        return _considered(scored, Fate.SHOWN)

    def _rival(self, item_id: ItemId) -> ItemId | None:
        for shown in self._shown:
            if (min(shown, item_id), max(shown, item_id)) in self._contradictions:
                return shown
        return None


def _diverse(query: RecallQuery, fitting: Sequence[Scored]) -> tuple[list[Scored], list[Considered]]:
    """The order of maximal marginal relevance, and those that say the same as a better one."""
    pool, rest = list(fitting[: query.limit * POOL]), list(fitting[query.limit * POOL :])
    if not pool:
        return rest, []
    scores = np.array([each.hit.score for each in pool])
    size = max((len(each.entry.vector) for each in pool if each.entry.vector is not None), default=1)
    blank = np.zeros(size, dtype=np.float32)
    vectors = np.stack([blank if each.entry.vector is None else each.entry.vector for each in pool])
    alike = np.vecdot(vectors[:, np.newaxis], vectors) >= TOO_ALIKE
    ordered: list[int] = []
    twins = []
    # Lessons that differ in a table's name alone lie as close as twins: only equal actions make them so.
    for position in mmr(scores, vectors, len(pool), too_alike=NEVER_TOO_ALIKE).chosen:
        near = [each for each in ordered if alike[position, each]]
        twin = next((each for each in near if _same_action(pool[position], pool[each])), None)
        if twin is None:
            ordered.append(position)
        else:
            twins.append(_considered(pool[position], Fate.LIKE_ANOTHER, pool[twin].hit.item.id))
    return [*(pool[position] for position in ordered), *rest], twins


def _same_action(one: Scored, other: Scored) -> bool:
    return (one.hit.item.kind, one.hit.item.action) == (other.hit.item.kind, other.hit.item.action)


def _considered(scored: Scored, fate: Fate, because_of: ItemId | None = None) -> Considered:
    return Considered(hit=scored.hit, fate=fate, tokens=scored.entry.tokens, because_of=because_of)
