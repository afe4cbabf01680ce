"""`atlas memory history`, `diff` and `log`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.memory.filled import START, Shelf
from tests.app.terminal import Terminal

NEW = "Names of hosts are short in DeviceInfo and full in SecurityAlert: match on the first label."


@pytest.fixture
def edited(shelf: Shelf) -> Shelf:
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW, "--reason", "reads better", "--as", "alice")
    return shelf


def test_every_version_with_its_author_and_reason(edited: Shelf) -> None:
    told = edited.json("history", edited.ids.hosts)
    assert told["id"] == edited.ids.hosts
    first, second, third = told["versions"]
    assert (first["op"], first["actor"], first["changes"]) == ("add", "run:early", [])
    assert first["at"].startswith(START.date().isoformat())
    assert (second["op"], second["actor"]) == ("promote", "rule:quorum")
    assert (third["op"], third["actor"], third["reason"]) == ("edit", "person:alice", "reads better")
    assert first["seq"] < second["seq"] < third["seq"]
    assert {change["field"] for change in third["changes"]} == {"content", "trust"}


def test_history_as_text(edited: Shelf) -> None:
    text = edited.ok("history", edited.ids.hosts)
    assert "v3  edit  by person:alice" in text
    assert "because: reads better" in text
    assert "[-Host names-]{+Names of hosts+}" in text


def test_the_last_two_versions_differ(edited: Shelf) -> None:
    told = edited.json("diff", edited.ids.hosts)
    assert (told["before"], told["after"]) == (2, 3)
    changes = {change["field"]: change for change in told["changes"]}
    assert changes["content"]["after"] == NEW
    assert (changes["trust"]["before"], changes["trust"]["after"]) == ("proven", "human")
    text = edited.ok("diff", edited.ids.hosts)
    assert "[-Host names-]{+Names of hosts+} are short" in text
    assert "trust    proven -> human" in text
    assert "\x1b" not in text


def test_named_versions_and_their_order(edited: Shelf) -> None:
    told = edited.json("diff", edited.ids.hosts, "1", "2")
    assert {change["field"] for change in told["changes"]} == {"status", "trust"}
    one, last = edited.json("diff", edited.ids.hosts, "1"), edited.json("diff", edited.ids.hosts, "1", "3")
    assert one == last
    back = edited.json("diff", edited.ids.hosts, "3", "1")
    assert [change["after"] for change in back["changes"]] == [change["before"] for change in last["changes"]]


def test_where_nothing_differs(reader: Shelf) -> None:
    assert "it has no other version" in reader.ok("diff", reader.ids.mail)
    assert reader.json("diff", reader.ids.mail)["changes"] == []
    assert "are alike" in reader.ok("diff", reader.ids.hosts, "2", "2")


def test_versions_that_are_not_there(reader: Shelf) -> None:
    assert "has versions 1 to 2, not 9" in reader.refused("diff", reader.ids.hosts, "1", "9")
    assert "greater than or equal to 1" in reader.refused("diff", reader.ids.hosts, "0")


def test_an_item_that_came_in_at_a_later_version_has_no_earlier_one(reader: Shelf, tmp_path: Path) -> None:
    (tmp_path / "memory.md").write_text(reader.ok("export"), encoding="utf-8")
    other = Shelf(terminal=Terminal(folder=tmp_path), ids=reader.ids)
    other.ok("import", "memory.md")
    assert "it has no other version" in other.ok("diff", other.ids.hosts)
    for words in (("diff", other.ids.hosts, "1"), ("show", other.ids.hosts, "--version", "1")):
        assert f"{other.ids.hosts} has version 2 alone, not 1" in other.refused(*words)


def test_the_log_is_the_audit_chain(edited: Shelf) -> None:
    events = edited.json("log")["events"]
    assert [event["op"] for event in events] == [
        *("add", "add", "promote", "promote", "add", "quarantine", "add", "edit"),
    ]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    last = events[-1]
    assert (last["actor"], last["items"]) == ("person:alice", [{"id": edited.ids.hosts, "version": 3}])
    text = edited.ok("log", "--limit", "1")
    assert "edit  by person:alice" in text
    assert "because: reads better" in text
    assert "quarantine" not in text


def test_the_log_since(edited: Shelf) -> None:
    def ops(since: str) -> list[str]:
        return [event["op"] for event in edited.json("log", "--since", since)["events"]]

    assert ops("2026-01-04T13:00Z") == ["add", "edit"]
    assert ops("1h") == ["edit"]
    seq = edited.json("log")["events"][-2]["seq"]
    assert ops(str(seq)) == ["edit"]
    for limit in (1, 2, 5):
        assert edited.json("log", "--limit", str(limit))["events"] == edited.json("log")["events"][-limit:]
    assert "is no time" in edited.refused("log", "--since", "soon")
    assert edited.ok("log", "--since", "0s") == "no events\n"
