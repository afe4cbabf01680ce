"""All arms by family, imported only when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType

from core.errors import UserError
from ideation.arm import Arm
from ideation.families.search.elites import MapAxis
from ideation.families.search.map_elites import MapElitesArm
from ideation.families.steering.box_arm import BoxArm
from ideation.idea import Family

Values = tuple[str, tuple[str, ...]]
"""An axis by name, with the values on it."""


def arms_of(families: Sequence[Family]) -> Mapping[Family, tuple[Arm, ...]]:
    """The arms of each family that run unless others are named, in the order in which it lists them."""
    return {family: tuple(_module(family).ARMS) for family in families}


def arms_named(levers: Sequence[str]) -> Mapping[Family, tuple[Arm, ...]]:
    """The arms of these levers alone, in the order named, by family.

    Raises:
        UserError: there is no such arm; the message names all.
    """
    every = {arm.lever: arm for arms in all_arms().values() for arm in arms}
    if unknown := [lever for lever in levers if lever not in every]:
        raise UserError(f"no arm {unknown[0]!r}: choose of {', '.join(every)}")
    chosen = [every[lever] for lever in dict.fromkeys(levers)]
    return {
        family: arms for family in Family if (arms := tuple(arm for arm in chosen if arm.family is family))
    }


def all_arms() -> Mapping[Family, tuple[Arm, ...]]:
    """Those that run unless others are named, and then those that run only where they are."""
    modules = {family: _module(family) for family in Family}
    return {family: (*module.ARMS, *getattr(module, "ON_DEMAND", ())) for family, module in modules.items()}


def with_axes(
    arms: Mapping[Family, Sequence[Arm]], of_map: Sequence[Values], of_box: Sequence[Values]
) -> Mapping[Family, tuple[Arm, ...]]:
    """The map of elites and the morphological box with the user's axes, where some are given.

    Raises:
        UserError: an axis of the map without its two ends, or a box of one axis.
    """
    if wrong := [name for name, ends in of_map if len(ends) != 2]:
        raise UserError(f"the axis {wrong[0]!r} of the map needs two ends: NAME: LOW | HIGH")
    if len(of_box) == 1:
        raise UserError("a box needs two axes at least")
    ends = tuple(MapAxis(name=name, low=low, high=high) for name, (low, high) in of_map)

    def own(arm: Arm) -> Arm:
        if isinstance(arm, MapElitesArm) and ends:
            return replace(arm, axes=ends)
        return replace(arm, axes=tuple(of_box)) if isinstance(arm, BoxArm) and of_box else arm

    return {family: tuple(own(arm) for arm in each) for family, each in arms.items()}


def parse_axis(text: str) -> Values:
    """`NAME: VALUE | VALUE`, with as many values as there are.

    Raises:
        UserError: it has no name, or no value.
    """
    name, _, rest = text.partition(":")
    values = tuple(dict.fromkeys(each.strip() for each in rest.split("|") if each.strip()))
    if not name.strip() or not values:
        raise UserError(f"{text!r} is no axis: write NAME: VALUE | VALUE")
    return name.strip(), values


def _module(family: Family) -> ModuleType:
    return import_module(f"ideation.families.{family.value}.arms")
