"""`atlas memory edit`: in an editor, by options, from a file."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.items import ItemId
from memory.ledger.editor import ItemEdit
from tests.app.memory.filled import Shelf
from tests.app.terminal import Said

REPLACE = """\
import pathlib, sys
path = pathlib.Path(sys.argv[-1])
text = path.read_text(encoding="utf-8")
for old, new in zip(sys.argv[1:-1:2], sys.argv[2:-1:2]):
    assert old in text, text
    text = text.replace(old, new)
path.write_text(text, encoding="utf-8")
"""


class Hand:
    """Edits with a program of a few lines, and clears away what is kept."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.kept: list[Path] = []

    def script(self, source: str, *words: str) -> str:
        path = self.shelf.terminal.folder / "hand.py"
        path.write_text(source, encoding="utf-8")
        return shlex.join([sys.executable, str(path), *words])

    def edit(self, editor: str | None, *options: str, item: ItemId | None = None) -> Said:
        if editor is not None:
            self.shelf.terminal.variables["EDITOR"] = editor
        said = self.shelf.run("edit", item or self.shelf.ids.hosts, *options)
        found = re.search(r"--file (\S+)", said.err)
        if found and Path(found[1]).exists():
            self.kept.append(Path(found[1]))
        return said

    def replace(self, *pairs: str, options: tuple[str, ...] = ()) -> Said:
        return self.edit(self.script(REPLACE, *pairs), *options)


@pytest.fixture
def hand(shelf: Shelf) -> Iterator[Hand]:
    hand = Hand(shelf)
    yield hand
    for path in hand.kept:
        path.unlink(missing_ok=True)


def test_an_editor_changes_the_words(hand: Hand) -> None:
    said = hand.replace(
        *("Host names", "Names of hosts", "answer_type:host", "answer_type:host, machine"),
        options=("--reason", "clearer", "--json"),
    )
    assert said.status == 0, said.err
    item = said.document["item"]
    assert isinstance(item, dict)
    assert said.document["changed"] is True
    assert item["content"].startswith("Names of hosts are short")
    assert (item["cue"], item["version"], item["trust"]) == ("answer_type:host, machine", 3, "human")
    assert hand.shelf.json("log")["events"][-1]["reason"] == "clearer"
    assert hand.kept == []


def test_visual_goes_before_editor_and_may_have_options(hand: Hand) -> None:
    hand.shelf.terminal.variables["VISUAL"] = hand.script(REPLACE, "Host names", "Hosts")
    assert hand.edit("false").status == 0
    assert hand.shelf.item(hand.shelf.ids.hosts)["content"].startswith("Hosts are")


def test_an_unchanged_text_is_no_version(hand: Hand) -> None:
    said = hand.edit("true")
    assert (said.status, said.out) == (0, "")
    assert "nothing changed" in said.err
    again = hand.edit("true", "--json")
    assert again.document["changed"] is False
    assert hand.shelf.item(hand.shelf.ids.hosts)["version"] == 2


def test_what_an_editor_prints_is_no_result(hand: Hand) -> None:
    """In a process of its own: standard output holds the document and nothing else."""
    editor = hand.script("import sys; print('a banner'); " + REPLACE, "Host names", "Hosts")
    hand.shelf.terminal.variables["EDITOR"] = editor
    with hand.shelf.terminal.start("memory", "edit", hand.shelf.ids.hosts, "--json") as process:
        out, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    assert out.startswith("{")
    assert "a banner" in err


