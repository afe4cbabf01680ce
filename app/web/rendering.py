"""View models to HTML: Jinja templates of this package, escaped, with no undefined names let through."""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.web.formats import FILTERS


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment


def render(template: str, **variables: object) -> str:
    """The page as HTML; every value in it is escaped."""
    return _environment().get_template(template).render(**variables)
