"""A recipe with the options of a command over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.recipe import Recipe

Fields = dict[str, Any]


def recipe_of(where: str | None, options: Mapping[str, Any]) -> Recipe:
    """The file or preset, if any, and over it each option that is not None; parts go field by field. Options
    of another method than the recipe's go with that method.

    Raises:
        UserError: no such recipe, or wrong fields; each is told in a line of its own before.
    """
    from adaptation.recipe import make_recipe, read_recipe, recipe_faults
    from app.output import say

    fields = dict(read_recipe(where)) if where else {}
    method = options.get("method")
    if method is not None and method != fields.get("method"):
        fields.pop("config", None)
    fields = _over(fields, options)
    faults = recipe_faults(fields)
    if faults:
        for fault in faults:
            say(f"recipe: {fault}")
        raise UserError(f"the recipe has {len(faults)} wrong fields; they are named above")
    return make_recipe(fields)


def _over(fields: Mapping[str, Any], options: Mapping[str, Any]) -> Fields:
    found = dict(fields)
    for key, value in options.items():
        if isinstance(value, Mapping):
            own = found.get(key, {})
            merged = _over(own, value) if isinstance(own, Mapping) else own
            if merged:
                found[key] = merged
        elif value is not None and value != []:
            found[key] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value
