"""The methods of this family, as they run by default."""

from __future__ import annotations

from ideation.arm import Arm
from ideation.families.steering.bandit import BanditArm
from ideation.families.steering.bit_flip import BitFlipArm
from ideation.families.steering.box_arm import BoxArm
from ideation.families.steering.deck_arm import DeckArm, TrizArm
from ideation.families.steering.denial import DenialArm
from ideation.families.steering.personas import PersonaArm
from ideation.families.steering.second_burst import SecondBurstArm
from ideation.families.steering.shapes import PlainArm, VerbalizedArm, sweep
from ideation.families.steering.two_phase import TwoPhaseArm

TEMPERATURES = (0.4, 1.2)

_CHOSEN_AMONG: tuple[Arm, ...] = (VerbalizedArm(), BitFlipArm(), PersonaArm(), DeckArm(lever="far_analogy"))
"""Few, for a bandit learns little from one pull each."""

ARMS: tuple[Arm, ...] = (
    VerbalizedArm(),
    BitFlipArm(),
    DeckArm(lever="far_analogy"),
    TrizArm(),
    BoxArm(),
    PersonaArm(),
    TwoPhaseArm(),
    DenialArm(),
    DeckArm(lever="scamper"),
    SecondBurstArm(),
    BanditArm(arms=_CHOSEN_AMONG),
    DeckArm(lever="guide_words"),
    DeckArm(lever="constraint_flip"),
    DeckArm(lever="scale_change"),
    DeckArm(lever="failure_as_goal"),
    PlainArm(),
    *sweep(TEMPERATURES),
)
"""Where fewer ideas are wanted than there are arms, the first come first: each of another kind."""
