"""Rows of memory as lines of JSON and back: one record a line, its `type` first. No I/O here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, NonNegativeInt, StrictStr
from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table

from core.database import UtcDateTime
from core.errors import UserError
from memory.credit.tallies import Trials
from memory.history import Op
from memory.items import Kind, RetiredFor, Status, Trust
from memory.sql import tables

FORMAT, FORMAT_VERSION = "atlas memory", 1

Row = dict[str, Any]

TYPES: Mapping[str, Table] = {
    name: cast(Table, row.__table__)
    for name, row in (
        ("item", tables.ItemRow),
        ("version", tables.ItemVersionRow),
        ("event", tables.EventRow),
        ("evidence", tables.EvidenceRow),
        ("exposure", tables.ExposureRow),
        ("outcome", tables.OutcomeRow),
        ("trials", tables.TrialsRow),
        ("pair", tables.PairRow),
        ("alias", tables.AliasRow),
        ("snapshot", tables.SnapshotRow),
        ("snapshot_item", tables.SnapshotItemRow),
    )
}
"""Record types in the order in which they are written. Vectors and the index are not among them: they can be
made again.
"""


class StateRecord(BaseModel):
    """What `memory_state` holds; only the export of a whole memory has it."""

    model_config = ConfigDict(extra="forbid")

    change: NonNegativeInt
    head: StrictStr
    at: datetime | None


class Header(BaseModel):
    """The first line. `sha256` covers every line below it, each with one line feed; `scope` is null where the
    whole memory was exported.
    """

    model_config = ConfigDict(extra="forbid")

    type: StrictStr = "header"
    format: StrictStr = FORMAT
    version: int = FORMAT_VERSION
    library_id: StrictStr
    scope: StrictStr | None
    state: StateRecord | None
    counts: dict[str, NonNegativeInt]
    sha256: StrictStr


_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_BITS = {Integer: 31, BigInteger: 63}


def line_of(record: Mapping[str, object]) -> str:
    """One line of JSON, without its end. What some readers take for a line's end is escaped, and half
    characters are."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: json.dumps(found.group())[1:-1], text)


def record_of(kind: str, row: Mapping[str, Any]) -> Row:
    """A row as a plain record: its key first, times as ISO 8601 in UTC."""
    table = TYPES[kind]
    columns = [*table.primary_key.columns, *(each for each in table.columns if not each.primary_key)]
    return {"type": kind, **{each.name: _plain(row[each.name]) for each in columns}}


def read_header(text: str) -> Header:
    """Raises:
    UserError: not the first line of an export, or of a format that is not known here.
    """
    try:
        header = Header.model_validate_json(text)
    except ValueError:
        raise UserError("line 1: not the header of an exported memory (atlas memory export)") from None
    if (header.type, header.format) != ("header", FORMAT):
        raise UserError("line 1: not the header of an exported memory (atlas memory export)")
    if header.version != FORMAT_VERSION:
        raise UserError(
            f"line 1: format {header.version} is not known here, only {FORMAT_VERSION}: upgrade Atlas"
        )
    return header


def read_record(text: str) -> tuple[str, Row]:
    """(type, row) of a line.

    Raises:
        ValueError: not a record of an export; the message says what is wrong with it.
    """
    record = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(record, dict):
        raise ValueError("not an object")
    kind = record.pop("type", None)
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"no record is of type {kind!r}")
    table = TYPES[kind]
    if record.keys() != set(table.columns.keys()):
        odd = sorted(record.keys() ^ set(table.columns.keys()))
        raise ValueError(f"a record of type {kind} has not the fields it should have: {', '.join(odd)}")
    row = {column.name: _rich(column, record[column.name]) for column in table.columns}
    for name, sound in _SOUND.get(kind, {}).items():
        try:
            sound(row[name])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ValueError(f"{name} is not what it should be") from None
    return kind, row


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _plain(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _rich(column: Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column.name} is missing")
        return None
    if isinstance(column.type, JSON):
        return value
    try:
        fits, rich = _fitting(column.type, value)
    except (OverflowError, ValueError):
        fits, rich = False, None
    if not fits:
        raise ValueError(f"{column.name} is not what it should be")
    return rich


def _fitting(kind: object, value: Any) -> tuple[bool, Any]:
    """Whether the value fits the column's type, and the value as the database takes it."""
    if isinstance(kind, UtcDateTime):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment is not None and moment.tzinfo is not None, moment
    if isinstance(kind, Boolean):
        return isinstance(value, bool), value
    if isinstance(kind, Integer):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and abs(value) < 2 ** _BITS.get(type(kind), 31), value
    if isinstance(kind, Float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value), float(value) if number else value
    assert isinstance(kind, String)
    if not isinstance(value, str):
        return False, value
    value.encode()  # a lone surrogate raises ValueError
    return len(value) <= (kind.length or len(value)), value


def _action(stored: Any) -> None:
    if stored is None:
        return
    texts = [stored["tool"], stored["template"], *stored["bindings"], *stored["bindings"].values()]
    if len(stored) != 3 or not all(isinstance(text, str) for text in texts):
        raise ValueError


def _changes(stored: Any) -> None:
    for item, version, fingerprint in stored:
        if (type(item), type(version), type(fingerprint)) != (str, int, str):
            raise ValueError


_Sound = Callable[[Any], object]
_STANDING: dict[str, _Sound] = {"status": Status, "trust": Trust}
_SOUND: dict[str, dict[str, _Sound]] = {
    "item": {**_STANDING, "kind": Kind},
    "version": {**_STANDING, "retired_for": lambda word: word == "" or RetiredFor(word), "action": _action},
    "event": {"op": Op, "changes": _changes},
    "exposure": {"outcome": ("shown", "withheld").index},
    "trials": {"trials": Trials.from_json},
}
