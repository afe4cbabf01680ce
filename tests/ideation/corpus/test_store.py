from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from ideation.corpus.dates import Published
from ideation.corpus.identity import PaperId
from ideation.corpus.paper import Candidate, Paper, SourceRecord, candidate
from ideation.corpus.store import Corpus
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.corpus.samples import paper, topics


def held(corpus: Corpus) -> list[Paper]:
    return list(corpus.view().papers())


LONG = "A title that is long enough to name one paper"


def test_0_2_the_same_file_twice_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text("title,year,doi\nFirst paper of them all here,2020,10.1000/1\nNews,2021,\n", "utf-8")
    with Corpus.open(tmp_path / "corpus.db") as corpus:
        assert corpus.import_file(path).added.new == 2
        before = held(corpus)
        again = corpus.import_file(path).added
        assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
        assert held(corpus) == before


def test_0_2_doi_then_arxiv_then_title_and_year() -> None:
    with Corpus.open() as corpus:
        corpus.add([paper("One name of it", doi="10.1000/x")])
        corpus.add([paper("Another name", "with an abstract", doi="10.1000/x", arxiv="2401.00001")])
        corpus.add([paper("A third", arxiv="2401.00001")])
        corpus.add([paper(LONG, published="2024"), paper(LONG.upper() + "!", published="2024-05")])
        corpus.add([paper(LONG, published="2023")])
        assert len(corpus) == 3


def test_0_2_a_paper_that_joins_two_makes_them_one() -> None:
    with Corpus.open(embedder=LexicalEmbedder()) as corpus:
        corpus.add(
            [paper("First half of it", doi="10.1000/x"), paper("Second half of it", arxiv="2401.00001")]
        )
        corpus.embed()
        gone = {each.id for each in held(corpus)}
        added = corpus.add([paper("Both halves together", doi="10.1000/x", arxiv="2401.00001")])
        assert (added.changed, added.merged_away, len(corpus)) == (1, 1, 1)
        (only,) = held(corpus)
        assert (only.doi, only.arxiv, only.title) == ("10.1000/x", "2401.00001", "Both halves together")
        assert all(corpus.view().get(name) == only for name in gone)
        assert corpus.embed() == 1, "the vector of the old text is gone"


DRAWN = st.builds(
    lambda title, doi, arxiv, year, abstract, source: candidate(
        title=title,
        abstract=abstract,
        doi=doi,
        arxiv=arxiv,
        published=Published(year=year) if year else None,
        sources=(SourceRecord(source=source, record_id=f"{title}{doi}"),),
    ),
    title=st.sampled_from([LONG, LONG + " again", "News", "Editorial"]),
    doi=st.sampled_from([None, "10.1000/a", "10.1000/b", "10.1000/c"]),
    arxiv=st.sampled_from([None, "2401.00001", "2401.00002"]),
    year=st.sampled_from([None, 2023, 2024]),
    abstract=st.sampled_from(["", "short", "longer text"]),
    source=st.sampled_from(["bibtex", "ris"]),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(DRAWN, max_size=10), st.randoms(use_true_random=False), st.integers(1, 4))
def test_0_2_the_order_of_import_changes_nothing(
    drawn: list[Candidate], chance: random.Random, parts: int
) -> None:
    other = list(drawn)
    chance.shuffle(other)
    with Corpus.open() as one, Corpus.open() as two:
        one.add(drawn)
        for part in range(parts):
            two.add(other[part::parts])
        assert held(one) == held(two)
        assert two.add(drawn).new == 0
        assert held(one) == held(two)


def test_0_13_what_is_held_is_known_by_every_name() -> None:
    record = SourceRecord(source="openalex", record_id="W1")
    with Corpus.open() as corpus:
        corpus.add([candidate(title=LONG, doi="10.1000/x", arxiv="2401.00001", sources=(record,))])
        lookup, (only,) = corpus.lookup, held(corpus)
        assert lookup.by_doi("https://doi.org/10.1000/X") == only
        assert lookup.by_arxiv("arXiv:2401.00001v3") == only
        assert lookup.by_record("openalex", "W1") == only
        assert lookup.by_id(only.id) == only
        assert lookup.by_record("s2", "W1") is None
        assert lookup.by_doi("10.1000/y") is None
        assert lookup.by_doi("nonsense") is None
        assert lookup.by_id(PaperId("p0")) is None


def test_a_file_of_a_later_version_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "corpus.db"
    Corpus.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE corpus_marks SET value = 99 WHERE name = 'schema'")
    raw.close()
    with pytest.raises(UserError, match="schema 99") as error:
        Corpus.open(path)
    assert "\n" not in str(error.value)


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    raw = sqlite3.connect(other)
    raw.execute("CREATE TABLE t (x)")
    raw.commit()
    raw.close()
    with pytest.raises(UserError, match="no corpus"):
        Corpus.open(other)
    (tmp_path / "text.db").write_text("not a database at all, " * 50, "utf-8")
    with pytest.raises(UserError, match="not an Atlas database"):
        Corpus.open(tmp_path / "text.db")
    with pytest.raises(UserError, match="no folder"):
        Corpus.open(tmp_path / "gone" / "corpus.db")


def test_the_file_keeps_everything_and_is_in_wal_mode(tmp_path: Path) -> None:
    path = tmp_path / "corpus.db"
    with Corpus.open(path, LexicalEmbedder()) as corpus:
        corpus.add(topics())
        assert corpus.embed(limit=3) == 3
        assert corpus.embed() == 4
        before = held(corpus)
    with Corpus.open(path, LexicalEmbedder()) as corpus:
        assert held(corpus) == before
        assert corpus.view().embedded == 7
        assert corpus.embed() == 0
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_embedding_needs_an_embedder() -> None:
    with Corpus.open() as corpus, pytest.raises(UserError, match="embedder"):
        corpus.embed()
