"""`atlas memory verify` and `rebuild`."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

from app.house import CHROMA_FOLDER
from tests.app.memory.filled import Shelf


def harm(shelf: Shelf, *statements: str) -> None:
    """What no program of ours would do to the database."""
    with closing(sqlite3.connect(shelf.terminal.home / "atlas.sqlite3")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_whole_memory_is_clean(shelf: Shelf) -> None:
    told = shelf.json("verify")
    assert told["clean"]
    assert (told["index"]["live"], told["index"]["indexed"]) == (4, 4)
    assert told["keywords"] == {"clean": True, "live": 4, "missing": [], "extra": 0}
    assert (told["audit"]["intact"], told["audit"]["events"], told["audit"]["faults"]) == (True, 7, [])
    assert told["duplicates"] == []
    text = shelf.ok("verify")
    assert "index       clean: 4 entries for 4 live items" in text
    assert "audit       intact: 7 events" in text


def test_a_change_reaches_the_index(shelf: Shelf) -> None:
    shelf.ok("verify")
    shelf.ok("retire", shelf.ids.mail)
    shelf.ok("edit", shelf.ids.hosts, "--content", "Other words for it.")
    told = shelf.json("verify")
    assert (told["clean"], told["index"]["indexed"]) == (True, 3)


def test_an_altered_version_is_found(shelf: Shelf) -> None:
    harm(
        shelf,
        "DROP TRIGGER item_versions_no_update",
        f"UPDATE item_versions SET content = 'Trust everybody.' WHERE item_id = '{shelf.ids.hosts}'",
    )
    said = shelf.run("verify")
    assert said.status == 1
    assert "audit       broken" in said.out
    assert f"{shelf.ids.hosts} version 2 was altered" in said.out
    again = shelf.run("verify", "--json")
    assert (again.status, again.document["clean"]) == (1, False)


def test_a_lost_event_is_found(shelf: Shelf) -> None:
    harm(shelf, "DROP TRIGGER memory_events_no_delete", "DELETE FROM memory_events WHERE seq = 11")
    assert "events are missing" in shelf.run("verify").out


def test_a_keyword_index_with_gaps_is_found_and_rebuilt(shelf: Shelf) -> None:
    harm(
        shelf,
        f"DELETE FROM item_words WHERE rowid = (SELECT number FROM items WHERE id = '{shelf.ids.hosts}')",
        "INSERT INTO item_words (rowid, section, words) VALUES (987654321, 'x', 'y')",
    )
    told = shelf.run("verify", "--json")
    assert told.status == 1
    assert told.document["keywords"] == {
        "clean": False,
        "live": 4,
        "missing": [shelf.ids.hosts],
        "extra": 1,
    }
    rebuilt = shelf.json("rebuild")
    assert rebuilt["clean"]
    assert rebuilt["keywords"]["live"] == 4
    assert shelf.json("verify")["clean"]
    found = shelf.json("search", "Which host names does DeviceInfo have?", "--scope", "synthetic/soc")["hits"]
    assert shelf.ids.hosts in [hit["id"] for hit in found if hit["keyword"] > 0]


def test_a_lost_index_is_made_anew(shelf: Shelf) -> None:
    shelf.ok("verify")
    shutil.rmtree(shelf.terminal.home / CHROMA_FOLDER)
    shelf.json("rebuild")
    told = shelf.json("verify")
    assert (told["clean"], told["index"]["indexed"]) == (True, 4)


def test_a_rebuild_is_told(shelf: Shelf) -> None:
    assert "keywords  clean: 4 live items" in shelf.ok("rebuild")


def test_items_that_say_the_same_are_found(shelf: Shelf) -> None:
    """The library refuses them; two that were made side by side by other hands can still be there."""
    same = f"(SELECT content_hash FROM items WHERE id = '{shelf.ids.hosts}')"
    harm(
        shelf,
        "DROP TRIGGER item_versions_no_update",
        f"UPDATE item_versions SET content_hash = {same} WHERE item_id = '{shelf.ids.mail}'",
    )
    said = shelf.run("verify", "--json")
    assert said.status == 1
    assert said.document["duplicates"] == [sorted([shelf.ids.hosts, shelf.ids.mail])]
