"""`atlas memory rollback` and `snapshot`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.app.memory.filled import START, Shelf

NEW = "Names of hosts are short in DeviceInfo and full in SecurityAlert: match on the first label."
WORDS = ("content", "cue", "status", "pinned", "trust", "note", "retired_for", "boundary", "action")


def words_of(shelf: Shelf, item_id: str, version: int | None = None) -> dict[str, object]:
    at = () if version is None else ("--version", str(version))
    item = shelf.json("show", item_id, *at)
    return {name: item[name] for name in WORDS}


def test_an_item_goes_back_to_a_version(shelf: Shelf) -> None:
    before = words_of(shelf, shelf.ids.hosts)
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW)
    told = shelf.json("rollback", shelf.ids.hosts, "--to", "2", "--reason", "it was better")
    assert [(each["id"], each["from_version"]) for each in told["items"]] == [(shelf.ids.hosts, 3)]
    assert words_of(shelf, shelf.ids.hosts) == before == words_of(shelf, shelf.ids.hosts, 2)
    last = shelf.json("history", shelf.ids.hosts)["versions"][-1]
    assert (last["version"], last["op"], last["reason"]) == (4, "rollback", "it was better")


def test_a_dry_run_shows_what_would_change_and_changes_nothing(shelf: Shelf) -> None:
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW)
    log = shelf.json("log")
    dry = shelf.json("rollback", shelf.ids.hosts, "--to", "2", "--dry-run")
    assert dry["dry_run"]
    assert {change["field"] for change in dry["items"][0]["changes"]} == {"content", "trust"}
    text = shelf.ok("rollback", "--all", "--to", "2026-01-03T00:00Z", "--dry-run")
    assert "4 items would go back" in text
    assert "withdrawn: it was not there then" in text
    assert shelf.json("log") == log


def test_everything_goes_back_to_a_day(shelf: Shelf) -> None:
    day = START.replace(day=1, hour=13).isoformat()
    dry = shelf.json("rollback", "--all", "--to", day, "--dry-run")["items"]
    told = shelf.json("rollback", "--all", "--to", day)
    assert told["items"] == dry
    assert {each["id"]: each["withdrawn"] for each in told["items"]} == {
        shelf.ids.sign_in: False,
        shelf.ids.hosts: False,
        shelf.ids.mail: True,
        shelf.ids.doubtful: True,
        shelf.ids.principle: True,
    }
    assert words_of(shelf, shelf.ids.sign_in) == words_of(shelf, shelf.ids.sign_in, 1)
    assert shelf.item(shelf.ids.mail)["retired_for"] == "rollback"
    assert shelf.json("verify")["audit"]["intact"]


def test_the_way_back_from_a_rollback_is_told_and_works(shelf: Shelf) -> None:
    before = {name: words_of(shelf, name) for name in shelf.ids.all}
    said = shelf.run("rollback", "--scope", "synthetic", "--to", "2026-01-02T13:00Z")
    assert said.status == 0
    assert shelf.item(shelf.ids.principle)["status"] == "candidate"
    assert shelf.item(shelf.ids.mail)["status"] == "retired"
    way = said.err.partition("the way back: atlas memory ")[2].split()
    assert way[:3] == ["rollback", "--scope", "synthetic"]
    shelf.ok(*way)
    assert {name: words_of(shelf, name) for name in shelf.ids.all} == before


def test_a_time_ago_and_an_event_name_the_same_moment(shelf: Shelf) -> None:
    seq = shelf.json("log")["events"][-1]["seq"]
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW)
    by_event = shelf.json("rollback", "--all", "--to", str(seq), "--dry-run")["items"]
    assert [each["id"] for each in by_event] == [shelf.ids.hosts]
    assert shelf.json("rollback", "--all", "--to", "10m", "--dry-run")["items"] == by_event
    local = (
        datetime.now(UTC).astimezone().replace(tzinfo=None, hour=0, minute=0).isoformat(timespec="minutes")
    )
    assert shelf.json("rollback", "--all", "--to", local, "--dry-run")["items"] == by_event


def test_where_it_stands_so_already(reader: Shelf) -> None:
    assert "stands as at version 2 already" in reader.refused("rollback", reader.ids.hosts, "--to", "2")
    assert reader.ok("rollback", "--all", "--to", "0s") == "nothing to change: it stands so already\n"
    assert reader.json("rollback", "--scope", "nowhere", "--to", "0s")["items"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "give one of ID, --scope NAMESPACE and --all"),
        ("--to 3", "give one of ID"),
        ("--all", "say how far back"),
        ("--all --scope x --to 1", "give one of ID"),
        ("--all --to never", "is no time"),
        ("--all --to 99999", "there is no event 99999 yet, the last one is 11"),
        ("--all --to 2999-01-01", "has not come yet"),
        ("HOSTS --to 10m", "--to takes a version"),
        ("HOSTS --to 0", "--to takes a version"),
        ("HOSTS --to 9", "has versions 1 to 2, not 9"),
        ("it_none --to 1", "no item it_none"),
        ("--all --audience student --to 1", "--audience goes with --scope"),
        ("--scope x --audience reader --to 1", "choose student or teacher"),
    ],
)
def test_wrong_ways_back(reader: Shelf, words: str, said: str) -> None:
    log = reader.json("log")
    assert said in reader.refused("rollback", *words.replace("HOSTS", reader.ids.hosts).split())
    assert reader.json("log") == log


def test_a_snapshot_keeps_what_was(shelf: Shelf) -> None:
    made = shelf.json("snapshot", "may", "--reason", "before the test", "--as", "alice")
    assert (made["name"], made["items"], made["actor"], made["reason"]) == (
        *("may", 5, "person:alice", "before the test"),
    )
    content = shelf.item(shelf.ids.hosts)["content"]
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW)
    held = {item["id"]: item for item in shelf.json("snapshot", "--show", "may")["contents"]}
    assert held[shelf.ids.hosts]["content"] == content
    assert content in shelf.ok("snapshot", "--show", "may")
    part = shelf.json("snapshot", "part", "--scope", "other")
    assert part["items"] == 1
    assert [each["name"] for each in shelf.json("snapshot", "--list")["snapshots"]] == ["may", "part"]
    text = shelf.ok("snapshot", "--list")
    assert "may  5 items  everything" in text
    assert made["digest"] in text


def test_a_namespace_goes_back_to_a_snapshot_by_its_name(shelf: Shelf) -> None:
    before = words_of(shelf, shelf.ids.hosts)
    shelf.ok("snapshot", "3d")  # a name wins over what else it could mean
    shelf.ok("edit", shelf.ids.hosts, "--content", NEW)
    assert f"{shelf.ids.hosts}  v3 -> v4" in shelf.ok("rollback", "--scope", "synthetic", "--to", "3d")
    assert words_of(shelf, shelf.ids.hosts) == before


def test_one_pamphlet_goes_back_without_the_others(shelf: Shelf) -> None:
    shelf.ok("snapshot", "now")
    teacher = shelf.item(shelf.ids.principle)
    for item_id in (shelf.ids.hosts, shelf.ids.principle):
        shelf.ok("edit", item_id, "--boundary", "Not for mail.")
    scope = ("--scope", teacher["scope"])
    told = shelf.json("rollback", *scope, "--audience", "teacher", "--to", "now")["items"]
    assert [each["id"] for each in told] == [shelf.ids.principle]
    assert shelf.item(shelf.ids.hosts)["boundary"] == "Not for mail."
    assert shelf.item(shelf.ids.principle)["boundary"] == teacher["boundary"]
    assert shelf.json("rollback", *scope, "--audience", "teacher", "--to", "now")["items"] == []


def test_equal_memories_have_equal_digests(shelf: Shelf) -> None:
    assert shelf.json("snapshot", "one")["digest"] == shelf.json("snapshot", "two")["digest"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of NAME, --list and --show NAME"),
        (("x", "--list"), "give one of NAME"),
        (("--show", "none"), "no snapshot none"),
        (("taken",), "there is a snapshot taken already"),
        ((" ",), "needs a name"),
        (("list",), "see: atlas memory snapshot --list"),
        (("show",), "see: atlas memory snapshot --show"),
    ],
)
def test_wrong_snapshots(shelf: Shelf, words: tuple[str, ...], said: str) -> None:
    if "taken" in words:
        shelf.ok("snapshot", "taken")
    assert said in shelf.refused("snapshot", *words)


def test_no_snapshots(shelf: Shelf) -> None:
    assert "no snapshots" in shelf.ok("snapshot", "--list")
