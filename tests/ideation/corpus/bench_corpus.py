"""How long 100,000 generated papers take to import and to search.

Run: python -m tests.ideation.corpus.bench_corpus [PAPERS]

Words are drawn by Zipf's law from 60,000. The packaged embedder makes some tens of texts a second on one
core: embedding them all takes hours. Every paper therefore gets a random unit vector of the same length,
stored as the embedder's would be; the packaged embedder's own speed is measured beside it on 40 texts.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ideation.corpus.dates import Cutoff
from ideation.corpus.query import Query
from ideation.corpus.store import Corpus
from ideation.corpus.view import CorpusView
from memory.embedding.packaged_minilm import PackagedMiniLm

VOCABULARY, QUERIES = 60_000, 200


class RandomVectors:
    """Unit vectors of 384 numbers that mean nothing."""

    id = "random-384"
    dimensions = 384

    def __init__(self) -> None:
        self._chance = np.random.default_rng(5)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = self._chance.standard_normal((len(texts), 384), dtype=np.float32)
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


class Words:
    """Draws words as often as natural ones stand in texts."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        spelling = np.random.default_rng(0)
        self._words = np.array(
            ["".join(spelling.choice(letters, size=int(spelling.integers(4, 11)))) for _ in range(VOCABULARY)]
        )
        weights = 1.0 / (np.arange(VOCABULARY) + 2.7)
        self._steps = np.cumsum(weights / weights.sum())

    def draw(self, count: int) -> str:
        places = np.searchsorted(self._steps, self._chance.random(count))
        return " ".join(self._words[np.minimum(places, VOCABULARY - 1)])


def write_papers(path: Path, count: int) -> None:
    words = Words(1)
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            paper = {
                "id": f"g{number}",
                "title": words.draw(12),
                "abstract": words.draw(170),
                "year": 1990 + number % 36,
                "authors": ["First Author", "Second Author"],
                "doi": f"10.5555/generated.{number}",
            }
            out.write(json.dumps(paper) + "\n")


def timed(view: CorpusView, queries: Sequence[Query]) -> str:
    for query in queries:
        view.search(query)  # the vectors of queries are made here and kept
    spent = []
    for query in queries:
        began = time.perf_counter()
        view.search(query)
        spent.append((time.perf_counter() - began) * 1000)
    p50, p95, p99 = np.percentile(spent, [50, 95, 99])
    return f"p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   p99 {p99:6.1f} ms   n={len(spent)}"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    words = Words(2)
    with tempfile.TemporaryDirectory() as folder:
        papers = Path(folder) / "papers.jsonl"
        write_papers(papers, count)
        with Corpus.open(Path(folder) / "corpus.db", RandomVectors()) as corpus:
            began = time.perf_counter()
            report = corpus.import_file(papers)
            say(
                f"import   {report.added.new:,} papers in {time.perf_counter() - began:.1f} s, "
                f"peak memory {memory_mb():,.0f} MB"
            )
            began = time.perf_counter()
            corpus.import_file(papers)
            say(f"again    {len(corpus):,} papers after {time.perf_counter() - began:.1f} s")
            short = [Query(text=words.draw(8)) for _ in range(QUERIES)]
            plain = Corpus(corpus.database).view()
            began = time.perf_counter()
            len(plain)
            say(f"open     {time.perf_counter() - began:.1f} s by words alone")
            say(f"words    short questions    {timed(plain, short)}")
            corpus.embed()
            began = time.perf_counter()
            view = corpus.view()
            say(
                f"open     {time.perf_counter() - began + _loaded(view):.1f} s with {view.embedded:,} vectors"
            )
            report_searches(view, short, words)
            cut = corpus.view(Cutoff.before(date(2010, 1, 1)))
            say(f"cutoff   {len(cut):,} papers       {timed(cut, short)}")
            size = (Path(folder) / "corpus.db").stat().st_size / 1e6
            say(f"file     {size:,.0f} MB, peak memory {memory_mb():,.0f} MB")
    texts = [words.draw(180) for _ in range(40)]
    embedder = PackagedMiniLm()
    embedder.load()
    began = time.perf_counter()
    embedder.embed(texts)
    say(f"embedder {len(texts) / (time.perf_counter() - began):.1f} texts a second, one thread")


def report_searches(view: CorpusView, short: Sequence[Query], words: Words) -> None:
    long = [Query(text=words.draw(200)) for _ in range(QUERIES)]
    faceted = [
        Query(text=words.draw(240), facets=tuple(words.draw(20) for _ in range(12))) for _ in range(QUERIES)
    ]
    say(f"hybrid   short questions    {timed(view, short)}")
    say(f"hybrid   200-word questions {timed(view, long)}")
    say(f"hybrid   twelve sentences   {timed(view, faceted)}")
    diverse = [Query(text=each.text, diversity=0.3) for each in short]
    say(f"hybrid   diversity 0.3      {timed(view, diverse)}")


def _loaded(view: CorpusView) -> float:
    began = time.perf_counter()
    len(view)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
