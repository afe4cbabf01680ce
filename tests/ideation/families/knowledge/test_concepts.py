from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.corpus.identity import PaperId
from ideation.families.knowledge.concepts import ConceptStore, concepts
from ideation.families.knowledge.entities import ConceptGaps, EntityAugmented, concept_store
from ideation.families.knowledge.gaps import chance_apart, find_gaps
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, desk


def store(*papers: str) -> ConceptStore:
    return ConceptStore({PaperId(f"p{at:03}"): words.split() for at, words in enumerate(papers)})


OTHERS = [f"other{at}" for at in range(40)]
"""So that no concept stands in too many of the papers."""
STORES = st.lists(st.text(alphabet="abcdef ", max_size=12), min_size=1, max_size=15).map(
    lambda papers: store(*papers)
)


def test_1_3_concepts_are_pairs_of_words_and_names_with_the_plural_folded() -> None:
    found = concepts("We report solar cells, DNA origami and two-dimensional batteries.")
    assert {"solar cell", "dna origami", "two-dimensional battery", "two-dimensional"} <= found
    assert "cell" not in found
    assert concepts("Processes, 0 0 and 12.") == frozenset()


def test_1_3_the_score_is_the_sum_of_log_likelihoods_and_the_log_prior() -> None:
    counted = store("a x", "a x", "a x", "b x", "b", "y a", "y a", "y a", "z", "z")
    found = {each.concept: each for each in counted.related(["a", "b"], least=3)}
    assert set(found) == {"x", "y"}
    # x: 4 papers, 3 of them with a and 1 with b; y: 3 papers, 3 with a and none with b; 10 papers in all.
    expected = math.log2(3.5 / 5) + math.log2(1.5 / 5) + math.log2(4 / 10)
    assert found["x"].score == pytest.approx(expected, abs=1e-6)
    expected = math.log2(3.5 / 4) + math.log2(0.5 / 4) + math.log2(3 / 10)
    assert found["y"].score == pytest.approx(expected, abs=1e-6)
    assert [each.concept for each in counted.related(["a", "b"], least=3)] == ["x", "y"]


def test_1_3_a_candidate_needs_three_papers_in_common_and_stands_outside() -> None:
    counted = store("a x y", "a x y", "a x", "a b", "b", "c")
    assert [each.concept for each in counted.related(["a", "b"])] == ["x"]
    assert [each.concept for each in counted.related(["a", "b"], least=2)] == ["x", "y"]
    assert counted.related(["unheard of"]) == ()


@given(STORES, st.integers(1, 3))
def test_1_3_related_concepts_are_outside_counted_right_and_in_order(
    counted: ConceptStore, least: int
) -> None:
    given_ = ["a", "b", "ab"]
    found = counted.related(given_, least=least)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    for each in found:
        assert each.concept not in given_
        assert each.together == max(counted.together(each.concept, own) for own in given_) >= least
        assert each.score <= 1e-9


@given(STORES)
def test_1_3_counts_agree(counted: ConceptStore) -> None:
    for concept, papers in counted.concepts.items():
        assert counted.count(concept) == len(set(papers))
        assert all(concept in counted.of(paper) for paper in papers)
        assert counted.together(concept, concept) == counted.count(concept)


def test_a_concept_of_too_many_papers_says_nothing() -> None:
    counted = store(*(["common rare"] * 3 + ["common"] * 27))
    assert counted.count("common") == 0
    assert counted.count("rare") == 3


async def test_1_3_the_arm_shows_concepts_from_outside_and_records_them() -> None:
    arm, muse = EntityAugmented(core=3), CannedMuse()
    produced = await arm.run(desk(muse), 3)
    own = {
        concept
        for each in desk().library.search(desk().topic, 3)
        for concept in concepts(f"{each.title}\n{each.abstract}")
    }
    assert len(produced.ideas) == 3
    for request, idea in zip(muse.proposed, produced.ideas, strict=True):
        shown = request.notes.removeprefix("Concepts from outside: ").split("; ")
        assert shown
        assert not own.intersection(shown)
        assert {f"entity:{name}" for name in shown} <= set(idea.origin.operators)
    assert produced.measures["entity_least"] < 3  # twelve papers share little


def test_1_12_gaps_are_frequent_alone_and_never_together_with_counts() -> None:
    counted = store(*["a"] * 6, *["b"] * 6, *["a c"] * 3, *["b c"] * 3, *OTHERS)
    (gap,) = find_gaps(counted, least=3)
    assert (gap.first, gap.second, gap.together) == ("a", "b", 0)
    assert (gap.first_papers, gap.second_papers) == (9, 9)
    assert gap.expected == pytest.approx(81 / 58)
    assert gap.chance == pytest.approx(math.comb(49, 9) / math.comb(58, 9), rel=1e-4)


def test_1_12_the_most_surprising_gap_comes_first_and_one_can_ask_about_a_concept() -> None:
    counted = store(*["a"] * 9, *["b"] * 8, *["c"] * 4, *OTHERS)
    pairs = [(gap.first, gap.second) for gap in find_gaps(counted, least=3)]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "c")]
    about = find_gaps(counted, least=3, about=frozenset({"c"}))
    assert [(gap.first, gap.second) for gap in about] == [("a", "c"), ("b", "c")]


def test_1_12_two_wordings_of_one_concept_are_no_gap() -> None:
    papers = {PaperId(f"p{at}"): ["solar cell" if at % 2 else "solar panel"] for at in range(12)}
    assert find_gaps(ConceptStore(papers), least=3) == ()


@given(STORES, st.integers(1, 3))
def test_1_12_no_gap_has_a_paper_of_both(counted: ConceptStore, least: int) -> None:
    for gap in find_gaps(counted, least=least):
        assert counted.together(gap.first, gap.second) == gap.together == 0
        assert min(gap.first_papers, gap.second_papers) >= least
        assert 0.0 <= gap.chance <= 1.0
        assert gap.first < gap.second


@given(st.integers(1, 40), st.data())
def test_1_12_the_chance_is_hypergeometric(papers: int, data: st.DataObject) -> None:
    first, second = (data.draw(st.integers(0, papers)) for _ in range(2))
    exact = math.comb(papers - first, second) / math.comb(papers, second)
    assert chance_apart(papers, first, second) == pytest.approx(exact, abs=1e-9)


async def test_1_12_the_arm_brings_the_two_together_from_a_paper_of_each() -> None:
    muse, arm = CannedMuse(), ConceptGaps(least=2)
    produced = await arm.run(desk(muse), 3)
    assert produced.measures["gaps"] >= 3
    counted = ConceptStore.of_texts({name: f"{s.title}\n{s.abstract}" for name, s in SOURCES.items()})
    for idea, request in zip(produced.ideas, muse.proposed, strict=True):
        pair = next(tag for tag in idea.origin.operators if tag.startswith("gap:"))
        one, other = pair.removeprefix("gap:").split(" | ")
        assert counted.together(one, other) == 0
        assert one in counted.of(request.sources[0].paper)
        assert other in counted.of(request.sources[1].paper)
        assert f"{one} ({counted.count(one)} papers)" in request.notes


def test_a_store_of_a_large_library_is_a_sample_with_what_is_near() -> None:
    at = desk()
    few = concept_store(at, 6, random.Random(1))
    assert few.papers == 6
    near = [each.paper for each in at.library.search(at.topic, 3)]
    assert all(few.of(paper) for paper in near)
