from __future__ import annotations

from ideation.families.knowledge.paper_free import PaperFree
from ideation.families.knowledge.planned import PlannedRetrieval
from ideation.families.knowledge.retrieval import Retrieval
from ideation.families.knowledge.sampling import Sampling
from ideation.muse import ListRequest, Proposal, Proposed, ProposeRequest
from tests.ideation.families.knowledge.papers import CannedMuse, ShelfLibrary, desk, text_of


def asked_for_plan(request: ListRequest) -> bool:
    return "look up next in the literature" in request.question


async def test_1_9_what_an_idea_looks_up_goes_to_that_idea_alone() -> None:
    """Seeds are of two kinds; each asks for its own field, and sees no paper that the other asked for."""
    kinds = {"birds": "acoustic surveys", "cells": "iron clusters fuel"}

    def plan(request: ListRequest) -> tuple[str, ...]:
        if not asked_for_plan(request):
            return ()
        (text,) = request.material
        return tuple(query for kind, query in kinds.items() if kind in text)

    def propose(request: ProposeRequest, number: int) -> Proposed:
        kind = request.parents[0].title.split()[0] if request.parents else list(kinds)[number % 2]
        return Proposed(proposals=(Proposal(text=text_of(f"{kind} thought {number}")),))

    muse = CannedMuse(plan, propose)
    arm = PlannedRetrieval(rounds=2, hits=2)
    produced = await arm.run(desk(muse), 6)
    children = [idea for idea in produced.ideas if idea.parents]
    assert len(children) == 4
    for idea in children:
        kind = idea.text.title.split()[0]
        own = {"birds": {"b1", "b2", "b4"}, "cells": {"c1", "c2", "c3"}}[kind]
        assert set(idea.origin.papers) <= own
        assert f"looked_up:{kinds[kind]}" in idea.origin.operators
    for request in muse.proposed[2:]:
        assert len(request.parents) == 1


async def test_1_9_a_line_of_ideas_sees_no_paper_twice_and_knows_its_parents() -> None:
    muse = CannedMuse(lambda request: ("water",) if asked_for_plan(request) else ())
    produced = await PlannedRetrieval(rounds=3, hits=2, seeds=Sampling(shown=2, without=0.0)).run(
        desk(muse), 3
    )
    by_id = {idea.id: idea for idea in produced.ideas}
    lines = [idea for idea in produced.ideas if idea.parents]
    assert lines
    for idea in lines:
        before: set[str] = set()
        parent = by_id[idea.parents[0]]
        while True:
            before |= set(parent.origin.papers)
            if not parent.parents:
                break
            parent = by_id[parent.parents[0]]
        assert not before & set(idea.origin.papers)
        assert idea.round >= 1


async def test_1_9_one_plan_is_asked_for_each_live_idea() -> None:
    muse = CannedMuse(lambda request: ("membranes", "pores"))
    produced = await PlannedRetrieval(rounds=1).run(desk(muse), 4)
    plans = [request for request in muse.listed if asked_for_plan(request)]
    assert len(plans) == produced.measures["plans"]
    assert all(len(request.material) == 1 for request in plans)


async def test_1_11_both_branches_and_their_merger_are_told_apart() -> None:
    muse = CannedMuse(lambda request: ("let the tide do it", "dry it"))
    produced = await PaperFree(merged=0.25).run(desk(muse), 8)
    tags = {
        branch: [idea for idea in produced.ideas if f"branch:{branch}" in idea.origin.operators]
        for branch in ("free", "papers", "merged")
    }
    assert {name: len(ideas) for name, ideas in tags.items()} == {"free": 3, "papers": 3, "merged": 2}
    assert all(idea.origin.without_papers and not idea.origin.papers for idea in tags["free"])
    assert all(idea.origin.papers and not idea.origin.without_papers for idea in tags["papers"])
    free, found = ({idea.id for idea in tags[name]} for name in ("free", "papers"))
    for idea in tags["merged"]:
        one, other = idea.parents
        assert one in free
        assert other in found
    assert produced.measures["from_merged"] == 2


async def test_0_11_the_free_calls_show_no_paper_and_half_are_free() -> None:
    muse = CannedMuse(lambda request: ("let the tide do it",))
    await PaperFree(merged=0.0).run(desk(muse), 6)
    assert [bool(request.sources) for request in muse.proposed].count(False) == 3
    for request in muse.proposed:
        assert ("Associations: let the tide do it" in request.notes) is not bool(request.sources)


async def test_1_11_the_brainstorm_can_steer_what_is_retrieved() -> None:
    def thoughts(request: ListRequest) -> tuple[str, ...]:
        return ("microphones of silk",) if "Without looking at any paper" in request.question else ()

    shown = {}
    for steers in (True, False):
        muse, library = CannedMuse(thoughts), ShelfLibrary()
        plan = Retrieval(size=4, rounds=1, hits=4, by_rule=False)
        await PaperFree(steers=steers, retrieval=plan).run(desk(muse, library=library), 6)
        shown[steers] = {source.paper for request in muse.proposed for source in request.sources}
        assert ("microphones of silk" in library.searched) is steers
    assert "b4" in shown[True] - shown[False]
