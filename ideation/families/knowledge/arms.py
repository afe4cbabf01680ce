"""The arms of the knowledge family, in the order in which a report shows them."""

from __future__ import annotations

from ideation.arm import Arm
from ideation.families.knowledge.chain_of_ideas import ChainOfIdeas
from ideation.families.knowledge.entities import ConceptGaps, EntityAugmented
from ideation.families.knowledge.hops import InspirationHops
from ideation.families.knowledge.inspirations import InspirationScreening
from ideation.families.knowledge.paper_free import PaperFree
from ideation.families.knowledge.planned import PlannedRetrieval
from ideation.families.knowledge.recombination import Distance, FacetRecombination

ARMS: tuple[Arm, ...] = (
    FacetRecombination(distance=Distance.NEAR),
    FacetRecombination(distance=Distance.FAR),
    EntityAugmented(),
    ConceptGaps(),
    ChainOfIdeas(),
    InspirationScreening(),
    InspirationHops(),
    PlannedRetrieval(),
    PaperFree(),
)
