from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.corpus.dates import Cutoff
from ideation.corpus.fusion import Channel, best, fused, mmr
from ideation.corpus.paper import candidate
from ideation.corpus.postings import Postings
from ideation.corpus.query import Hit, Query, split_facets
from ideation.corpus.store import Corpus
from ideation.corpus.view import CorpusView
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.corpus.samples import many, paper, topics


@pytest.fixture(params=["words", "vectors"])
def corpus(request: pytest.FixtureRequest) -> Iterator[Corpus]:
    with Corpus.open(embedder=LexicalEmbedder() if request.param == "vectors" else None) as opened:
        opened.add(topics())
        if opened.embedder is not None:
            opened.embed()
        yield opened


def titles(view: CorpusView, hits: tuple[Hit, ...]) -> list[str]:
    return [paper.title for paper in view.papers([hit.id for hit in hits])]


def test_0_3_the_paper_that_is_meant_comes_first(corpus: Corpus) -> None:
    view = corpus.view()
    for asked, title in (
        ("harvest body heat with hydrogel thermocells", "Thermocells from salting out hydrogels"),
        ("nitrogen reduction to ammonia", "Ammonia from lithium mediated reduction"),
        ("PEROVSKITES", "Perovskite nanowires grown by templates"),
    ):
        hits = view.search(Query(text=asked, limit=3))
        assert titles(view, hits)[0] == title
        assert hits[0].ranks[Channel.TFIDF] == 1


def test_0_3_equal_papers_come_in_order_of_id() -> None:
    with Corpus.open() as corpus:
        corpus.add(
            paper(f"Same words about gels {n + 100}", "gel", "2020", doi=f"10.1000/{n}") for n in range(20)
        )
        hits = corpus.view().search(Query(text="gels", limit=20))
        assert len(hits) == 20
        assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)


def test_0_3_order_of_import_does_not_change_the_search() -> None:
    found = []
    for step in (1, -1):
        with Corpus.open(embedder=LexicalEmbedder()) as corpus:
            corpus.add(list(many(120))[::step])
            corpus.embed()
            found.append(corpus.view().search(Query(text="polymer membranes and ions", limit=50)))
    assert found[0] == found[1]


def test_0_3_words_that_nobody_has_find_nothing_by_words() -> None:
    with Corpus.open() as corpus:
        assert corpus.view().search(Query(text="anything")) == ()
        corpus.add(topics())
        view = corpus.view()
        assert view.search(Query(text="zyzzyva")) == ()
        assert view.search(Query(text="")) == ()
        assert view.search(Query(text='"the \0 and" OR NEAR( * ^')) == ()


def test_0_3_a_phrase_in_quotes_finds_its_papers_first(corpus: Corpus) -> None:
    view = corpus.view()
    hits = view.search(Query(text='hydrogel tough "freeze casting"', limit=3))
    assert titles(view, hits)[0] == "Hydrogels that fight fatigue"
    assert hits[0].ranks[Channel.PHRASE] == 1
    assert Channel.PHRASE not in hits[1].ranks


def test_0_3_facets_are_looked_for_one_by_one(corpus: Corpus) -> None:
    view = corpus.view()
    query = Query(text="crystals", facets=("lithium metal and nitrogen", "residues of a protein"), limit=3)
    assert set(titles(view, view.search(query))) >= {
        "Ammonia from lithium mediated reduction",
        "Protein folding with restraint networks",
    }


def test_0_3_the_best_sentence_counts_by_words_also_where_there_are_vectors(corpus: Corpus) -> None:
    view = corpus.view()
    query = Query(text="crystals", facets=("lithium metal and nitrogen", "residues of a protein"))
    hits = view.search(query)
    ranks = {title: hit.ranks for title, hit in zip(titles(view, hits), hits, strict=True)}
    for title in ("Ammonia from lithium mediated reduction", "Protein folding with restraint networks"):
        assert ranks[title][Channel.FACET_WORDS] <= 2
        assert (Channel.FACETS in ranks[title]) == (view.embedded > 0)
    assert Channel.FACET_WORDS not in ranks.get("Graphene membranes for ion sieving", {})


def test_0_3_candidates_are_embedded_when_asked_for_and_kept() -> None:
    with Corpus.open(embedder=LexicalEmbedder()) as corpus:
        corpus.add(topics())
        view = corpus.view()
        plain = view.search(Query(text="tough hydrogels", limit=2))
        assert Channel.DENSE not in plain[0].ranks
        dense = view.search(Query(text="tough hydrogels", limit=2, embed_candidates=5))
        assert Channel.DENSE in dense[0].ranks
        assert view.embedded == corpus.view().embedded == 2
        assert corpus.embed() == 5


