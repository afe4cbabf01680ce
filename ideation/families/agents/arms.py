"""The arms of this family. Other topologies of the same group are one flag away: `GroupArm(topology=...)`."""

from ideation.families.agents.group import GroupArm
from ideation.families.agents.supervisor import SupervisorArm
from ideation.families.agents.topologies import Topology

ARMS = (
    GroupArm(topology=Topology.NOMINAL),
    GroupArm(topology=Topology.STAR),
    SupervisorArm(supervised=False),
    SupervisorArm(),
)

ON_DEMAND = (
    GroupArm(topology=Topology.SOLO),
    GroupArm(topology=Topology.RING),
    GroupArm(topology=Topology.COMPLETE),
)
"""The other topologies: they run where they are named."""
