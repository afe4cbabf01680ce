from __future__ import annotations

from ideation.families.search.best_of import BestOfArm
from ideation.families.search.lineage import held
from ideation.families.search.workshop import Workshop
from ideation.muse import Operator, ReviseRequest
from tests.ideation.families.search.papers import TOPIC, CannedMuse, desk, idea_text


async def test_3_13_each_text_stores_its_parents_its_operator_and_a_diff() -> None:
    work = Workshop(BestOfArm(), desk(CannedMuse()), 2)
    one, two = await work.drafts(2)
    request = ReviseRequest(topic=TOPIC, idea=one.text, direction="other")
    child = await work.revised(one, request, "refine")
    joined = await work.made_of((one, two), Operator(deck="d", name="crossover", instruction="join"))
    assert child is not None
    assert joined is not None
    nodes = {node.idea.id: node for node in work.lineage.nodes()}
    assert nodes[one.id].operator == "generate"
    assert child.parents == (one.id,)
    assert nodes[child.id].operator == "refine"
    assert "+mechanism: " in nodes[child.id].diff
    assert joined.parents == (one.id, two.id)
    assert joined.origin.operators == ("d:crossover",)


def test_parts_that_are_to_be_kept_are_kept() -> None:
    before, after = idea_text(1), idea_text(2)
    found = held(before, after, ("title", "problem"))
    assert (found.title, found.problem, found.mechanism) == (before.title, before.problem, after.mechanism)
