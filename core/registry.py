"""Lazy registries: a table of built-in names, and the entry points of installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from core.errors import UserError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one sort of thing (`what`), each at `module:attribute`. Listing names imports nothing.

    `group` names the entry points that add to the built-in table; `plugins` stands in for them.
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
        self._plugins = plugins

    def names(self) -> tuple[str, ...]:
        """Every name, sorted.

        Raises:
            UserError: two packages, or a package and the built-in table, give the same name.
        """
        return tuple(sorted(self._targets()))

    def load(self, name: str) -> T:
        """The thing itself.

        Raises:
            UserError: unknown or doubled name, or it cannot be imported.
        """
        targets = self._targets()
        if name not in targets:
            raise UserError(f"unknown {self._what} '{name}': choose one of {', '.join(sorted(targets))}")
        module, _, attribute = targets[name].partition(":")
        try:
            found: T = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"{self._what} '{name}' cannot be loaded from '{targets[name]}': {error}"
            ) from error
        return found

    def _targets(self) -> dict[str, str]:
        targets = dict(self._table)
        for point in self._entry_points():
            if point.name in targets and targets[point.name] != point.value:
                raise UserError(
                    f"two {self._what} entries are named '{point.name}' ({targets[point.name]} and {point.value}): "
                    f"uninstall one; known names: {', '.join(sorted(targets))}"
                )
            targets[point.name] = point.value
        return targets

    def _entry_points(self) -> Iterable[EntryPoint]:
        if self._plugins is not None:
            return self._plugins
        return entry_points(group=self._group) if self._group else ()
