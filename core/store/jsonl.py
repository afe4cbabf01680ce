"""A run as JSON Lines and back: one line a row, `{"table": ..., "row": {...}}`, the run first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from sqlalchemy import DateTime, Table, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from core.database import UtcDateTime
from core.errors import UserError
from core.store.records import RunId
from core.store.tables import ALL_TABLES, runs
from core.store.writing import upsert

_BY_NAME = {table.name: table for table in ALL_TABLES}
_BATCH = 200


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table: str
    row: dict[str, JsonValue]


def export_lines(session: Session, run_id: str) -> Iterator[str]:
    for table in ALL_TABLES:
        own = table.c.id if table is runs else table.c.run_id
        query = select(table).where(own == run_id).order_by(*table.primary_key.columns)
        for row in session.execute(query).mappings():
            body = {column.name: _plain(row[column]) for column in table.columns}
            yield json.dumps({"table": table.name, "row": body}, ensure_ascii=False) + "\n"


def import_lines(session: Session, lines: Iterable[str]) -> RunId:
    run_id: RunId | None = None
    batch: list[dict[str, object]] = []
    current = runs
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        table, row = _parse(number, text)
        if run_id is None:
            if table is not runs:
                raise UserError(f"line {number}: an exported run begins with its line of table runs")
            run_id = RunId(str(row["id"]))
        elif _owner(table, row) != run_id or table is runs:
            raise UserError(f"line {number}: belongs to another run than the first line")
        if table is not current or len(batch) >= _BATCH:
            _write(session, current, batch, number - 1)
            batch, current = [], table
        batch.append(row)
    if run_id is None:
        raise UserError("there is no run in the file; write one with `atlas bench report RUN --export`")
    _write(session, current, batch, number)
    return run_id


def _parse(number: int, text: str) -> tuple[Table, dict[str, object]]:
    try:
        line = _Line.model_validate_json(text)
        table = _BY_NAME[line.table]
        if set(line.row) != set(table.columns.keys()):
            raise ValueError("columns")
        return table, {name: _rich(table, name, value) for name, value in line.row.items()}
    except (ValidationError, KeyError, ValueError, TypeError):
        raise UserError(f"line {number}: not a line of an exported run; export the run again") from None


def _owner(table: Table, row: dict[str, object]) -> object:
    return row["id"] if table is runs else row["run_id"]


def _write(session: Session, table: Table, rows: list[dict[str, object]], last_line: int) -> None:
    """Foreign keys hold the order: a row whose task is missing is refused with its line."""
    try:
        upsert(session, table, rows)
    except (IntegrityError, StatementError):
        where = f"line {last_line - len(rows) + 1} to {last_line}"
        raise UserError(
            f"{where}: rows of {table.name} that the database refuses; export the run again"
        ) from None


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _rich(table: Table, name: str, value: JsonValue) -> object:
    if isinstance(table.columns[name].type, (UtcDateTime, DateTime)) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
