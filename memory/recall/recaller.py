"""Recall: which items fit a query, by vector, words and cue, weighed by credit, within a budget.

The steps, top to bottom: clean the query, gather candidates from three channels, score them, go through them
best first (floor, cue, twins, contradictions, one candidate, limit, budget), and leave some out by chance.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from core.database import Database
from core.embedder import Embedder
from core.errors import ProviderError, StorageError
from memory.credit.doubt import share_withheld
from memory.index.keeper import IndexKeeper
from memory.items import Considered, Fate, Hit, ItemId, Recall, RecallQuery, draft_of
from memory.recall.choosing import POOL, Scored, choose
from memory.recall.cues import cue_contradicts, cue_key, cues_in
from memory.recall.likeness import akin, threshold_for
from memory.recall.query import clean_query
from memory.recall.ranking import fused, relevance, telling_words, words, worth_of
from memory.recall.scoring import keyword_scores
from memory.recall.section import Entry, Section, Vector
from memory.recall.shelf import Shelf, scopes_above
from memory.sql import keywords

QUERY_VECTORS = 512
"""Vectors of queries kept: a task asks for each audience, and again for each attempt."""
CHANNEL = 64
"""Candidates that the vector and the keyword channel bring each."""

Pairs = Callable[[Connection], frozenset[tuple[ItemId, ItemId]]]
"""Which items contradict each other, the lesser id first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The candidates of one query with what is needed to score them."""

    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    cued: frozenset[ItemId]
    contradictions: frozenset[tuple[ItemId, ItemId]]


class Recaller:
    """Searches the shelf; asks the vector index, where there is one, for the nearest."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        embedder: Embedder,
        keeper: IndexKeeper | None,
        contradictions: Pairs,
    ) -> None:
        self._database, self._shelf, self._embedder, self._keeper = database, shelf, embedder, keeper
        self._contradictions = contradictions
        self._threshold = threshold_for(embedder.id)
        self._query_vectors: OrderedDict[str, Vector] = OrderedDict()
        self._pairs: tuple[tuple[str, int], frozenset[tuple[ItemId, ItemId]]] | None = None

    def recall(self, query: RecallQuery, *, explain: bool = False) -> Recall:
        """What fits, best first; with `explain` every candidate and what became of it."""
        text = clean_query(query.text)
        vector = self._query_vector(text)
        with self._shelf.lock:
            found = self._gather(replace(query, text=text), vector)
            scored = _score(query, text, vector, found, everything=explain)
        considered = choose(query, scored, found.contradictions)
        considered = self._drawn(query, considered, {each.hit.item.id: each.entry for each in scored})
        broken = self._keeper is not None and self._keeper.degraded is not None
        hits = tuple(each.hit for each in considered if each.fate is Fate.SHOWN)
        withheld = tuple(each.hit for each in considered if each.fate is Fate.WITHHELD)
        return Recall(
            hits=hits,
            withheld=withheld,
            abstained=not hits and not withheld,
            degraded=broken or self._shelf.unembedded or (vector is None and bool(found.entries)),
            embedder=self._embedder.id,
            considered=tuple(considered) if explain else (),
            cleaned_query=text,
        )

    def _gather(self, query: RecallQuery, vector: Vector | None) -> Gathered:
        with self._database.reading() as session:
            sections = self._shelf.sections(session.connection(), query.scope, query.audience)
        self._shelf.embed_missing(sections)
        found: dict[ItemId, Entry] = {}
        with self._database.reading() as session:
            connection = session.connection()
            asked = words(query.text)
            cues = frozenset(map(cue_key, query.cues)) | cues_in(query.text)
            cued: set[ItemId] = set()
            for scope, section in zip(scopes_above(query.scope), sections, strict=True):
                if not len(section):
                    continue
                name = keywords.section(scope, query.audience)
                telling = telling_words(asked, section.spread, len(section))
                numbers = keywords.find(connection, name, telling, CHANNEL)
                marked = section.cued(cues, query.text)
                cued.update(entry.item.id for entry in marked)
                near = [] if vector is None else self._nearest(section, name, vector)
                for entry in (*near, *section.numbered(numbers), *marked):
                    if entry.item.student_model in ("", query.student_model):
                        found[entry.item.id] = entry
            entries = tuple(found[item_id] for item_id in sorted(found))
            pairs = self._known_pairs(connection)
        return Gathered(sections=sections, entries=entries, cued=frozenset(cued), contradictions=pairs)

    def _known_pairs(self, connection: Connection) -> frozenset[tuple[ItemId, ItemId]]:
        at = self._shelf.state
        if self._pairs is None or self._pairs[0] != at:
            self._pairs = (at, self._contradictions(connection))
        return self._pairs[1]

    def _nearest(self, section: Section, name: str, vector: Vector) -> list[Entry]:
        """By the index where it can be used, and what it has not taken over yet beside it; else exactly."""
        if self._keeper is None or not len(section):
            return section.nearest(vector, CHANNEL)
        waiting = self._keeper.waiting()
        named = self._keeper.nearest(name, vector, CHANNEL)
        if named is None:
            return section.nearest(vector, CHANNEL)
        # The index is never believed: an item counts at the version that SQL has, or it is compared anew.
        current = [
            entry
            for item_id, version in named
            if (entry := section.entries.get(item_id)) is not None and entry.item.version == version
        ]
        late = [section.entries[each] for each in sorted(waiting) if each in section.entries]
        if len(current) < min(CHANNEL, len(section) - len(late)):
            return section.nearest(vector, CHANNEL)
        return [*current, *late]

    def _drawn(
        self, query: RecallQuery, considered: Sequence[Considered], entries: Mapping[ItemId, Entry]
    ) -> list[Considered]:
        """Leave shown items out by chance. Those akin are drawn with one number: while one wording of a
        lesson stays, leaving out another changes nothing.
        """
        if query.draw is None or query.withhold <= 0:
            return list(considered)
        drawn: list[Considered] = []
        numbers: dict[ItemId, float] = {}
        for each in considered:
            hit = each.hit
            if each.fate is Fate.SHOWN and not hit.item.pinned:
                entry = entries[hit.item.id]
                kin = next((known for known in numbers if self._akin(entry, entries[known])), None)
                number = chance(query.draw, hit.item.id) if kin is None else numbers[kin]
                numbers[hit.item.id] = number
                share = share_withheld(query.withhold, hit.item.credit.doubt)
                fate = Fate.WITHHELD if number < share else Fate.SHOWN
                each = replace(each, hit=replace(hit, propensity=1.0 - share), fate=fate)
            drawn.append(each)
        return drawn

    def _akin(self, one: Entry, other: Entry) -> bool:
        if one.vector is None or other.vector is None or one.item.kind is not other.item.kind:
            return False
        cosine = float(np.vecdot(one.vector, other.vector))
        if cosine < self._threshold.subject:
            return False
        return akin(draft_of(one.item), draft_of(other.item), cosine, self._threshold)

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


