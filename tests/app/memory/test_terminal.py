"""What a person sees in a terminal of 80 columns, and what reaches a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from app.memory.sheet import harmless
from memory.items import Evidence, ItemDraft, Kind
from tests.app.memory.filled import Filled, Shelf, copied

SGR = re.compile(r"\x1b\[[0-9;]*m")
EVIL = "[red]markup[/red] \x1b[2J\x1b]0;title\x07 \u202egnp.exe \u200b:smile: \x9b31m"


def seen(shelf: Shelf, *words: str, columns: int = 80, **variables: str) -> str:
    """What the command sends to a terminal of so many columns, run in this process."""
    from app.main import main

    own = {**shelf.terminal.environment, "TERM": "xterm-256color", "COLUMNS": str(columns), **variables}
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        for name in list(os.environ):  # noqa: TID251
            patch.delenv(name)
        for name, value in own.items():
            patch.setenv(name, value)
        ours, theirs = pty.openpty()
        came = pool.submit(read_all, ours)
        with (
            os.fdopen(theirs, "w", encoding="utf-8") as screen,
            chdir(shelf.terminal.folder),
            redirect_stdout(screen),
            redirect_stderr(screen),
            pytest.raises(SystemExit) as left,
        ):
            main(["memory", *words])
        text = came.result(timeout=30)
    os.close(ours)
    assert not left.value.code, text
    return text.replace("\r\n", "\n")


def read_all(end: int) -> str:
    parts = []
    while True:
        try:
            parts.append(os.read(end, 65536))
        except OSError:  # the other end is closed
            return b"".join(parts).decode()


@pytest.fixture(scope="module")
def long_shelf(template: tuple[Path, Filled], tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """An item whose every field is longer than a line; read it only."""
    shelf = copied(template, tmp_path_factory.mktemp("long"))
    word = "DeviceNetworkEvents" * 6
    content = f"Read {word} beside every table that the question names, {'and read it slowly, ' * 12}twice."
    action = ("--tool", "sql", "--template", f"SELECT {'DeviceName, ' * 20}1 FROM {{table}}")
    shelf.ok(
        "edit", shelf.ids.hosts, "--content", content, "--cue", "host, " * 30, *action, "--reason", "r" * 200
    )
    return shelf


VERBS = (
    *("list", "show ID", "show ID --version 1", "search HOST --scope synthetic/soc", "history ID", "diff ID"),
    *("explain HOST", "credit ID", "queue", "log", "snapshot --list", "verify", "rebuild"),
    "rollback --all --to 2026-01-01T13:00Z --dry-run",
)


@pytest.mark.parametrize("verb", VERBS)
def test_no_line_is_longer_than_the_terminal(long_shelf: Shelf, verb: str) -> None:
    words = [long_shelf.ids.hosts if word == "ID" else word for word in verb.split()]
    text = SGR.sub("", seen(long_shelf, *words))
    assert text.strip()
    assert [line for line in text.splitlines() if len(line) > 80] == []


def test_words_are_wrapped_in_a_terminal_and_whole_in_a_pipe(long_shelf: Shelf) -> None:
    content = long_shelf.item(long_shelf.ids.hosts)["content"]
    assert content in long_shelf.ok("list")
    shown = SGR.sub("", seen(long_shelf, "list"))
    assert content not in shown
    assert "".join(content.split()) in "".join(shown.split())


def test_colours_are_for_terminals_that_want_them(long_shelf: Shelf) -> None:
    words = ("diff", long_shelf.ids.hosts)
    coloured = seen(long_shelf, *words)
    assert "\x1b[" in coloured
    assert "[-" not in coloured
    for plain in (long_shelf.ok(*words), SGR.sub("", seen(long_shelf, *words, NO_COLOR="1"))):
        joined = "".join(plain.split())
        assert "[-Hostnamesareshort" in joined
        assert "firstlabel.-]{+ReadDeviceNetworkEvents" in joined
    uncoloured = seen(long_shelf, *words, NO_COLOR="0")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", uncoloured)
    assert "\x1b" not in long_shelf.ok(*words)


def test_text_of_memory_steers_no_terminal(shelf: Shelf) -> None:
    with shelf.library() as library:
        draft = ItemDraft(kind=Kind.GUARD, scope="evil", content="Look at [bold]markup[/bold] :smile: twice.")
        evidence = Evidence(run_id=EVIL, task_id=EVIL, group=EVIL, reward=None, note=EVIL)
        (item,) = library.learn([draft], evidence).added
        library.archive.snapshot(f"evil {EVIL}", actor=f"person:{EVIL}", reason=EVIL)
        library.editor(f"person:{EVIL}").pin(item, reason=EVIL)
    for words in (("show", item), ("history", item), ("log",), ("snapshot", "--list"), ("list",)):
        text = shelf.ok(*words)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", text), words
        assert "markup" in text
    assert "[bold]markup[/bold] :smile:" in shelf.ok("list")
    assert "[red]markup[/red] \\u001b[2J" in shelf.ok("history", item)


def test_harmless_text_is_one_line() -> None:
    assert harmless("two\nlines\tand\r\na tab") == "two lines and a tab"
    assert harmless("naïve – 東京") == "naïve – 東京"
    assert harmless("\x1b[31m\x9b\u202e\u2028x") == "\\u001b[31m\\u009b\\u202e x"


def test_the_width_is_that_of_the_window(long_shelf: Shelf) -> None:
    """In a process of its own, which asks the terminal itself."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    environment = {**long_shelf.terminal.environment, "TERM": "xterm"}
    command = [sys.executable, "-m", "app.main", "memory", "show", long_shelf.ids.hosts]
    with subprocess.Popen(
        command, cwd=long_shelf.terminal.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        text = read_all(ours)
    os.close(ours)
    assert process.returncode == 0, text
    lines = SGR.sub("", text).replace("\r", "").splitlines()
    assert 55 < max(len(line) for line in lines) <= 60
