"""Prompts: Markdown templates in `<package>/prompts/`, each with a dataclass of its variables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache
def _environment(package: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, "prompts"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Prompt:
    """Base of prompts: frozen, slotted dataclasses. A template without its own class is an include."""

    __slots__ = ()

    package: ClassVar[str]
    template: ClassVar[str]

    def render(self) -> str:
        """The text for the model.

        Raises:
            jinja2.UndefinedError: the template names what is no field.
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return _environment(self.package).get_template(self.template).render(values).strip()

    @classmethod
    def digest(cls) -> str:
        """SHA-256 of the template and of every template it includes, in hexadecimal."""
        text = "\0".join(
            _source(cls.package, name) for name in sorted(_with_includes(cls.package, cls.template))
        )
        return hashlib.sha256(text.encode()).hexdigest()


def template_variables(prompt: type[Prompt]) -> frozenset[str]:
    """The variables that the template and its includes read: they must equal the class's fields."""
    from jinja2 import meta

    names = _with_includes(prompt.package, prompt.template)
    trees = (_environment(prompt.package).parse(_source(prompt.package, name)) for name in names)
    return frozenset().union(*(meta.find_undeclared_variables(tree) for tree in trees))


def all_prompts(root: type[Prompt] = Prompt) -> Iterator[type[Prompt]]:
    """Every subclass that was imported so far, in order of definition."""
    for cls in root.__subclasses__():
        if "template" in vars(cls):
            yield cls
        yield from all_prompts(cls)


def _source(package: str, name: str) -> str:
    environment = _environment(package)
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _with_includes(package: str, name: str) -> frozenset[str]:
    from jinja2 import meta

    found, waiting = set[str](), [name]
    while waiting:
        current = waiting.pop()
        found.add(current)
        tree: Any = _environment(package).parse(_source(package, current))
        waiting += [n for n in meta.find_referenced_templates(tree) if n is not None and n not in found]
    return frozenset(found)
