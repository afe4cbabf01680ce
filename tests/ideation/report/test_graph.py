from __future__ import annotations

import json
from dataclasses import replace

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from ideation.arm import Arm, Produced, Rejected
from ideation.families.agents.supervisor import SupervisorArm
from ideation.families.search.beam import BeamArm
from ideation.families.search.mcts import MctsArm
from ideation.families.steering.box_arm import BoxArm
from ideation.generating import Played
from ideation.report.graph import graph_of, to_graph_json, to_graphml, trees
from ideation.report.record import LineageNode, RunRecord
from ideation.report.writing import to_html, to_markdown
from ideation.tracing import failures_of, lineage_of
from tests.ideation.families.search.papers import CannedMuse, desk
from tests.ideation.report.samples import run_record


def played(arm: Arm, produced: Produced) -> Played:
    return Played(arm=arm, wanted=3, calls=0, produced=produced)


async def searched() -> tuple[LineageNode, ...]:
    arm = MctsArm()
    produced = await arm.run(desk(CannedMuse()), 3)
    return lineage_of([played(arm, produced)], produced.ideas[:2], {})


async def test_3_13_the_record_holds_every_text_of_a_search_with_its_fate() -> None:
    arm = MctsArm()
    produced = await arm.run(desk(CannedMuse()), 3)
    one, two, three = produced.ideas
    found = lineage_of([played(arm, produced)], [one], {two.id: one.id})
    fates = {node.id: node.fate for node in found}
    assert {node.id for node in found} == {node.idea.id for node in produced.lineage}
    assert (fates[one.id], fates[two.id], fates[three.id]) == ("kept", "duplicate", "surplus")
    assert any(node.parents and node.diff and node.operator for node in found)
    assert any(node.visits > 1 and node.total > 0 for node in found)


async def test_3_4_pruned_texts_stand_in_the_record() -> None:
    arm = BeamArm(width=1)
    produced = await arm.run(desk(CannedMuse()), 2)
    found = lineage_of([played(arm, produced)], produced.ideas, {})
    assert [node for node in found if node.fate == "pruned"]


async def test_3_13_the_graph_can_be_written_and_read_again() -> None:
    record = run_record(lineage=await searched())
    graph = graph_of(record.lineage)
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() == len(record.lineage)
    for node in record.lineage:
        assert set(node.parents) == set(graph.predecessors(node.id))
    again = nx.parse_graphml(to_graphml(record))
    assert set(again.edges) == set(graph.edges)
    assert len(json.loads(to_graph_json(record))["nodes"]) == len(graph)


async def test_3_13_the_report_shows_what_grew_out_of_what() -> None:
    record = run_record(lineage=await searched())
    page, text = to_html(record), to_markdown(record)
    grown = [node for node in record.lineage if node.parents]
    assert grown
    for told in (page, text):
        assert "Lineage" in told
        assert told.count("visits") >= len(grown)
    assert page.count("<summary>change</summary>") == len([node for node in grown if node.diff])


async def test_2_7_the_report_names_the_cells_that_stayed_empty() -> None:
    arm = BoxArm(axes=(("means", ("heat", "light")), ("place", ("sea", "roof", "cellar"))))
    produced = await arm.run(desk(CannedMuse()), 4)
    record = run_record(empty=produced.empty)
    assert len(produced.empty) == 2
    for cell in produced.empty:
        assert " / ".join(cell) in to_html(record)
        assert " / ".join(cell) in to_markdown(record)
    assert RunRecord.model_validate_json(record.to_json()) == record


def node(name: str, *parents: str, title: str = "a title", fate: str = "kept") -> LineageNode:
    return LineageNode(
        id=name,
        title=title,
        family="search",
        lever="beam",
        operator="refine",
        round=0,
        parents=parents,
        fate=fate,
    )


def test_3_13_a_parent_that_is_not_held_is_unknown_and_no_control_character_breaks_the_graph() -> None:
    record = run_record(lineage=(node("a", "lost", title="a\x00b\x07c"),))
    assert graph_of(record.lineage).nodes["lost"]["fate"] == "unknown"
    assert "abc" in to_graphml(record)
    assert to_graph_json(record)


@given(st.lists(st.lists(st.integers(0, 8), max_size=3), max_size=12))
def test_3_13_trees_show_each_text_once_below_its_first_parent(parents: list[list[int]]) -> None:
    """Whatever the parents: earlier texts, later ones in a circle, or none that are held."""
    nodes = tuple(
        node(str(at), *(str(each) for each in dict.fromkeys(above) if each < at), fate="pruned")
        for at, above in enumerate(parents)
    )
    lines = [line for _, found in trees(run_record(lineage=nodes)) for line in found]
    assert sorted(each.id for _, each in lines) == sorted(each.id for each in nodes)
    depth = {each.id: at for at, each in lines}
    for each in nodes:
        assert depth[each.id] == (depth[each.parents[0]] + 1 if each.parents else 0)


async def test_1_14_only_what_was_given_up_for_a_fault_counts_as_a_failure() -> None:
    """Neither the version before a revision, nor what was one too many."""
    arm = SupervisorArm(batch=3)
    produced = await arm.run(desk(), 3)
    made = lineage_of([played(arm, produced)], produced.ideas, {})
    given_up = {node.id for node in made if node.fate == "rejected"}
    versions = {parent for node in made for parent in node.parents}
    counted = {each.idea.id for each in failures_of([played(arm, produced)]) if each.idea}
    assert counted <= given_up - versions
    one, other = (Rejected(text=idea.text, lever="x", reason="r", idea=idea) for idea in produced.ideas[:2])
    turn = Played(
        arm=arm,
        wanted=1,
        calls=0,
        produced=Produced(ideas=produced.ideas[2:], rejected=(one, replace(other, surplus=True))),
    )
    assert failures_of([turn]) == [one]
    assert failures_of([], [other]) == [other]
    fates = {node.id: node.fate for node in lineage_of([turn], produced.ideas[2:], {})}
    assert [fates[idea.id] for idea in produced.ideas[:2]] == ["rejected", "surplus"]
