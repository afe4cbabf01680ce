"""The Atlas graph: nodes and edges in running order, nothing else."""

from __future__ import annotations

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from atlas.context import AtlasContext
from atlas.nodes.after import commit, distil, judge, learn
from atlas.nodes.before import lane, recall, triage
from atlas.nodes.work import attempt, guide, validate
from atlas.routing import after_attempt, after_commit, after_validate
from atlas.state import AtlasState

AtlasGraph = CompiledStateGraph[AtlasState, AtlasContext, AtlasState, AtlasState]


def build_graph(checkpointer: BaseCheckpointSaver[str]) -> AtlasGraph:
    """Compile the graph over a checkpointer; one thread of it is one task of one run."""
    graph = StateGraph(AtlasState, context_schema=AtlasContext)

    graph.add_node("triage", triage)
    graph.add_node("lane", lane)
    graph.add_node("recall", recall)
    graph.add_node("attempt", attempt)
    graph.add_node("validate", validate)
    graph.add_node("guide", guide)
    graph.add_node("judge", judge)
    graph.add_node("commit", commit)
    graph.add_node("distil", distil)
    graph.add_node("learn", learn)

    graph.add_edge(START, "triage")
    graph.add_edge("triage", "lane")
    graph.add_edge("lane", "recall")
    graph.add_edge("recall", "attempt")
    graph.add_conditional_edges("attempt", after_attempt, ["validate", "judge"])
    graph.add_conditional_edges("validate", after_validate, ["guide", "judge"])
    graph.add_edge("guide", "attempt")
    graph.add_edge("judge", "commit")
    graph.add_conditional_edges("commit", after_commit, ["distil", END])
    graph.add_edge("distil", "learn")
    graph.add_edge("learn", END)

    return graph.compile(checkpointer=checkpointer, name="atlas")
