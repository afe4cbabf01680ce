"""Recall: which items fit a query, by vector, words and cue, weighed by worth, within a budget."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.embedder import Embedder
from core.errors import ProviderError, StorageError
from core.guidance import guidance_line
from memory.identity import normalised
from memory.index_keeper import IndexKeeper
from memory.items import Hit, Item, Recall, RecallQuery, Status
from memory.ranking import CANDIDATE_TRUST, cue_contradicts, cue_matches, fused, relevance, words
from memory.shelf import Shelf, Vector, View

QUERY_VECTORS = 512
"""Vectors of queries kept: a task asks for each audience, and again for each attempt."""
OVER_FETCH = 4
"""Times the limit asked of the index: hits of other scopes and audiences fall away in the join."""


class Recaller:
    """Ranks what stands on the shelf; asks the index, where there is one, for the nearest."""

    def __init__(self, shelf: Shelf, embedder: Embedder, keeper: IndexKeeper | None) -> None:
        self._shelf, self._embedder, self._keeper = shelf, embedder, keeper
        self._query_vectors: OrderedDict[str, Vector] = OrderedDict()

    def recall(self, query: RecallQuery) -> Recall:
        self._shelf.refresh()
        view = self._shelf.view(query.scope, query.audience)
        vector = self._query_vector(query.text) if view.entries else None
        hits = self._rank(query, view, vector)
        broken = self._keeper is not None and self._keeper.broken is not None
        return Recall(
            hits=_within_budget(hits, query),
            abstained=not hits,
            degraded=broken or self._shelf.unembedded or (vector is None and bool(view.entries)),
            embedder=self._embedder.id,
        )

    def _rank(self, query: RecallQuery, view: View, vector: Vector | None) -> list[Hit]:
        """All that clear the floor or match by cue, best first; equal scores in order of id."""
        if not view.entries:
            return []
        cues = frozenset(normalised(cue) for cue in query.cues)
        similarity = (
            np.zeros(len(view.entries)) if vector is None else (view.matrix @ vector).astype(np.float64)
        )
        keyword = view.keywords.scores(words(query.text))
        cue = np.array(
            [cue_matches(entry.item.cue, entry.cues, cues, query.text) for entry in view.entries], float
        )
        rank = fused(similarity, keyword, cue, self._nearest(view, vector, query.limit))
        worth = np.array([_worth(entry.item) for entry in view.entries])
        score = np.round(rank * worth, 9)
        elsewhere = np.array([cue_contradicts(entry.cues, cues) for entry in view.entries], bool)
        fits = ((relevance(similarity, keyword) >= query.floor) & ~elsewhere) | (cue > 0)
        order = [position for position in np.argsort(-score, kind="stable") if fits[position]]
        return [
            Hit(
                item=view.entries[position].item,
                score=float(score[position]),
                similarity=float(similarity[position]),
                keyword=float(keyword[position]),
                cue=float(cue[position]),
                rank=float(rank[position]),
                worth=float(worth[position]),
            )
            for position in order
        ]

    def _nearest(self, view: View, vector: Vector | None, limit: int) -> NDArray[np.bool_]:
        """Which entries get a rank by similarity: those that the index names, or all where it cannot help."""
        every = np.full(len(view.entries), vector is not None)
        if vector is None or self._keeper is None:
            return every
        found = self._keeper.nearest(vector, limit * OVER_FETCH)
        if found is None:
            return every
        named = np.array([entry.item.id in found for entry in view.entries])
        # A scope that is small in a large memory may lie outside what the index names: compare it exactly.
        return named if named.sum() >= min(limit, len(view.entries)) else every

    def _query_vector(self, text: str) -> Vector | None:
        if (known := self._query_vectors.get(text)) is not None:
            self._query_vectors.move_to_end(text)
            return known
        try:
            vector: Vector = self._embedder.embed([text])[0]
        except (ProviderError, StorageError):
            return None  # words and cues still find something, and recall says that it is degraded
        self._query_vectors[text] = vector
        if len(self._query_vectors) > QUERY_VECTORS:
            self._query_vectors.popitem(last=False)
        return vector


def _worth(item: Item) -> float:
    """0.5 to 1.5: an item without credit counts as it is (prior mean 0.5)."""
    trust = CANDIDATE_TRUST if item.status is Status.CANDIDATE else 1.0
    return (0.5 + item.credit.mean) * trust


def _within_budget(hits: list[Hit], query: RecallQuery) -> tuple[Hit, ...]:
    """The best that fit limit and token budget together; one too long leaves room for shorter ones."""
    chosen: list[Hit] = []
    left = query.token_budget
    for hit in hits:
        if len(chosen) == query.limit:
            break
        cost = _tokens(guidance_line(hit.item.kind, hit.item.content, hit.item.action) + "\n")
        if cost <= left:
            chosen.append(hit)
            left -= cost
    return tuple(chosen)


@lru_cache(maxsize=4096)
def _tokens(line: str) -> int:
    """Tokens of the line as an agent reads it."""
    from core.tokens import count_tokens

    return count_tokens(line)
