"""`atlas memory list` and `show`."""

from __future__ import annotations

import pytest

from tests.app.memory.filled import Shelf
from tests.app.terminal import Terminal

FIELDS = {
    *("id", "kind", "audience", "scope", "status", "version", "content", "cue", "credit", "support"),
    *("pinned", "trust", "student_model", "boundary", "expected_effect", "action", "note", "retired_for"),
    *("successors", "created_at", "updated_at"),
}


def listed(shelf: Shelf, *options: str) -> list[str]:
    return [item["id"] for item in shelf.json("list", *options)["items"]]


def test_an_item_is_listed_with_all_that_it_is(reader: Shelf) -> None:
    items = {item["id"]: item for item in reader.json("list")["items"]}
    assert set(items) == reader.ids.all
    assert all(set(item) == FIELDS for item in items.values())
    sign_in, doubtful = items[reader.ids.sign_in], items[reader.ids.doubtful]
    assert (sign_in["status"], sign_in["trust"], sign_in["version"]) == ("active", "proven", 2)
    assert sign_in["action"]["bindings"] == {"table": "SigninLogs"}
    assert sign_in["credit"]["alpha"] > 1
    assert (doubtful["status"], doubtful["note"]) == ("quarantined", "an e-mail address")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--status", "active"), {"sign_in", "hosts"}),
        (("--status", "quarantined"), {"doubtful"}),
        (("--kind", "guard"), {"hosts", "doubtful"}),
        (("--audience", "teacher"), {"principle"}),
        (("--scope", "synthetic"), {"sign_in", "hosts", "mail", "doubtful"}),
        (("--scope", "synth"), set()),
        (("--scope", "synthetic/soc", "--kind", "guard", "--status", "active"), {"hosts"}),
        (("--pinned",), set()),
    ],
)
def test_filters(reader: Shelf, options: tuple[str, ...], names: set[str]) -> None:
    assert set(listed(reader, *options)) == {getattr(reader.ids, name) for name in names}


def test_what_is_pinned_is_found(shelf: Shelf) -> None:
    shelf.ok("pin", shelf.ids.mail)
    assert listed(shelf, "--pinned") == [shelf.ids.mail]


def test_orders(reader: Shelf) -> None:
    ids = reader.ids
    assert listed(reader, "--sort", "age")[:3] == [ids.principle, ids.doubtful, ids.mail]
    assert listed(reader, "--sort", "worth")[0] == ids.sign_in
    assert listed(reader, "--sort", "uplift")[0] == ids.sign_in
    assert listed(reader, "--sort", "age", "--limit", "1") == [ids.principle]
    assert listed(reader, "--limit", "2") == listed(reader)[:2]


def test_the_list_as_text(reader: Shelf) -> None:
    text = reader.ok("list")
    for item in reader.json("list")["items"]:
        assert f"{item['id']}  {item['status']}  v{item['version']}" in text
        assert f"\n    {item['content']}\n" in text
    assert "synthetic/soc  guard for the student\n" in text
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_an_item_with_its_evidence(reader: Shelf) -> None:
    shown = reader.json("show", reader.ids.sign_in)
    assert [(each["run"], each["task"], each["reward"]) for each in shown["evidence"]] == [
        ("early", "task/1", 1.0),
        ("early", "task/2", 1.0),
    ]
    text = reader.ok("show", reader.ids.sign_in)
    assert "binding   table = SigninLogs" in text
    assert "early  task/1  incident 1  reward 1.00" in text


def test_an_item_as_it_was(reader: Shelf) -> None:
    was = reader.json("show", reader.ids.hosts, "--version", "1")
    assert (was["version"], was["status"], was["trust"]) == (1, "candidate", "candidate")
    assert (was["revision"]["op"], was["revision"]["actor"]) == ("add", "run:early")
    assert "version  1 of 2" in reader.ok("show", reader.ids.hosts, "--version", "1")
    assert "has versions 1 to 2, not 3" in reader.refused("show", reader.ids.hosts, "--version", "3")


def test_the_beginning_of_an_id_is_enough_where_it_names_one(reader: Shelf) -> None:
    assert reader.json("show", reader.ids.hosts[:10])["id"] == reader.ids.hosts
    assert "no item it_" in reader.refused("show", "it_")
    assert "no item it_zzzzzz" in reader.refused("show", "it_zzzzzz")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list --status great", "no status 'great': choose candidate, active, quarantined or retired"),
        ("list --kind poem", "no kind 'poem'"),
        ("list --audience cats", "choose student or teacher"),
        ("list --sort size", "'size' is not one of"),
        ("list --limit 0", "--limit"),
        ("show", "ID"),
    ],
)
def test_wrong_words_are_one_line(terminal: Terminal, words: str, said: str) -> None:
    ended = terminal.run("memory", *words.split())
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert terminal.contents() == {}
