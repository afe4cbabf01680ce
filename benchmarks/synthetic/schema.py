"""Tables and columns of the logs, as the public product schema names them. Every column is text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def schemas() -> Mapping[str, tuple[str, ...]]:
    """Column names by table, in the order of the logs."""
    text = files("benchmarks.synthetic").joinpath("schemas.json").read_text(encoding="utf-8")
    return {table: tuple(columns) for table, columns in json.loads(text).items()}


@cache
def positions(table: str) -> Mapping[str, int]:
    """Index of each column of a table."""
    return {column: index for index, column in enumerate(schemas()[table])}
