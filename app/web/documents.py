"""View models as JSON documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime

from pydantic import BaseModel

from benchmarks.statistics import Interval
from core.store import Json


def document_of(view: object) -> str:
    """The view as one JSON document; names are those of the view's fields, an interval is [low, high]."""
    return json.dumps(plain(view), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def plain(value: object) -> Json:
    """Raises:
    TypeError: a value that no view model may hold.
    """
    if isinstance(value, Interval):
        return value.as_list()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    return _plain_builtin(value)


def _plain_builtin(value: object) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    raise TypeError(f"no JSON for {type(value).__name__}")
