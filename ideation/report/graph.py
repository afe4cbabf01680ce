"""The lineage of a run as a graph that other programs read, and as trees that a page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ideation.report.record import LineageNode, RunRecord

if TYPE_CHECKING:
    import networkx as nx

_LEFT_OUT = {"id", "parents"}


def graph_of(nodes: Sequence[LineageNode]) -> nx.DiGraph:
    """Who was made of whom: an edge from each parent to its child.

    Nodes bear what the record tells of them as plain texts and numbers; a parent that the record does not
    hold stands there with `fate` "unknown".
    """
    import networkx as nx

    graph = nx.DiGraph()
    for node in nodes:
        told = node.model_dump(exclude=_LEFT_OUT, exclude_none=True)
        graph.add_node(node.id, **{key: _printable(value) for key, value in told.items()})
    for node in nodes:
        graph.add_edges_from((parent, node.id) for parent in node.parents)
    for _, told in graph.nodes(data=True):
        told.setdefault("fate", "unknown")
    return graph


def to_graphml(record: RunRecord) -> str:
    """The lineage as GraphML, which graph editors read."""
    import networkx as nx

    return "\n".join(nx.generate_graphml(graph_of(record.lineage)))


def to_graph_json(record: RunRecord) -> str:
    """The lineage as node-link JSON."""
    import networkx as nx

    return json.dumps(nx.node_link_data(graph_of(record.lineage), edges="links"), indent=2)


def trees(record: RunRecord) -> list[tuple[str, list[tuple[int, LineageNode]]]]:
    """By arm, texts that grew out of others, that others grew out of, or that were given up: each with its
    depth, below its first parent. What was written at once and kept is left out: the ranking has it.
    """
    inside = {node.id for node in record.lineage}
    below: dict[str, list[LineageNode]] = {}
    roots: list[LineageNode] = []
    for node in record.lineage:
        parent = next((each for each in node.parents if each in inside), None)
        (roots if parent is None else below.setdefault(parent, [])).append(node)
    shown = [
        (f"{root.family}: {root.lever}", each)
        for root in sorted(roots, key=lambda node: (node.family, node.lever))
        if root.id in below or root.fate != "kept"
        for each in _walk(root, below)
    ]
    return [(arm, [each for _, each in lines]) for arm, lines in groupby(shown, key=lambda line: line[0])]


def _walk(root: LineageNode, below: dict[str, list[LineageNode]]) -> Iterator[tuple[int, LineageNode]]:
    waiting = [(0, root)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting += [(depth + 1, child) for child in reversed(below.get(node.id, ()))]


def _printable(value: object) -> object:
    """XML knows no control characters."""
    if not isinstance(value, str):
        return value
    return "".join(sign for sign in value if sign.isprintable() or sign == "\n")