def test_0_3_similar_papers_leave_the_paper_itself_out(corpus: Corpus) -> None:
    view = corpus.view()
    (found,) = (each for each in view.papers() if each.title.startswith("Thermocells"))
    hits = view.similar(found.id, 2)
    assert found.id not in {hit.id for hit in hits}
    assert titles(view, hits)[0] == "Hydrogels that fight fatigue"
    with pytest.raises(UserError, match="shows no paper"):
        corpus.view(Cutoff.parse("2018")).similar(found.id)


def spread(view: CorpusView, hits: tuple[Hit, ...]) -> float:
    rows = LexicalEmbedder().embed([paper.text for paper in view.papers([hit.id for hit in hits])])
    likeness = rows @ rows.T
    return 1.0 - float(likeness[np.triu_indices(len(rows), 1)].mean())


@pytest.mark.parametrize("embedded", [False, True])
def test_0_10_diversity_rises_as_lambda_falls(embedded: bool) -> None:
    with Corpus.open(embedder=LexicalEmbedder() if embedded else None) as corpus:
        corpus.add(many(150))
        if embedded:
            corpus.embed()
        view = corpus.view()
        found = [
            view.search(Query(text="ion gel polymer", limit=10, diversity=each)) for each in (0.0, 0.5, 1.0)
        ]
        spreads = [spread(view, hits) for hits in found]
        assert spreads[0] < spreads[1] <= spreads[2] + 1e-6
        assert found[0][0] == found[1][0], "the best paper stays first"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0, 1), st.integers(1, 15))
def test_0_10_mmr_chooses_each_once(relevance: list[float], lam: float, limit: int) -> None:
    likeness = np.eye(len(relevance), dtype=np.float32)
    chosen = mmr(relevance, likeness, lam, limit)
    assert len(chosen) == len(set(chosen)) == min(limit, len(relevance))
    if lam == 1.0:
        assert [relevance[at] for at in chosen] == sorted(relevance, reverse=True)[:limit]


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=30), st.integers(1, 10))
def test_best_is_the_head_of_the_whole_order(scores: list[float], most: int) -> None:
    values = np.array(scores, dtype=np.float32)
    whole = sorted(range(len(scores)), key=lambda at: (-scores[at], at))
    assert best(values, most).tolist() == whole[:most]
    assert best(values, most, above=0.0).tolist() == [at for at in whole if scores[at] > 0][:most]


@given(st.lists(st.dictionaries(st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=6))
def test_the_best_of_several_queries_is_the_best_of_each(held: list[dict[int, int]]) -> None:
    counted = [Counter(each) for each in held]
    postings = Postings.of(counted)
    each = np.max([postings.scores(query).tfidf for query in counted], axis=0)
    every = np.arange(len(counted))
    assert postings.best_tfidf(counted, every) == pytest.approx(each, abs=1e-6)
    assert postings.best_tfidf(counted, every[1::2]) == pytest.approx(each[1::2], abs=1e-6)
    assert not postings.best_tfidf([], every).any()


def test_fusion_adds_weighted_reciprocal_ranks() -> None:
    ranked = {Channel.TFIDF: np.array([2, 0]), Channel.DENSE: np.array([0])}
    total = fused(ranked, {Channel.TFIDF: 1.0, Channel.DENSE: 2.0}, 3)
    assert total.tolist() == pytest.approx([1 / 62 + 2 / 61, 0.0, 1 / 61])


def test_references_are_found_by_every_name() -> None:
    with Corpus.open() as corpus:
        corpus.add([
            paper("Cited by its DOI, a long title", doi="10.1000/a", published="2020"),
            paper("Cited by its title, also a long one", published="2021"),
            candidate(title="The citing paper of this test",
                      references=("10.1000/a", "Cited by its title, also a long one", "10.1000/unknown")),
        ])  # fmt: skip
        view = corpus.view()
        by_title = {each.title: each.id for each in view.papers()}
        citing = by_title["The citing paper of this test"]
        assert len(view.references(citing)) == 2
        assert view.cited_by(by_title["Cited by its DOI, a long title"]) == (citing,)
        assert view.cited_by(citing) == ()


def test_facets_are_sentences() -> None:
    text = "First of all a long sentence. Short. Another sentence, not so short!\nA line that is long as well"
    assert len(split_facets(text)) == 3


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"diversity": 1.5}])
def test_a_query_beyond_reason_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError):
        Query(text="x", **wrong)  # type: ignore[arg-type]
