"""Types of alerts: names in the products' public vocabulary, with descriptions written for this generator.

The rows stand in `catalog.json`: name, product, severity, category, tactic, technique, a summary of one
sentence, and noun phrases by which a question can mean the alert without naming it: `echoes` use words of
the name, `aliases` only words of the summary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from benchmarks.synthetic.products import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertType:
    """One type of alert; `name` may end in an invisible character, `plain_name` does not."""

    key: str
    name: str
    product: Product
    severity: str
    category: str
    technique: str
    summary: str
    aliases: tuple[str, ...]
    echoes: tuple[str, ...]

    @property
    def plain_name(self) -> str:
        return self.name.strip("\u200b ")


@cache
def catalog() -> Mapping[str, AlertType]:
    """All types by key."""
    rows = json.loads(files("benchmarks.synthetic").joinpath("catalog.json").read_text(encoding="utf-8"))
    return {
        key: AlertType(
            key=key,
            name=row["name"],
            product=Product[row["product"]],
            severity=row["severity"],
            category=row["category"],
            technique=row["technique"],
            summary=row["summary"],
            aliases=tuple(row["aliases"]),
            echoes=tuple(row["echoes"]),
        )
        for key, row in rows.items()
    }
