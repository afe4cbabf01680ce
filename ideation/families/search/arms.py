"""The methods of this family, as they run by default."""

from __future__ import annotations

from ideation.arm import Arm
from ideation.families.search.beam import BeamArm
from ideation.families.search.best_of import BestOfArm
from ideation.families.search.boosting import BoostingArm
from ideation.families.search.evolution import EvolutionArm
from ideation.families.search.map_elites import MapElitesArm
from ideation.families.search.mcts import MctsArm
from ideation.families.search.reflection import ReflectionArm
from ideation.families.search.rejection import RejectionArm

ARMS: tuple[Arm, ...] = (
    ReflectionArm(),
    BestOfArm(),
    BoostingArm(),
    RejectionArm(),
    BeamArm(),
    MctsArm(),
    EvolutionArm(),
    MapElitesArm(),
)
