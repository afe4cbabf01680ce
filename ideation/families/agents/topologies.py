"""Who hears whom in a group: one flag."""

from __future__ import annotations

from enum import StrEnum


class Topology(StrEnum):
    SOLO = "solo"
    """One agent, who does all the work."""
    NOMINAL = "nominal"
    """Nobody hears anybody: a group in name, pooled at the end (nominal group technique)."""
    STAR = "star"
    """The first is the leader: hears all and is heard by all; the others hear the leader alone."""
    RING = "ring"
    """Everyone hears the two beside."""
    COMPLETE = "complete"
    """Everyone hears everyone."""


def heard_by(topology: Topology, agents: int) -> tuple[tuple[int, ...], ...]:
    """For each of the agents, numbered from 0, whom it hears; never itself. `SOLO` leaves one agent.

    Raises:
        ValueError: no agent.
    """
    if agents < 1:
        raise ValueError("a group needs an agent")
    if topology is Topology.SOLO:
        return ((),)
    everyone = range(agents)
    match topology:
        case Topology.NOMINAL:
            return tuple(() for _ in everyone)
        case Topology.STAR:
            return (tuple(everyone)[1:], *((0,) for _ in range(agents - 1)))
        case Topology.RING:
            return tuple(
                tuple(sorted({(each - 1) % agents, (each + 1) % agents} - {each})) for each in everyone
            )
        case Topology.COMPLETE:
            return tuple(tuple(other for other in everyone if other != each) for each in everyone)
