"""Personas: ordinary people, one to a call. Many in one prompt, or famous ones, steer less."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache

from pydantic import TypeAdapter

from core.errors import UserError
from ideation.arm import Desk, Harvest, Produced
from ideation.families.search.asking import Ask, collect
from ideation.families.search.material import Material
from ideation.idea import Family
from ideation.wordings import data


@cache
def ordinary_people() -> tuple[str, ...]:
    """The roles of `personas.json`, each as it follows on "You are"."""
    raw = data("personas.json")
    return TypeAdapter(tuple[str, ...]).validate_json(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaArm:
    """Each call has one persona, and each is met once before any comes again.

    `personas` are the user's own; empty, the file's. `together` above 1 puts as many in one prompt: nobody
    gets that without asking for it.
    """

    personas: tuple[str, ...] = ()
    together: int = 1
    family: Family = Family.STEERING
    lever: str = "personas"

    async def run(self, desk: Desk, wanted: int) -> Produced:
        """Raises:
        UserError: fewer than one persona a call.
        """
        if self.together < 1:
            raise UserError("a call needs one persona at least")
        harvest = Harvest(arm=self, desk=desk)
        material = Material(desk, self.lever)
        order = list(dict.fromkeys(self.personas)) or list(ordinary_people())
        random.Random(f"{desk.seed}|personas").shuffle(order)
        met: set[str] = set()

        def ask(number: int, count: int) -> Ask:
            start = number * self.together
            people = dict.fromkeys(order[(start + at) % len(order)] for at in range(self.together))
            met.update(people)
            return Ask(request=replace(material.request(number, count=count), persona="; and ".join(people)))

        stopped = await collect(harvest, wanted, ask)
        return harvest.produced(measures={"personas_met": float(len(met))}, stopped=stopped)
