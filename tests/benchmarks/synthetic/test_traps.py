from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.synthetic.incident import build_incident, trap_slots
from benchmarks.synthetic.schema import positions, schemas
from benchmarks.synthetic.traps import TRAPS, Trap, mysql_loaded

NUMBERS = (1, 2, 3, 4)


@pytest.fixture(scope="module", params=NUMBERS)
def logs(request: pytest.FixtureRequest) -> Iterator[tuple[sqlite3.Connection, dict[str, str]]]:
    """The rows of one incident of each archetype, in a plain database."""
    incident = build_incident(12, request.param)
    connection = sqlite3.connect(":memory:")
    for table, rows in incident.tables.items():
        columns = ", ".join(f'"{column}" TEXT COLLATE NOCASE' for column in schemas()[table])
        connection.execute(f'CREATE TABLE "{table}" ({columns})')
        connection.executemany(
            f'INSERT INTO "{table}" VALUES ({", ".join("?" for _ in schemas()[table])})', rows
        )
    yield connection, dict(trap_slots(incident))
    connection.close()


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.code)
def test_the_careless_query_fails_and_the_careful_one_finds(
    logs: tuple[sqlite3.Connection, dict[str, str]], trap: Trap
) -> None:
    connection, slots = logs
    careless, careful = trap.careless.format(**slots), trap.careful.format(**slots)
    careful = careful.replace("CONCAT('%', a.VendorOriginalId)", "('%' || a.VendorOriginalId)")
    assert connection.execute(careful).fetchall()
    if trap.fails == "empty":
        assert connection.execute(careless).fetchall() == []
    else:
        with pytest.raises(sqlite3.OperationalError):
            connection.execute(careless).fetchall()


def test_a_load_eats_backslashes_as_mysql_does() -> None:
    assert mysql_loaded("C:\\Windows\\Temp\\new") == "C:WindowsTemp\new"
    assert mysql_loaded('{"a":"C:\\\\\\\\x \\"y\\""}') == '{"a":"C:\\\\x "y""}'
    assert mysql_loaded("plain") == "plain"


@given(st.text(alphabet=st.characters(exclude_characters="\\")))
def test_a_load_changes_no_text_without_backslashes(text: str) -> None:
    assert mysql_loaded(text) == text
    assert mysql_loaded(json.dumps(text).replace("\\", "\\\\")) == json.dumps(text)


def test_most_endpoint_alerts_are_no_json_any_more_and_identity_alerts_are() -> None:
    places = positions("SecurityAlert")
    for number in NUMBERS:
        for row in build_incident(12, number).tables["SecurityAlert"]:
            text = row[places["Entities"]]
            if '"Directory"' in text:
                with pytest.raises(json.JSONDecodeError):
                    json.loads(text)
            else:
                assert isinstance(json.loads(text), list)


def test_some_alert_names_end_in_an_invisible_character() -> None:
    """T13: the name in a question is not equal to the name in the row, but it is like it."""
    places = positions("SecurityAlert")
    names = {
        row[places["AlertName"]] for n in NUMBERS for row in build_incident(12, n).tables["SecurityAlert"]
    }
    assert any(name.endswith("\u200b") for name in names)


def test_the_three_ids_of_an_alert_are_bridged_by_two_letters() -> None:
    incident = build_incident(12, 4)
    evidence = {row[positions("AlertEvidence")["AlertId"]] for row in incident.tables["AlertEvidence"]}
    places = positions("SecurityAlert")
    prefixes = set()
    for row in incident.tables["SecurityAlert"]:
        vendor = row[places["VendorOriginalId"]]
        found = [each for each in evidence if each.endswith(vendor)]
        assert len(found) == (row[places["ProviderName"]] != "IPC")
        prefixes |= {each.removesuffix(vendor) for each in found}
    assert {len(prefix) for prefix in prefixes} <= {0, 2}
    assert "da" in prefixes
