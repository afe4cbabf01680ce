"""Rows on their way into tables."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime

from benchmarks.synthetic.schema import positions, schemas
from benchmarks.synthetic.traps import mysql_loaded

Row = tuple[str, ...]


def stamp(moment: datetime) -> str:
    """UTC with six decimals and an offset, as log rows show time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") + "+00:00"


class Sheets:
    """Collects rows by table. Cells that nobody gave stay empty text, never NULL."""

    def __init__(self, tenant_id: str, absent: frozenset[str] = frozenset()) -> None:
        self._tenant_id = tenant_id
        self._rows: dict[str, list[list[str]]] = {table: [] for table in schemas() if table not in absent}
        self.count = 0

    def has(self, table: str) -> bool:
        return table in self._rows

    def add(self, table: str, moment: datetime, values: Mapping[str, str]) -> None:
        """Add a row; a table that this incident lacks takes none.

        Raises:
            KeyError: a column that the table does not have.
        """
        if table not in self._rows:
            return
        places = positions(table)
        cells = [""] * len(places)
        when = stamp(moment)
        for column in ("TimeGenerated", "Timestamp"):
            if column in places:
                cells[places[column]] = when
        cells[places["TenantId"]] = self._tenant_id
        cells[places["Type"]] = table
        for column, value in values.items():
            cells[places[column]] = value
        self._rows[table].append(cells)
        self.count += 1

    def loaded(self, rng: random.Random) -> dict[str, tuple[Row, ...]]:
        """All rows by table, shuffled, as MySQL would hold them after LOAD DATA."""
        tables: dict[str, tuple[Row, ...]] = {}
        for table, rows in self._rows.items():
            rng.shuffle(rows)
            tables[table] = tuple(tuple(mysql_loaded(cell) for cell in row) for row in rows)
        return tables
