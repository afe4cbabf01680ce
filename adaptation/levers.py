"""The five families of ways to make a model's ideas better, as labels (row 1). No torch.

Survey: "Large Language Models for Scientific Idea Generation: A Creativity-Centered Survey",
arXiv 2511.07448. A manifest names in `creativity_levers` those that had a part in its adapter; the values are
those by which the idea pipeline names its families.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Lever(StrEnum):
    """A family of methods."""

    KNOWLEDGE = "knowledge"
    """External knowledge is looked up and put into the prompt."""
    STEERING = "steering"
    """Prompts steer: roles, constraints, analogies."""
    SEARCH = "search"
    """More is computed at inference: sampling, trees, evolution."""
    AGENTS = "agents"
    """Several agents debate and review."""
    ADAPTERS = "adapters"
    """Parameters are adapted: what this package does."""


def coverage(runs: Iterable[Iterable[Lever]]) -> Mapping[Lever, int]:
    """In how many runs each family had a part, families that had none included."""
    found = dict.fromkeys(Lever, 0)
    for levers in runs:
        for lever in set(levers):
            found[lever] += 1
    return found
