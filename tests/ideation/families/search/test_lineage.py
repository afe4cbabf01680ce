from __future__ import annotations

import json

import networkx as nx

from ideation.families.search.best_of import BestOfArm
from ideation.families.search.lineage import Fate, graph_json, graph_of, graph_xml, held
from ideation.families.search.mcts import MctsArm
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


async def test_3_13_the_graph_can_be_written_and_read_again() -> None:
    found = await MctsArm().run(desk(CannedMuse()), 3)
    graph = graph_of(found.ideas, found.lineage)
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() == len(found.lineage)
    for node in found.lineage:
        assert {str(parent) for parent in node.idea.parents} == set(graph.predecessors(str(node.idea.id)))
    assert {graph.nodes[str(idea.id)]["fate"] for idea in found.ideas} == {"chosen"}
    again = nx.parse_graphml(graph_xml(graph))
    assert set(again.edges) == set(graph.edges)
    assert len(json.loads(json.dumps(graph_json(graph)))["nodes"]) == len(graph)


async def test_3_13_ideas_alone_give_a_graph_in_which_unknown_parents_stand() -> None:
    found = await MctsArm().run(desk(CannedMuse()), 2)
    children = [node.idea for node in found.lineage if node.idea.parents]
    graph = graph_of(children[:1])
    assert {graph.nodes[str(parent)]["fate"] for parent in children[0].parents} == {"unknown"}
    assert graph.nodes[str(children[0].id)]["title"] == children[0].text.title


async def test_no_control_character_breaks_the_graph() -> None:
    odd = idea_text(1)
    work = Workshop(BestOfArm(), desk(CannedMuse()), 1)
    idea = (await work.drafts(1))[0]
    text = held(idea.text, odd, ())
    bad = type(text)(**{**dict(text), "title": "a\x00b\ud800c", "dropped": "x\x07"})
    child = work.harvest.rewritten(idea, bad, operator="o")
    work.lineage.add(child, "o", (idea,))
    work.lineage.fated(child.id, Fate.REJECTED)
    graph = graph_of((), work.lineage.nodes())
    assert "abc" in graph_xml(graph)


def test_parts_that_are_to_be_kept_are_kept() -> None:
    before, after = idea_text(1), idea_text(2)
    found = held(before, after, ("title", "problem"))
    assert (found.title, found.problem, found.mechanism) == (before.title, before.problem, after.mechanism)
