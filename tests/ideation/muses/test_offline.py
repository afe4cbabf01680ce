from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideation.corpus.identity import PaperId
from ideation.facets import FacetKind, read_facets
from ideation.idea import IdeaText
from ideation.muse import (
    Criterion,
    ListRequest,
    Operator,
    ProposeRequest,
    ReviewRequest,
    ReviseRequest,
    Shape,
    Source,
)
from ideation.muses.offline import OfflineMuse

ABSTRACTS = {
    "Membranes that heal": "Hydrogel membranes tear under shear, a problem in desalination. We propose"
    " dynamic boronic bonds that reform after rupture. Salt rejection of 98 % was measured over 300 hours.",
    "Counting birds by sound": "Acoustic surveys of birds remain difficult in wind. We introduce a wavelet"
    " filter bank by combining two microphones. Detection accuracy outperforms human listeners.",
    "Cheaper catalysts": "Platinum demand is a bottleneck of fuel cells. We report iron clusters via"
    " pyrolysis. Current density was measured against platinum. However, the clusters leach.",
}
SOURCES = tuple(
    Source(paper=PaperId(f"p{number}"), title=title, abstract=abstract)
    for number, (title, abstract) in enumerate(ABSTRACTS.items())
)
TOPIC = "desalination with little energy"
MUSE = OfflineMuse()
FLIP = Operator(deck="flips", name="constraint flip", instruction="Make the strictest constraint the aim.")


async def test_equal_requests_get_equal_answers_and_other_seeds_others() -> None:
    request = ProposeRequest(topic=TOPIC, count=3, sources=SOURCES, seed=4)
    first, again = await MUSE.propose(request), await MUSE.propose(request)
    other = await MUSE.propose(ProposeRequest(topic=TOPIC, count=3, sources=SOURCES, seed=5))
    assert first == again
    assert first != other
    assert len({each.text.title for each in first.proposals}) == 3


async def test_an_idea_takes_its_problem_and_its_mechanism_from_two_papers() -> None:
    found = await MUSE.propose(ProposeRequest(topic=TOPIC, count=5, sources=SOURCES))
    for each in found.proposals:
        assert len(each.papers) == 2
        assert all(f"[{paper}]" in each.text.whole for paper in each.papers)


async def test_nothing_forbidden_and_nothing_said_comes_back() -> None:
    plain = await MUSE.propose(ProposeRequest(topic=TOPIC, count=4, sources=SOURCES))
    said = tuple(each.text.title for each in plain.proposals)
    word = plain.proposals[0].text.title.split(" for ")[0]
    found = await MUSE.propose(
        ProposeRequest(topic=TOPIC, count=4, sources=SOURCES, said=said, forbidden=(word,))
    )
    assert found.proposals
    for each in found.proposals:
        assert each.text.title not in said
        assert word.casefold() not in each.text.whole.casefold()


async def test_what_cannot_be_made_is_told() -> None:
    found = await MUSE.propose(ProposeRequest(topic=TOPIC, count=3, sources=SOURCES, forbidden=("e",)))
    assert found.proposals == ()
    assert found.faults == ("3 of 3 ideas: no new combination was left",)


async def test_shapes_and_operators_leave_their_marks() -> None:
    flip = (await MUSE.propose(ProposeRequest(topic=TOPIC, sources=SOURCES, shape=Shape.BIT_FLIP))).proposals[
        0
    ]
    assert flip.text.dropped
    assert flip.text.consequence
    turned = (await MUSE.propose(ProposeRequest(topic=TOPIC, sources=SOURCES, operator=FLIP))).proposals[0]
    assert FLIP.instruction in turned.text.mechanism
    asked = ProposeRequest(topic=TOPIC, count=4, sources=SOURCES, shape=Shape.VERBALIZED, tail=0.1)
    for each in (await MUSE.propose(asked)).proposals:
        assert each.probability is not None
        assert each.probability <= 0.1


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=120), max_size=3), st.integers(0, 9))
async def test_any_text_gives_ideas_or_says_why_not(topic: str, texts: list[str], seed: int) -> None:
    sources = tuple(
        Source(paper=PaperId(f"p{number}"), title=text[:20], abstract=text)
        for number, text in enumerate(texts)
    )
    found = await MUSE.propose(ProposeRequest(topic=topic, count=2, sources=sources, seed=seed))
    assert len(found.proposals) == 2 or found.faults


async def test_a_revision_keeps_what_it_is_told_to_and_names_its_new_source() -> None:
    idea = (await MUSE.propose(ProposeRequest(topic=TOPIC, sources=SOURCES[:2]))).proposals[0].text
    request = ReviseRequest(
        topic=TOPIC,
        idea=idea,
        weaknesses=("the energy balance is not told",),
        keep=("problem", "prediction"),
        unlike=SOURCES[:2],
        sources=SOURCES,
    )
    after = await MUSE.revise(request)
    assert (after.problem, after.prediction) == (idea.problem, idea.prediction)
    assert "[p2]" in after.mechanism
    assert "energy balance" in after.evaluation


@pytest.mark.parametrize(("name", "known"), [("novelty", True), ("clarity", True), ("ethics", False)])
async def test_a_grade_is_given_only_where_a_rule_can_tell(name: str, known: bool) -> None:
    idea = (await MUSE.propose(ProposeRequest(topic=TOPIC, sources=SOURCES))).proposals[0].text
    criterion = Criterion(name=name, question="How much?", anchors=("none", "some", "much"))
    given_ = await MUSE.grade(ReviewRequest(topic=TOPIC, idea=idea, criterion=criterion, sources=SOURCES))
    assert (given_.score is not None) is known
    assert given_.reason


async def test_a_copy_of_a_paper_is_graded_as_hardly_novel() -> None:
    source = SOURCES[0]
    copy = IdeaText(
        title=source.title, problem=source.abstract, mechanism=source.abstract, prediction="", evaluation=""
    )
    criterion = Criterion(name="novelty", question="", anchors=("", "", ""))
    graded = await MUSE.grade(ReviewRequest(topic=TOPIC, idea=copy, criterion=criterion, sources=SOURCES))
    assert graded.score == 1
    assert "[p0]" in graded.reason


async def test_a_list_draws_on_all_that_it_is_given() -> None:
    texts = tuple(source.abstract for source in SOURCES)
    found = await MUSE.list(ListRequest(question="Which mechanisms?", material=texts, count=3))
    assert len(set(found)) == 3
    assert all(any(text in abstract for text in found) for abstract in texts)


def test_1_1_facets_are_sentences_of_the_abstract_with_their_spans() -> None:
    for source in SOURCES:
        read = read_facets(source.paper, source.title, source.abstract)
        assert {FacetKind.PROBLEM, FacetKind.MECHANISM, FacetKind.EVALUATION} <= {f.kind for f in read.facets}
        for facet in read.facets:
            assert source.abstract[facet.start : facet.end] == facet.text
    assert read_facets(PaperId("p2"), "", ABSTRACTS["Cheaper catalysts"]).of(FacetKind.LIMITATION) == (
        "However, the clusters leach.",
    )
