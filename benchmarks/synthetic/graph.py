"""The alert-entity graph of an incident, and the paths on it from which questions are made.

Follows the published way of ExCyTIn-Bench: for every ordered pair of alerts, start entities that lie far
from the end alert, an end entity that lies far from the start alert, and a shortest path between the alerts.
It adds a check that the end entity is the only one of its kind at the alerts of that name.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx

from benchmarks.synthetic.entities import Identifier, NodeKind, identifiers
from benchmarks.synthetic.products import source_of
from benchmarks.synthetic.story import Alert

MAX_STARTS = 10
DULL = frozenset({NodeKind.HOST, NodeKind.PROCESS})
DULL_SHARE = 0.2
"""How often hosts and processes may be asked for as well although other kinds are at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPath:
    """A way from one alert to another. `nodes` alternate alert, entity, ..., alert; ids are node ids."""

    start: int
    end: int
    start_entities: tuple[int, ...]
    end_entity: int
    nodes: tuple[int, ...]


class AlertGraph:
    """Undirected bipartite graph; node ids count alerts first, in order, then entities as they appear."""

    def __init__(self, alerts: Sequence[Alert]) -> None:
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(len(alerts)))
        ids: dict[Identifier, int] = {}
        for number, alert in enumerate(alerts):
            for entity in alert.entities:
                for identifier in identifiers(entity):
                    node = ids.setdefault(identifier, len(alerts) + len(ids))
                    graph.add_edge(number, node)
        part = max(nx.connected_components(graph), key=len)
        self.alerts = {number: alert for number, alert in enumerate(alerts) if number in part}
        self.entities = {node: identifier for identifier, node in ids.items() if node in part}
        self.graph: nx.Graph[int] = graph.subgraph(sorted(part)).copy()
        self._distances = dict(nx.all_pairs_shortest_path_length(self.graph))

    def neighbours(self, alert: int) -> list[int]:
        return sorted(self.graph[alert])

    def visible(self, alert: int, entity: int) -> bool:
        """Whether the entity stands in the alert's own row."""
        return source_of(self.alerts[alert].product, self.entities[entity].kind).name == "ALERT"

    def namesakes(self, alert: int) -> list[int]:
        """The incident's alerts of the same name, the alert itself among them."""
        name = self.alerts[alert].type.name
        return [number for number, other in self.alerts.items() if other.type.name == name]

    def paths(self, rng: random.Random) -> list[AlertPath]:
        """One path for every ordered pair of alerts that has one; pairs of an alert with itself too."""
        found = []
        for start in self.alerts:
            for end in self.alerts:
                path = self._path(rng, start, end)
                if path is not None:
                    found.append(path)
        return found

    def _path(self, rng: random.Random, start: int, end: int) -> AlertPath | None:
        choices = self._askable(end)
        if not choices:
            return None
        far = max(self._distances[start][node] for node in choices)
        choices = [node for node in choices if self._distances[start][node] == far]
        bright = [node for node in choices if self.entities[node].kind not in DULL]
        target = rng.choice(bright if bright and rng.random() > DULL_SHARE else choices)
        starts = self._starts(rng, start, end, target)
        if not starts:
            return None
        shortest = list(nx.all_shortest_paths(self.graph, start, end))
        return AlertPath(
            start=start,
            end=end,
            start_entities=tuple(starts),
            end_entity=target,
            nodes=tuple(rng.choice(shortest)),
        )

    def _askable(self, end: int) -> list[int]:
        """Neighbours of the alert that are the only one of their kind there and at its namesakes."""
        around = {node for alert in self.namesakes(end) for node in self.neighbours(alert)}
        kinds = [self.entities[node].kind for node in around]
        return [node for node in self.neighbours(end) if kinds.count(self.entities[node].kind) == 1]

    def _starts(self, rng: random.Random, start: int, end: int, target: int) -> list[int]:
        """Up to ten neighbours of the start alert, far from the end alert, that give no answer away."""
        answer = self.entities[target].value.lower()
        near = [
            node for node in self.neighbours(start) if not _overlap(self.entities[node].value.lower(), answer)
        ]
        if not near:
            return []
        order = rng.sample(near, len(near))
        order.sort(key=lambda node: -self._distances[end][node])
        far = self._distances[end][order[0]]
        farthest = [node for node in order if self._distances[end][node] == far]
        return (farthest if len(farthest) > 1 else order[:2])[:MAX_STARTS]


def _overlap(left: str, right: str) -> bool:
    return left in right or right in left
