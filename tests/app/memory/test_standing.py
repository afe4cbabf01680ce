"""`atlas memory pin`, `unpin`, `retire`, `restore`, `approve`, `reject` and `queue`."""

from __future__ import annotations

import pytest

from tests.app.memory.filled import Shelf, complaint
from tests.app.terminal import Terminal


def test_a_pin_is_set_and_taken_out(shelf: Shelf) -> None:
    assert shelf.json("pin", shelf.ids.hosts)["item"]["pinned"] is True
    assert "it is pinned already" in shelf.refused("pin", shelf.ids.hosts)
    assert shelf.json("unpin", shelf.ids.hosts, "--reason", "no more")["item"]["pinned"] is False
    assert shelf.json("log")["events"][-1]["reason"] == "no more"
    assert "it is not pinned" in shelf.refused("pin", shelf.ids.hosts, "--off")
    assert "pinned" in shelf.ok("pin", shelf.ids.hosts)
    assert shelf.json("pin", shelf.ids.hosts, "--off")["item"]["version"] == 6


def test_retired_and_back(shelf: Shelf) -> None:
    gone = shelf.json("retire", shelf.ids.hosts, "--reason", "misleads")["item"]
    assert (gone["status"], gone["retired_for"], gone["note"]) == ("retired", "person", "misleads")
    assert "retired  (person)  v3" in shelf.ok("list", "--status", "retired")
    assert "it is retired already" in shelf.refused("retire", shelf.ids.hosts)
    back = shelf.json("restore", shelf.ids.hosts)["item"]
    assert (back["status"], back["trust"], back["retired_for"]) == ("active", "human", None)
    assert "only a retired item is restored" in shelf.refused("restore", shelf.ids.hosts)


def test_all_that_came_from_an_episode(shelf: Shelf) -> None:
    gone = shelf.json("retire", "--episode", "late/task/9", "--reason", "poisoned")["items"]
    assert {item["id"] for item in gone} == {shelf.ids.mail, shelf.ids.doubtful}
    assert {item["retired_for"] for item in gone} == {"episode"}
    assert "episode late/task/9\n        because: poisoned" in shelf.ok("log")
    assert shelf.item(shelf.ids.principle)["status"] == "candidate"


def test_all_that_came_from_a_run(shelf: Shelf) -> None:
    text = shelf.ok("retire", "--episode", "late")
    assert all(name in text for name in (shelf.ids.mail, shelf.ids.doubtful, shelf.ids.principle))
    assert shelf.item(shelf.ids.hosts)["status"] == "active"


def test_what_other_tasks_support_stays_less_that_evidence(shelf: Shelf) -> None:
    assert "other tasks support all 2 items" in shelf.ok("retire", "--episode", "early/task/1")
    hosts = shelf.item(shelf.ids.hosts)
    assert (hosts["status"], hosts["support"]) == ("active", 1)


def test_an_episode_that_nothing_came_from(shelf: Shelf) -> None:
    assert "nothing in memory comes from nobody" in shelf.refused("retire", "--episode", "nobody")
    assert "comes from early/task/99" in shelf.refused("retire", "--episode", "early/task/99")
    assert "give one of ID and --episode" in shelf.refused("retire")
    assert "give one of ID and --episode" in shelf.refused("retire", shelf.ids.hosts, "--episode", "late")


def test_several_are_approved_at_once(shelf: Shelf) -> None:
    items = shelf.json("approve", shelf.ids.mail, shelf.ids.principle, "--reason", "read them")["items"]
    assert [(item["status"], item["trust"]) for item in items] == [("active", "human")] * 2


def test_an_approval_asks_the_gates_again(shelf: Shelf) -> None:
    """The masked words of an item in quarantine may stand; a person vouches for them."""
    said = shelf.run("approve", shelf.ids.doubtful)
    masked = shelf.item(shelf.ids.doubtful)
    assert "alice" not in masked["content"]
    assert (said.status, masked["status"]) in ((0, "active"), (2, "quarantined"))


def test_those_that_can_be_are_changed_and_the_others_are_told(shelf: Shelf) -> None:
    shelf.ok("approve", shelf.ids.hosts)
    said = shelf.run("approve", shelf.ids.mail, shelf.ids.hosts, "it_none")
    assert said.status == 2
    assert shelf.ids.mail in said.out
    (line,) = said.err.splitlines()
    assert "it is approved already" in line
    assert "no item it_none" in line
    assert shelf.item(shelf.ids.mail)["status"] == "active"


def test_a_rejected_item_is_retired_for_good(shelf: Shelf) -> None:
    (gone,) = shelf.json("reject", shelf.ids.doubtful, "--reason", "names a person")["items"]
    assert (gone["status"], gone["retired_for"]) == ("retired", "person")
    assert "is rejected: retire it" in shelf.refused("reject", shelf.ids.hosts)


def test_a_program_may_not_do_what_people_do(shelf: Shelf) -> None:
    assert "only a person approves" in shelf.refused("approve", shelf.ids.mail, "--as", "rule:x")
    shelf.ok("pin", shelf.ids.hosts)
    assert "is a person's" in shelf.refused("retire", shelf.ids.hosts, "--as", "rule:x")
    assert shelf.json("retire", shelf.ids.mail, "--as", "rule:x")["item"]["status"] == "retired"


def test_what_waits_and_why(shelf: Shelf) -> None:
    waiting = shelf.json("queue")["waiting"]
    assert [(each["item"]["id"], each["because"]) for each in waiting] == [
        (shelf.ids.doubtful, "failed a gate"),
        (shelf.ids.mail, "too little evidence yet"),
        (shelf.ids.principle, "too little evidence yet"),
    ]
    assert waiting[0]["note"] == "an e-mail address"
    text = shelf.ok("queue")
    assert text.index("failed a gate") < text.index(shelf.ids.doubtful) < text.index("too little evidence")
    (one,) = shelf.json("queue", "--scope", "other")["waiting"]
    assert one["item"]["id"] == shelf.ids.principle
    assert shelf.ok("queue", "--scope", "nowhere") == "nothing waits\n"


@pytest.mark.parametrize(
    "words",
    [
        *("pin it_none", "unpin it_none", "retire it_none", "restore it_none", "approve it_none"),
        *("reject it_none", "retire --episode x", "rollback it_none --to 1", "rollback --all --to 1"),
        *("merge it_none it_other", "snapshot one", "verify", "rebuild", "edit it_none --content x"),
    ],
)
def test_nothing_is_changed_and_no_home_is_made_where_there_is_none(terminal: Terminal, words: str) -> None:
    assert "there is no memory here yet" in complaint(terminal.run("memory", *words.split()))
    assert terminal.contents() == {}
