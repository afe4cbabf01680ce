"""Reads what services answer without trusting its shape: what is missing or of another kind is empty."""

from __future__ import annotations

import json
from collections.abc import Iterator

from core.errors import ProviderError


def parse(body: bytes, source: str) -> object:
    """Raises:
    ProviderError: the answer is no JSON.
    """
    try:
        return json.loads(body)
    except ValueError as error:
        raise ProviderError(f"{source} answered something that is no JSON") from error


def at(value: object, *path: str | int) -> object:
    """What stands under the keys and places, or None."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: object, *path: str | int) -> str:
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str | int) -> int | None:
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def each(value: object, *path: str | int) -> Iterator[object]:
    found = at(value, *path)
    if isinstance(found, list):
        yield from found
