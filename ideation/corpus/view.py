"""`CorpusView`: the papers before a cutoff, and the search over them. Later stages see nothing else.

A hidden paper changes nothing that a view answers: frequencies of words, lengths, the middle and spread of
the vectors, ranks and citations all come from the visible papers. Two things it cannot undo: a paper that
appeared as a preprint before the cutoff bears the fields of its later record, and its citations are counted
today.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, text

from core.database import Database
from core.embedder import Embedder
from core.errors import UserError
from ideation.corpus.dates import Cutoff
from ideation.corpus.fusion import Channel, Places, best, fused, mmr
from ideation.corpus.identity import PaperId
from ideation.corpus.links import Links, read_links
from ideation.corpus.loading import Loaded, keep_vectors, load, visible
from ideation.corpus.lookup import Lookup
from ideation.corpus.paper import Paper
from ideation.corpus.query import MOST_FACETS, MOST_QUERY_CHARS, Hit, Query
from ideation.corpus.rows import paper_of
from ideation.corpus.tables import papers
from ideation.corpus.words import counts, hashed, words

Floats = NDArray[np.float32]

POOL = 1_000
"""Papers that each channel ranks; beyond it a reciprocal rank tells nothing."""
DIVERSE_POOL = 4
"""Diversity chooses among so many times the papers asked for."""
QUERY_VECTORS = 2_048
_PAGE = 500
_PHRASE = text("SELECT rowid FROM paper_words WHERE paper_words MATCH :phrase")


class CorpusView:
    """Made by `Corpus.view`; loads at the first search. May be used by several threads."""

    def __init__(self, database: Database, embedder: Embedder | None, cutoff: Cutoff) -> None:
        self.cutoff, self.embedder = cutoff, embedder
        self._database = database
        self._lock = threading.RLock()
        self._loaded: Loaded | None = None
        self._links: Links | None = None
        self._query_vectors: OrderedDict[str, Floats] = OrderedDict()

    def __len__(self) -> int:
        return len(self._load().ids)

    @property
    def ids(self) -> tuple[PaperId, ...]:
        """All visible papers, sorted."""
        return self._load().ids

    @property
    def embedded(self) -> int:
        """How many visible papers have a vector."""
        dense = self._load().dense
        return 0 if dense is None else len(dense)

    def get(self, paper_id: PaperId) -> Paper | None:
        """The paper, also by the id of one that was merged into it; None where it is hidden or unknown."""
        found = Lookup(self._database).by_id(paper_id)
        return found if found is not None and self.cutoff.shows(found.published) else None

    def papers(self, ids: Sequence[PaperId] | None = None) -> Iterator[Paper]:
        """Visible papers in the order asked for; all of them in order of id where none are named."""
        wanted = self.ids if ids is None else tuple(ids)
        for start in range(0, len(wanted), _PAGE):
            page = wanted[start : start + _PAGE]
            with self._database.reading() as session:
                query = visible(select(papers).where(papers.c.id.in_(page)), self.cutoff)
                found = {row["id"]: paper_of(row) for row in session.execute(query).mappings()}
            yield from (found[each] for each in page if each in found)

    def search(self, query: Query) -> tuple[Hit, ...]:
        """The papers that fit best, in order; equal scores in order of id.

        Raises:
            ProviderError: the embedder failed.
        """
        loaded = self._load()
        ranked = self._ranked(loaded, query)
        if query.embed_candidates and self._embed_candidates(loaded, ranked, query.embed_candidates):
            loaded = self._load()
            ranked = self._ranked(loaded, query)
        score = fused(ranked, query.weights, len(loaded.ids))
        wanted = query.limit * (DIVERSE_POOL if query.diversity > 0 else 1)
        order = _round_best(score, wanted + len(query.exclude))
        places = [at for at in order if loaded.ids[at] not in query.exclude][:wanted]
        if query.diversity > 0 and places:
            chosen = mmr(score[places].tolist(), self._likeness(places), 1.0 - query.diversity, query.limit)
            places = [places[at] for at in chosen]
        shown = set(places)
        rank_of = {
            channel: {at: rank for rank, at in enumerate(found.tolist(), 1) if at in shown}
            for channel, found in ranked.items()
        }
        return tuple(
            Hit(
                id=loaded.ids[at],
                score=round(float(score[at]), 9),
                ranks={channel: held[at] for channel, held in rank_of.items() if at in held},
            )
            for at in places
        )

    def similar(self, paper_id: PaperId, limit: int = 20) -> tuple[Hit, ...]:
        """Papers like this one, itself left out.

        Raises:
            UserError: the paper is hidden or unknown.
        """
        paper = self.get(paper_id)
        if paper is None:
            raise UserError(f"the corpus shows no paper {paper_id}")
        return self.search(
            Query(text=paper.text.replace('"', " "), limit=limit, exclude=frozenset({paper.id}))
        )

    def references(self, paper_id: PaperId) -> tuple[PaperId, ...]:
        """Visible papers that it cites."""
        return self._linked().references.get(paper_id, ())

    def cited_by(self, paper_id: PaperId) -> tuple[PaperId, ...]:
        """Visible papers that cite it."""
        return self._linked().cited_by.get(paper_id, ())

    def _load(self) -> Loaded:
        with self._lock:
            if self._loaded is None:
                with self._database.reading() as session:
                    self._loaded = load(session.connection(), self.embedder, self.cutoff)
            return self._loaded

    def _linked(self) -> Links:
        with self._lock:
            if self._links is None:
                with self._database.reading() as session:
                    self._links = read_links(session.connection(), self.cutoff)
            return self._links

    def _ranked(self, loaded: Loaded, query: Query) -> dict[Channel, Places]:
        asked = query.text[:MOST_QUERY_CHARS]
        keyword = loaded.postings.scores(_counted(asked))
        ranked = {
            Channel.BM25: best(keyword.bm25, POOL, above=0.0),
            Channel.TFIDF: best(keyword.tfidf, POOL, above=0.0),
        }
        facets = [part for part in query.facets[:MOST_FACETS] if part.strip()]
        if loaded.dense is not None and asked.strip():
            rows = self._vectors_of([asked, *facets])
            groups = [rows[:1], rows[1:]] if facets else [rows]
            ranked |= zip((Channel.DENSE, Channel.FACETS), loaded.dense.nearest(groups, POOL), strict=False)
        if facets:
            ranked[Channel.FACET_WORDS] = self._facet_words(loaded, facets, list(ranked.values()))
        if query.phrases:
            ranked[Channel.PHRASE] = self._with_phrases(loaded, query.phrases, keyword.tfidf)
        return ranked

    def _facet_words(self, loaded: Loaded, facets: Sequence[str], found: Sequence[Places]) -> Places:
        """Papers by the facet that their words fit best, among those that all facets together or another
        channel find: going through every paper once a facet takes longer than the rest of a search.
        """
        counted = [_counted(part) for part in facets]
        together = loaded.postings.tfidf(sum(counted, Counter()))
        among = np.unique(np.concatenate([*found, best(together, POOL, above=0.0)]))
        return among[best(loaded.postings.best_tfidf(counted, among), POOL, above=0.0)]

    def _with_phrases(self, loaded: Loaded, phrases: Sequence[str], tfidf: Floats) -> Places:
        """Visible papers that hold any of the phrases, by TF-IDF."""
        held: set[int] = set()
        with self._database.reading() as session:
            for phrase in phrases:
                plain = " ".join(words_kept) if (words_kept := phrase.replace("\0", " ").split()) else ""
                if plain:
                    held.update(session.scalars(_PHRASE, {"phrase": f'"{plain}"'}))
        flags = np.isin(loaded.numbers, np.fromiter(held, dtype=np.int64, count=len(held)))
        places = np.flatnonzero(flags)
        return places[best(tfidf[places], POOL)] if len(places) else places

    def _vectors_of(self, texts: Sequence[str]) -> Floats:
        assert self.embedder is not None
        with self._lock:
            missing = [each for each in dict.fromkeys(texts) if each not in self._query_vectors]
            if missing:
                made = self.embedder.embed(missing)
                self._query_vectors.update(zip(missing, made, strict=True))
            found = np.stack([self._query_vectors[each] for each in texts])
            while len(self._query_vectors) > QUERY_VECTORS:
                self._query_vectors.popitem(last=False)
        return found.astype(np.float32)

    def _embed_candidates(self, loaded: Loaded, ranked: dict[Channel, Places], most: int) -> bool:
        """Embed the best keyword hits that have no vector, and keep the vectors; whether there were any."""
        if self.embedder is None:
            return False
        known = set() if loaded.dense is None else set(loaded.dense.owners.tolist())
        waiting = [at for at in ranked[Channel.TFIDF][:most].tolist() if at not in known]
        if not waiting:
            return False
        found = list(self.papers([loaded.ids[at] for at in waiting]))
        number_of = {loaded.ids[at]: int(loaded.numbers[at]) for at in waiting}
        rows = self.embedder.embed([each.text for each in found])
        numbers = [number_of[each.id] for each in found]
        with self._lock:
            with self._database.session() as session:
                keep_vectors(session.connection(), self.embedder.id, numbers, rows)
            self._loaded = None
        return True

    def _likeness(self, places: Sequence[int]) -> Floats:
        """Cosines of papers with each other: of vectors where all have one, else of their words."""
        loaded = self._load()
        if loaded.dense is not None:
            at = np.searchsorted(loaded.dense.owners, places)
            at = np.minimum(at, len(loaded.dense) - 1)
            if np.array_equal(loaded.dense.owners[at], places):
                rows = loaded.dense.vectors[at]
                return rows @ rows.T
        found = list(self.papers([loaded.ids[place] for place in places]))
        return loaded.postings.likeness([counts(each.title, each.abstract) for each in found])


def _counted(asked: str) -> Counter[int]:
    return Counter(map(hashed, words(asked)))


def _round_best(score: Floats, most: int) -> list[int]:
    """Places with a score, best first."""
    scored = np.flatnonzero(score > 0)
    order = np.lexsort((scored, -np.round(score[scored].astype(np.float64), 9)))
    found: list[int] = scored[order][:most].tolist()
    return found
