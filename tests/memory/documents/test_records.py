from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from memory.documents.records import TYPES, line_of, read_header, read_record, record_of
from memory.sql.tables import MEMORY_TABLES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEM = {
    "id": "it_00000000000000000001",
    "number": 64,
    "kind": "guard",
    "scope": "a/b",
    "student_model": "",
    "status": "active",
    "version": 1,
    "content_hash": "",
    "pinned": False,
    "trust": "proven",
    "support": 2,
    "alpha": 1.1,
    "beta": 1.0,
    "doubt": 0.5,
    "origin_run": "",
    "origin_task": "",
    "created_at": NOW,
    "updated_at": NOW,
    "change": 1,
}
EVIDENCE = {
    "item_id": "it_00000000000000000001",
    "run_id": "run",
    "task_id": "task",
    "task_group": "",
    "reward": None,
    "note": "",
    "created_at": NOW,
    "echo": False,
}


def test_every_table_that_cannot_be_made_again_has_its_record() -> None:
    kept = {table.name for table in TYPES.values()}
    made_again = {"embeddings", "index_outbox", "index_state"}
    assert kept | made_again | {"memory_state"} == {table.name for table in MEMORY_TABLES}


@given(st.text(), st.floats(0, 1), st.datetimes(timezones=st.just(UTC)))
def test_a_row_comes_back_as_it_was(note: str, reward: float, moment: datetime) -> None:
    row = EVIDENCE | {"note": note, "reward": reward, "created_at": moment}
    line = line_of(record_of("evidence", row))
    assert len(line.splitlines()) == 1
    assert read_record(line) == ("evidence", row)


def test_the_key_comes_first_and_times_are_utc() -> None:
    line = line_of(record_of("item", ITEM))
    assert line.startswith('{"type":"item","id":"it_00000000000000000001","number":64')
    assert '"created_at":"2026-03-01T12:00:00+00:00"' in line


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("item", {"status": "lost"}, "status is not"),
        ("item", {"kind": "rumour"}, "kind is not"),
        ("item", {"version": "1"}, "version is not"),
        ("item", {"version": True}, "version is not"),
        ("item", {"version": 2**31}, "version is not"),
        ("item", {"pinned": 1}, "pinned is not"),
        ("item", {"alpha": "1"}, "alpha is not"),
        ("item", {"scope": None}, "scope is missing"),
        ("item", {"scope": "s" * 201}, "scope is not"),
        ("item", {"scope": "\ud800"}, "scope is not"),
        ("item", {"created_at": "2026-03-01T12:00:00"}, "created_at is not"),
        ("item", {"created_at": "yesterday"}, "created_at is not"),
        ("item", {"extra": 1}, "has not the fields it should have: extra"),
        ("evidence", {"reward": 1e400}, "no number|reward is not"),
    ],
)
def test_a_row_of_another_shape_is_refused(kind: str, change: dict[str, object], told: str) -> None:
    record = record_of(kind, ITEM if kind == "item" else EVIDENCE) | change
    with pytest.raises(ValueError, match=told):
        read_record(json.dumps(record))


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("version", "action", {"tool": "sql"}),
        ("version", "action", {"tool": "sql", "template": "x", "bindings": {"a": 1}}),
        ("version", "retired_for", "boredom"),
        ("event", "changes", [["it_1", "1", "x"]]),
        ("event", "op", "burn"),
        ("exposure", "outcome", "hidden"),
        ("trials", "trials", {}),
    ],
)
def test_a_value_that_memory_could_not_read_is_refused(kind: str, column: str, value: object) -> None:
    sample = {
        each.name: {
            "INTEGER": 1,
            "BIGINT": 1,
            "FLOAT": 0.5,
            "BOOLEAN": False,
            "DATETIME": NOW.isoformat(),
            "JSON": None,
        }.get(str(each.type).partition("(")[0], "candidate")
        for each in TYPES[kind].columns
    }
    if kind == "version":
        sample["retired_for"] = ""
    if kind == "event":
        sample |= {"changes": [], "op": "add"}
    with pytest.raises(ValueError, match=f"{column} is not what it should be"):
        read_record(json.dumps({"type": kind, **sample, column: value}))


@pytest.mark.parametrize("line", ["[]", "{}", '{"type":"gossip"}', '{"type":["item"]}', "{", "1"])
def test_what_is_no_record_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_record(line)


HEADER = {
    "type": "header",
    "format": "atlas memory",
    "version": 1,
    "library_id": "x",
    "scope": None,
    "state": None,
    "counts": {},
    "sha256": "",
}


@pytest.mark.parametrize(
    "change", [{"format": "other"}, {"type": "item"}, {"extra": 1}, {"counts": {"item": -1}}]
)
def test_another_first_line_is_no_header(change: dict[str, object]) -> None:
    assert read_header(json.dumps(HEADER)).scope is None
    with pytest.raises(UserError, match="line 1: not the header"):
        read_header(json.dumps(HEADER | change))


def test_a_later_format_is_told() -> None:
    with pytest.raises(UserError, match="format 2 is not known here, only 1"):
        read_header(json.dumps(HEADER | {"version": 2}))
