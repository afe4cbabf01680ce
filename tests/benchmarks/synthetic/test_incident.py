from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic.archetypes import ARCHETYPES
from benchmarks.synthetic.entities import identifiers
from benchmarks.synthetic.incident import Incident, archetype_of, build_incident
from benchmarks.synthetic.schema import schemas
from core.errors import UserError

DIGEST = """
import hashlib
from benchmarks.synthetic.incident import build_incident
from benchmarks.synthetic.questions import incident_questions
incident = build_incident({seed}, {number})
questions = incident_questions(incident, 48)
asked = [(half, q.task, sorted(q.flags)) for half in questions for q in questions[half]]
text = repr(incident.tables) + repr(asked)
print(hashlib.sha256(text.encode()).hexdigest())
"""


def digest(incident: Incident) -> str:
    return hashlib.sha256(repr(incident.tables).encode()).hexdigest()


def values(incident: Incident) -> set[str]:
    return {
        node.value for alert in incident.alerts for entity in alert.entities for node in identifiers(entity)
    }


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**31), number=st.integers(1, 40))
def test_same_seed_same_tables_and_every_row_fits_its_table(seed: int, number: int) -> None:
    incident = build_incident(seed, number)
    assert digest(incident) == digest(build_incident(seed, number))
    assert incident.rows == 3000
    for table, rows in incident.tables.items():
        width = len(schemas()[table])
        assert all(len(row) == width for row in rows)
        assert all(isinstance(cell, str) for row in rows for cell in row)


def test_bytes_do_not_depend_on_the_process() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DIGEST.format(seed=11, number=2)],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_incidents_share_no_value_but_go_round_all_archetypes() -> None:
    incidents = [build_incident(seed, number) for seed in (1, 2) for number in range(1, 5)]
    assert {incident.archetype for incident in incidents[:4]} == {kind.name for kind in ARCHETYPES}
    for index, left in enumerate(incidents):
        for right in incidents[index + 1 :]:
            assert not values(left) & values(right)


def test_alerts_of_an_incident_hang_together_and_have_three_to_ten_identifiers() -> None:
    for number in range(1, 9):
        incident = build_incident(5, number)
        assert 6 <= len(incident.alerts) <= 14
        assert len(incident.graph.alerts) == len(incident.alerts)
        for alert in incident.graph.alerts:
            assert 3 <= len(incident.graph.neighbours(alert)) <= 10


def test_unrelated_alerts_share_names_but_no_host_or_person_with_the_incident() -> None:
    for number in range(1, 5):
        incident = build_incident(3, number)
        names = {alert.type.name for alert in incident.alerts}
        assert sum(alert.type.name in names for alert in incident.background) >= 4
        ours = values(incident)
        for alert in incident.background:
            for entity in alert.entities:
                assert not {node.value for node in identifiers(entity)} & ours


def test_an_incident_lacks_the_tables_of_its_archetype() -> None:
    for number in range(1, 5):
        kind = archetype_of(9, number)
        assert set(build_incident(9, number).tables) == set(schemas()) - kind.absent


def test_the_number_of_rows_is_kept_and_too_few_are_refused() -> None:
    assert build_incident(1, 1, rows=1234).rows == 1234
    with pytest.raises(UserError, match="at least 1000 rows"):
        build_incident(1, 1, rows=50)
