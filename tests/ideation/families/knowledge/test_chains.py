from __future__ import annotations

import pytest

from ideation.corpus.identity import PaperId
from ideation.families.knowledge.chain_of_ideas import ChainOfIdeas
from ideation.families.knowledge.chains import Chaining, Link, grow
from ideation.muse import ListRequest
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, ShelfLibrary, desk

PLAN = Chaining()


def asks(request: ListRequest, what: str) -> bool:
    return what in request.question


def scripted(request: ListRequest) -> tuple[str, ...]:
    if asks(request, "What changes"):
        return ("ever softer", "ever more alive")
    if asks(request, "Which steps"):
        return ("let the membrane grow", "let it sweat")
    return (request.material[1],)


@pytest.mark.parametrize("anchor", ["m1", "m2", "m3", "m4"])
async def test_1_5_a_chain_goes_back_and_forth_along_citations(anchor: str) -> None:
    chain = await grow(desk(CannedMuse(scripted)), "stage", SOURCES[PaperId(anchor)], PLAN)
    assert chain is not None
    names = [link.source.paper for link in chain.links]
    library = ShelfLibrary()
    assert PLAN.shortest <= len(names) <= PLAN.longest
    assert len(set(names)) == len(names)
    assert anchor in names
    for earlier, later in zip(chain.links, chain.links[1:], strict=False):
        cited = [each.paper for each in library.references(later.source.paper)]
        assert earlier.source.paper in cited or Link.ALIKE in (earlier.link, later.link)
    years = [library.year(name) or 0 for name in names]
    assert years == sorted(years)


async def test_1_5_each_link_has_its_idea_and_entities_and_steps_are_written_out() -> None:
    muse = CannedMuse(scripted)
    produced = await ChainOfIdeas().run(desk(muse), 3)
    idea, request = produced.ideas[0], muse.proposed[0]
    assert len(request.sources) >= 3
    for source in request.sources:
        line = next(line for line in request.notes.split("\n") if line.startswith(source.title))
        assert "(" in line
    assert "Trend: ever softer" in request.notes
    assert [("let the membrane grow" in each.notes) for each in muse.proposed[:2]] == [True, False]
    assert idea.origin.feedback == (
        "Trend: ever softer",
        "Trend: ever more alive",
        "Next step: let the membrane grow",
    )
    assert any(tag.startswith(("cited:", "citing:")) for tag in idea.origin.operators)
    assert produced.measures["links_by_citation"] == 1.0


async def test_1_5_the_candidate_is_what_is_judged_and_none_closes_the_gate() -> None:
    muse = CannedMuse(lambda request: ())
    assert await grow(desk(muse), "stage", SOURCES[PaperId("m3")], PLAN) is None
    first = muse.listed[0]
    assert "Polymer membranes that bend" in first.material[1]
    assert "Membranes with living biofilm" in first.material[0]
    assert "Membranes with living biofilm" not in first.material[1]


async def test_1_5_an_answer_that_names_none_of_the_candidates_falls_to_the_nearest() -> None:
    chain = await grow(desk(CannedMuse(lambda request: ("whatever",))), "stage", SOURCES[PaperId("m3")], PLAN)
    assert chain is not None
    assert [link.source.paper for link in chain.links] == ["m1", "m2", "m3", "m4"]


async def test_1_5_without_citations_papers_alike_take_their_place_and_say_so() -> None:
    at = desk(library=ShelfLibrary(cites={}))
    chain = await grow(at, "stage", SOURCES[PaperId("m2")], PLAN)
    assert chain is not None
    assert len(chain.links) == PLAN.shortest
    assert {link.link for link in chain.links} == {Link.ANCHOR, Link.ALIKE}
    years = [at.library.year(link.source.paper) or 0 for link in chain.links]
    assert years == sorted(years)
    produced = await ChainOfIdeas().run(at, 2)
    assert produced.measures["links_by_citation"] == 0.0


async def test_a_citation_of_something_later_is_no_link() -> None:
    wrong = {"m1": ("m4",), "m4": ("m1",)}
    library = ShelfLibrary({PaperId(name): SOURCES[PaperId(name)] for name in ("m1", "m4")}, wrong)
    chain = await grow(desk(library=library), "stage", SOURCES[PaperId("m4")], Chaining(shortest=2))
    assert chain is not None
    assert [link.source.paper for link in chain.links] == ["m1", "m4"]


async def test_a_ring_of_citations_ends() -> None:
    ring = {"m1": ("m2",), "m2": ("m3",), "m3": ("m1",)}
    library = ShelfLibrary(cites=ring, years={})
    chain = await grow(desk(library=library), "stage", SOURCES[PaperId("m1")], PLAN)
    assert chain is not None
    assert len(chain.links) == 3