def _score(
    query: RecallQuery, text: str, vector: Vector | None, found: Gathered, *, everything: bool
) -> list[Scored]:
    """Candidates with all parts of their scores, best first; equal scores in order of id.

    Unless `everything` is asked for, those that cannot be shown are left out.
    """
    entries = found.entries
    if not entries:
        return []
    blank = np.zeros(len(vector) if vector is not None else 1, dtype=np.float32)
    matrix = np.stack([entry.vector if entry.vector is not None else blank for entry in entries])
    similarity = np.zeros(len(entries)) if vector is None else np.vecdot(matrix, vector).astype(np.float64)
    keyword = keyword_scores(words(text), entries, found.sections)
    cue = np.array([entry.item.id in found.cued for entry in entries], float)
    has_vector = np.array([vector is not None and entry.vector is not None for entry in entries])
    rank = fused(similarity, keyword, cue, has_vector)
    worth = worth_of([entry.item for entry in entries])
    score = np.round(rank * worth, 9)
    cues = frozenset(map(cue_key, query.cues))
    over_floor = (relevance(similarity, keyword) >= query.floor) | (cue > 0)
    other_cue = np.array([cue_contradicts(entry.phrases, cues) for entry in entries], bool) & (cue == 0)
    order = np.argsort(-score, kind="stable").tolist()
    if not everything:
        order = [at for at in order if over_floor[at] and not other_cue[at]][: POOL * query.limit]
    return [
        Scored(
            hit=Hit(
                item=entries[at].item,
                score=float(score[at]),
                similarity=float(similarity[at]),
                keyword=float(keyword[at]),
                cue=float(cue[at]),
                rank=float(rank[at]),
                worth=float(worth[at]),
            ),
            entry=entries[at],
            over_floor=bool(over_floor[at]),
            other_cue=bool(other_cue[at]),
        )
        for at in order
    ]


def chance(draw: str, item_id: str) -> float:
    """A number in [0, 1) that the names decide: uniform over tasks, the same when a task goes on again."""
    digits = hashlib.sha256(f"{draw}\x1f{item_id}".encode()).digest()[:8]
    return int.from_bytes(digits, "big") / 2.0**64
