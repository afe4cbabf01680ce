from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ideation.arm import Library
from ideation.corpus.identity import PaperId
from ideation.idea import IdeaText
from ideation.muse import Source
from ideation.novelty.ledger import Aspect, SearchKind
from ideation.novelty.searching import MOST_WORDS, Reach, search_for
from tests.ideation.novelty.papers import KNOWN, SmallLibrary

WORDS = st.text(alphabet="abcdefgh .,", max_size=60)


class FlatLibrary(SmallLibrary):
    """Answers every query with nothing, or with many papers."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._many = tuple(
            Source(paper=PaperId(f"q{number:03d}"), title=f"paper {number}", abstract="")
            for number in range(count)
        )

    def search(self, text: str, limit: int) -> tuple[Source, ...]:
        self.queries.append(text)
        return self._many

    def similar(self, paper: PaperId, limit: int) -> tuple[Source, ...]:
        return self._many

    def references(self, paper: PaperId) -> tuple[Source, ...]:
        return self._many

    citations = references


def test_6_6_a_paper_that_only_a_hop_reaches_is_found() -> None:
    problem = replace(KNOWN, problem="boronic bonds", mechanism="boronic bonds")
    direct = search_for(problem, SmallLibrary(), Reach(per_query=1, hop_from=0))
    hopped = search_for(problem, SmallLibrary(), Reach(per_query=1, hop_from=1))
    assert list(direct.papers) == ["p1"]
    assert {"p3", "p4"} <= set(hopped.papers)


def test_6_6_long_queries_are_cut_and_empty_answers_asked_for_again_in_short() -> None:
    long = replace(KNOWN, mechanism="shear stress tears membranes. " * 50)
    library = FlatLibrary(0)
    trail = search_for(long, library)
    assert all(len(query.split()) <= MOST_WORDS for query in library.queries)
    assert sum(each.form is Aspect.MECHANISM for each in trail.searches) == 2
    assert not trail.papers


@given(st.integers(0, 80), st.integers(1, 6), st.integers(0, 4), st.integers(1, 6), st.integers(1, 20))
def test_10_10_the_search_is_bounded_whatever_the_library_answers(
    count: int, per_query: int, hop_from: int, per_hop: int, most: int
) -> None:
    library: Library = FlatLibrary(count)
    reach = Reach(per_query=per_query, hop_from=hop_from, per_hop=per_hop, most_papers=most)
    trail = search_for(KNOWN, library, reach)
    assert len(trail.papers) <= most
    assert len(trail.searches) <= 6 + 3 * hop_from
    for each in trail.searches:
        assert len(each.found) <= (per_query if each.kind is SearchKind.QUERY else per_hop)


@given(WORDS, WORDS)
def test_any_text_can_be_searched_for(problem: str, mechanism: str) -> None:
    text = IdeaText(title="t", problem=problem, mechanism=mechanism, prediction="", evaluation="")
    trail = search_for(text, SmallLibrary())
    assert not trail.failures
    assert all(each.asked.strip() for each in trail.searches)
