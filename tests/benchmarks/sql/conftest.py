from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.sql.database import IncidentDatabase, Table, build_database
from benchmarks.sql.engine import Engine, Rows
from benchmarks.sql.errors import MySqlError

LOGONS = Table(
    name="DeviceLogonEvents",
    columns=("Timestamp", "DeviceName", "AccountName", "ProcessId", "AdditionalFields"),
    rows=(
        ("2024-07-04 22:34:59.123456+00:00", "host-a", "Ada", "4256", '{"Kind":"net","Ports":[80,443]}'),
        ("2024-07-05 01:00:00+00:00", "HOST-B", "bob", "53795.0", '{"Kind":"local"}'),
        ("2024-08-31 10:00:00+00:00", "host-c", "", "12", "C:Users no json"),
    ),
)
PEOPLE = Table(name="People", columns=("AccountName", "Team"), rows=(("ada", "red"), ("BOB", None)))
USAGE = Table(name="Usage", columns=("TenantId",), rows=(("t",),))


@pytest.fixture
def database(tmp_path: Path) -> IncidentDatabase:
    return build_database(tmp_path / "incident.sqlite", (LOGONS, PEOPLE, USAGE))


@pytest.fixture
def engine(database: IncidentDatabase) -> Iterator[Engine]:
    made = Engine(database, now=lambda: datetime(2024, 9, 1, 12, 0, 0))
    yield made
    made.close()


@pytest.fixture
def rows(engine: Engine) -> Callable[[str], Rows]:
    return engine.run


@pytest.fixture
def refusal(engine: Engine) -> Callable[[str], str]:
    """The text of the error that a statement gives."""

    def run(sql: str) -> str:
        with pytest.raises(MySqlError) as caught:
            engine.run(sql)
        return caught.value.text

    return run
