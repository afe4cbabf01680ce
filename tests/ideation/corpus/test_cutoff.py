from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideation.corpus.dates import Cutoff, Published
from ideation.corpus.paper import Candidate, candidate
from ideation.corpus.query import Query
from ideation.corpus.store import Corpus
from memory.embedding.lexical import LexicalEmbedder
from tests.ideation.corpus.samples import many, paper, topics

DAYS = st.dates(date(2018, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("2023", True),
        ("2024", False),
        ("2024-02", True),
        ("2024-02-29", True),
        ("2024-03", False),
        (None, False),
    ],
)
def test_0_7_only_what_is_over_before_the_day_is_shown(published: str | None, shown: bool) -> None:
    with Corpus.open() as corpus:
        corpus.add([paper("A paper of some date", "on gels", published)])
        view = corpus.view(Cutoff.parse("2024-03-01"))
        assert (len(view) == 1) is shown
        assert bool(view.search(Query(text="gels"))) is shown
        assert bool(list(view.papers())) is shown
        assert len(corpus.view()) == 1


@given(DAYS)
@settings(max_examples=10, deadline=None)
def test_0_7_no_later_paper_comes_out_of_any_door(day: date) -> None:
    cutoff = Cutoff.before(day)
    with Corpus.open(embedder=LexicalEmbedder()) as corpus:
        corpus.add(topics())
        corpus.embed()
        view = corpus.view(cutoff)
        every = list(corpus.view().papers())
        hidden = {each.id for each in every if not cutoff.shows(each.published)}
        assert set(view.ids).isdisjoint(hidden)
        assert all(view.get(name) is None for name in hidden)
        assert not list(view.papers(sorted(hidden)))
        for asked in ('hydrogel "freeze casting"', "lithium", "a protein of residues", "ions"):
            for diversity in (0.0, 0.7):
                hits = view.search(
                    Query(text=asked, facets=("crystals",), diversity=diversity, embed_candidates=3)
                )
                assert {hit.id for hit in hits}.isdisjoint(hidden)
        for name in view.ids:
            assert set(view.references(name)) | set(view.cited_by(name)) <= set(view.ids)


def later(count: int) -> list[Candidate]:
    """Papers after the cutoff that share every word with those before it, and cite them."""
    return [
        candidate(
            title=f"Later study {number} of polymer membranes and ion gels",
            abstract="ion gel polymer quantum " * 5,
            published=Published(year=2025),
            references=("Study 1 of gel and enzyme and enzyme",),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("embedded", [False, True])
def test_0_7_hidden_papers_change_no_score(embedded: bool) -> None:
    """A leak test: frequencies of words, lengths and the spread of vectors come from visible papers alone."""
    cutoff = Cutoff.parse("2024")
    queries = [
        Query(text="polymer membranes and ions", limit=100, facets=("quantum crystals", "a gel")),
        Query(text='"about ion" study', limit=100, diversity=0.5),
    ]
    found = []
    for hidden in (0, 200):
        with Corpus.open(embedder=LexicalEmbedder() if embedded else None) as corpus:
            corpus.add(later(hidden))
            corpus.add(many(100))
            if embedded:
                corpus.embed()
            view = corpus.view(cutoff)
            found.append(([view.search(each) for each in queries], view.similar(view.ids[0]), view.ids))
    assert found[0] == found[1]


def test_a_view_stays_as_it_was_when_papers_come() -> None:
    with Corpus.open() as corpus:
        corpus.add(topics())
        before = corpus.view()
        assert len(before) == 7
        assert corpus.view() is before
        corpus.add([paper("One more paper about hydrogels", "", "2024")])
        assert len(before) == 7
        assert len(corpus.view()) == 8


@given(DAYS, st.integers(0, 400))
def test_a_later_cutoff_shows_no_less(day: date, days: int) -> None:
    later_day = day + timedelta(days=days)
    for text in ("2020", "2021-02", "2022-12-31"):
        published = Published.parse(text)
        assert Cutoff.before(day).shows(published) <= Cutoff.before(later_day).shows(published)
        assert Cutoff.before(day).shows(published) == (published.last_day < day)
