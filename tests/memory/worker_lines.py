"""One write, by a process that dies at the n-th line of the code that writes.

    python -m tests.memory.worker_lines URL WRITE FIRST STEP MODULE...

For n = FIRST, FIRST + STEP and so on until a process lives through it. After each death the write is looked
for, and done again; one JSON line for each n says what was found.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import text

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES
from tests.memory.ledger.drafts import Clock
from tests.memory.ledger.soundness import check, everything
from tests.memory.samples import HOSTS, MAIL, SIGN_IN, task

ANN = "person:ann"
EMBEDDER = LexicalEmbedder(64)
STOPPED = replace(HOSTS, content="Look at 10.1.2.3 before anything else")


def _learn(library: PamphletLibrary) -> None:
    """A known lesson that it makes active, a new one, and one that a gate stops."""
    library.learn([HOSTS, SIGN_IN, STOPPED], task(2))


def _edit(library: PamphletLibrary) -> None:
    item = next(item for item in library.items() if item.content == HOSTS.content or item.cue == "edited")
    words = ItemEdit(content="Read the full host name from SecurityAlert.", cue="edited")
    library.editor(ANN).edit(item.id, words, key="the edit")


def _rollback(library: PamphletLibrary) -> None:
    library.archive.rollback(None, 0, actor=ANN, key="the rollback")


WRITES: dict[str, Callable[[PamphletLibrary], None]] = {
    "learn": _learn,
    "edit": _edit,
    "rollback": _rollback,
}
DIED, LIVED = 9, 0


def opened(url: str) -> PamphletLibrary:
    """Time stands still, so that a write leaves the same rows whenever it is done."""
    return PamphletLibrary(Database(url), EMBEDDER, clock=Clock(), owns_database=True)


def begin(url: str) -> None:
    """The memory before the write: made the first time, then put back as it was."""
    with Database(url) as database:
        path = database.path
        if path is None:
            _truncate(database)
    template = None if path is None else path.with_suffix(".before")
    if path is not None and template is not None and template.exists():
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        shutil.copy(template, path)
        return
    library = opened(url)
    library.learn([HOSTS, MAIL], task(1))
    library.close()
    if path is not None and template is not None:
        shutil.copy(path, template)


def _truncate(database: Database) -> None:
    names = ", ".join(("item_words", *(table.name for table in MEMORY_TABLES)))
    with database.session() as session:
        session.execute(text(f"TRUNCATE {names} CASCADE"))


def die_at(url: str, write: Callable[[PamphletLibrary], None], line: int, modules: tuple[str, ...]) -> int:
    """Do the write in a process that dies at the line-th line of the modules; how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    library = opened(url)
    left = line

    def traced(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(modules):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os._exit(DIED)
        return traced

    sys.settrace(traced)
    write(library)
    os._exit(LIVED)


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with Database(url) as database:
        check(database)
        return everything(database)


def main(url: str, name: str, first: int, step: int, modules: tuple[str, ...]) -> None:
    write = WRITES[name]
    begin(url)
    before = rows(url)
    if die_at(url, write, 0, modules) != LIVED:
        raise SystemExit("the write fails by itself")
    after = rows(url)
    line, ended = first, DIED
    while ended == DIED:
        begin(url)
        ended = die_at(url, write, line, modules)
        found = rows(url)
        library = opened(url)
        write(library)  # whoever resumes does it again
        library.close()
        told = {"line": line, "died": ended == DIED, "nothing": found == before, "whole": found == after}
        sys.stdout.write(json.dumps({**told, "again": rows(url) == after}) + "\n")
        line += step
    if ended != LIVED:
        raise SystemExit(f"a writer failed at line {line}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), tuple(sys.argv[5:]))
