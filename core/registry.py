"""Lazy registries: a table of built-in names, and the entry points of installed packages."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from core.errors import UserError

T = TypeVar("T")


def resolve(path: str) -> object:
    """Import what `module:attribute` names; the attribute may be dotted.

    Raises:
        UserError: the module or the attribute cannot be found, or the module fails while it is imported.
    """
    module_name, colon, attribute = path.partition(":")
    if not (module_name and colon and attribute):
        raise UserError(f"{path!r} names nothing: write module:attribute")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # the module is somebody else's code: it may fail in any way
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"{path!r}: cannot import {module_name}: {why}") from error
    try:
        return functools.reduce(getattr, attribute.split("."), cast(object, module))
    except AttributeError:
        raise UserError(f"{path!r}: module {module_name} has no {attribute}") from None


class Registry(Generic[T]):
    """Names of one sort of thing (`what`, as "student"), each at `module:attribute`.

    Listing names imports nothing. `group` names the entry points that add to the built-in table; `plugins`
    stands in for them.
    """

    def __init__(
        self,
        what: str,
        table: Mapping[str, str],
        *,
        group: str | None = None,
        plugins: Iterable[EntryPoint] | None = None,
    ) -> None:
        self._what = what
        self._table = dict(table)
        self._group = group
        self._plugins = None if plugins is None else tuple(plugins)

    def names(self) -> tuple[str, ...]:
        """Every name, sorted.

        Raises:
            UserError: two packages, or a package and the built-in table, give the same name.
        """
        return tuple(sorted(self._targets()))

    def load(self, name: str) -> T:
        """The thing itself, imported now; its type is the table's promise and is not checked.

        Raises:
            UserError: unknown or doubled name, or it cannot be imported.
        """
        targets = self._targets()
        if name not in targets:
            known = ", ".join(sorted(targets)) or "none is known"
            raise UserError(f"unknown {self._what} {name!r}: choose one of: {known}")
        return cast(T, resolve(targets[name]))

    def _targets(self) -> dict[str, str]:
        targets = dict(self._table)
        for point in self._entry_points():
            # A distribution that is found twice on the path tells the same entry twice.
            if targets.setdefault(point.name, point.value) != point.value:
                raise UserError(
                    f"two {self._what} entries are named {point.name!r} ({targets[point.name]} and "
                    f"{point.value}): uninstall one; known names: {', '.join(sorted(targets))}"
                )
        return targets

    def _entry_points(self) -> Iterable[EntryPoint]:
        if self._plugins is not None:
            return self._plugins
        return entry_points(group=self._group) if self._group else ()
