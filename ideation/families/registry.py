"""All arms by family, imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from ideation.arm import Arm
from ideation.idea import Family


def arms_of(families: Sequence[Family]) -> Mapping[Family, tuple[Arm, ...]]:
    """The arms of each family, in the order in which it lists them."""
    return {
        family: tuple(import_module(f"ideation.families.{family.value}.arms").ARMS) for family in families
    }