def test_a_broken_form_is_kept_and_can_be_offered_again(hand: Hand) -> None:
    said = hand.replace("Host names", "Hosts", "- pinned:", "- punned:")
    assert (said.status, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert "did you mean `pinned`?" in line
    assert f"atlas memory edit {hand.shelf.ids.hosts} --file " in line
    (kept,) = hand.kept
    assert hand.shelf.item(hand.shelf.ids.hosts)["version"] == 2
    kept.write_text(kept.read_text(encoding="utf-8").replace("punned", "pinned"), encoding="utf-8")
    told = hand.shelf.json("edit", hand.shelf.ids.hosts, "--file", kept)
    assert told["item"]["content"].startswith("Hosts are short")


def test_words_that_a_gate_refuses_are_kept_too(hand: Hand) -> None:
    said = hand.replace("Host names are", "Hosts of alice@example.org are")
    assert said.status == 2
    assert "an e-mail address; your text is kept" in said.err
    assert "alice@example.org" in hand.kept[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        (None, "no editor: set VISUAL or EDITOR"),
        ("  ", "no editor: set VISUAL or EDITOR"),
        ("false", "the editor false ended with status 1"),
        ("no-such-editor -w", "the editor no-such-editor cannot be started: No such file"),
        ("vi 'unclosed", "cannot be read: No closing quotation"),
    ],
)
def test_an_editor_that_fails_is_one_line(hand: Hand, editor: str | None, said: str) -> None:
    ended = hand.edit(editor)
    assert (ended.status, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    assert said in line
    assert "kept" not in line
    assert hand.shelf.item(hand.shelf.ids.hosts)["version"] == 2


def test_an_editor_that_fails_after_changes_loses_nothing(hand: Hand) -> None:
    said = hand.edit(hand.script(REPLACE + "sys.exit(3)", "Host names", "Hosts"))
    assert "ended with status 3; nothing was changed; your text is kept" in said.err
    assert "Hosts are short" in hand.kept[0].read_text(encoding="utf-8")


@pytest.mark.parametrize("deed", ["path.unlink()", "path.write_bytes(bytes([255, 254, 0]))"])
def test_a_file_that_is_gone_or_no_text(hand: Hand, deed: str) -> None:
    said = hand.edit(hand.script(f"import pathlib, sys\npath = pathlib.Path(sys.argv[-1])\n{deed}\n"))
    assert said.status == 2
    assert "cannot be read" in said.err
    assert hand.shelf.item(hand.shelf.ids.hosts)["version"] == 2


def test_who_edited_meanwhile_is_not_overwritten(hand: Hand) -> None:
    """The editor stays open while somebody else stores other words."""
    ids = hand.shelf.ids
    other = f"""
import subprocess
words = [sys.executable, "-m", "app.main", "memory", "edit", "{ids.hosts}", "--content", "Other words."]
subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
"""
    said = hand.edit(hand.script(REPLACE + other, "Host names", "Hosts"))
    assert (said.status, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert "the document has version 2, memory has 3" in line
    assert f"atlas memory diff {ids.hosts} 2 3" in line
    assert hand.shelf.item(ids.hosts)["content"] == "Other words."
    (kept,) = hand.kept
    text = kept.read_text(encoding="utf-8")
    assert "Hosts are short" in text
    assert "version 2" in hand.shelf.refused("edit", ids.hosts, "--file", kept)
    mine = text.replace("- version: 2", "- version: 3").replace("- trust: proven", "- trust: human")
    kept.write_text(mine, encoding="utf-8")
    assert hand.shelf.json("edit", ids.hosts, "--file", kept)["item"]["version"] == 4


def test_a_change_between_reading_and_saving_by_options_is_a_conflict(shelf: Shelf) -> None:
    """The library itself, as `edit` uses it: the version that was seen is the one that is expected."""
    with shelf.library() as library:
        seen = library.get(shelf.ids.hosts)
        shelf.ok("edit", shelf.ids.hosts, "--content", "Other words than before.")
        with pytest.raises(Exception, match="is at version 3, not 2"):
            library.editor("person:slow").edit(
                shelf.ids.hosts, ItemEdit(content="Mine."), expected=seen.version
            )


def test_fields_by_options(shelf: Shelf) -> None:
    words = ("--cue", "machine", "--boundary", "Not for users.", "--effect", "One query less.")
    action = ("--tool", "sql", "--template", "SELECT {c} FROM DeviceInfo", "--binding", "c=DeviceName")
    item = shelf.json("edit", shelf.ids.hosts, *words, *action)["item"]
    assert (item["cue"], item["boundary"], item["expected_effect"]) == (words[1], words[3], words[5])
    assert item["action"]["bindings"] == {"c": "DeviceName"}
    changed = shelf.json("edit", shelf.ids.hosts, "--binding", "c=DeviceId")["item"]["action"]
    assert (changed["template"], changed["bindings"]) == ("SELECT {c} FROM DeviceInfo", {"c": "DeviceId"})
    assert shelf.json("edit", shelf.ids.hosts, "--no-action", "--cue", "")["item"]["action"] is None
    assert shelf.item(shelf.ids.hosts)["cue"] == ""


def test_wrong_options(shelf: Shelf) -> None:
    hosts = shelf.ids.hosts
    content = shelf.item(hosts)["content"]
    assert "nothing to change" in shelf.refused("edit", hosts, "--content", content)
    assert "not both" in shelf.refused("edit", hosts, "--content", "x", "--file", "y")
    assert "not both" in shelf.refused("edit", hosts, "--no-action", "--tool", "a", "--template", "b")
    assert "may not stand in memory" in shelf.refused("edit", hosts, "--content", "Mail alice@example.org.")
    assert "y cannot be read" in shelf.refused("edit", hosts, "--file", "y")
    shelf.ok("retire", shelf.ids.mail)
    assert "restore it before" in shelf.refused("edit", shelf.ids.mail, "--content", "New words for it.")


def test_the_text_of_another_item_is_refused(shelf: Shelf) -> None:
    file = shelf.terminal.folder / "all.md"
    file.write_text(shelf.ok("export", "--scope", "other"), encoding="utf-8")
    line = shelf.refused("edit", shelf.ids.hosts, "--file", file)
    assert f"the text is of {shelf.ids.principle}, not of {shelf.ids.hosts}" in line
    file.write_text(shelf.ok("export"), encoding="utf-8")
    assert "one item is edited here" in shelf.refused("edit", shelf.ids.hosts, "--file", file)


def test_an_item_from_standard_input(shelf: Shelf) -> None:
    text = shelf.ok("export", "--scope", "other").replace("Ask for the row", "Ask for the very row")
    words = [sys.executable, "-m", "app.main", "memory", "edit", shelf.ids.principle, "--file", "-"]
    terminal = shelf.terminal
    subprocess.run(
        words,
        input=text,
        text=True,
        check=True,
        cwd=terminal.folder,
        env=terminal.environment,
        stdout=subprocess.DEVNULL,
        timeout=50,
    )
    assert shelf.item(shelf.ids.principle)["content"].startswith("Ask for the very row")
