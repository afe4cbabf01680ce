"""Writes that are killed: a nursery that forks writers, kills each with -9 and counts what it was told.

    python -m tests.memory.worker_crash URL WRITES SEED

Each write is known by its number and carries a key, so that whoever comes next may simply do it again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.identity import content_hash, item_id
from memory.items import ItemDraft, ItemId
from memory.ledger.editor import ItemEdit
from memory.library import PamphletLibrary
from tests.memory.samples import HOSTS, task

ANN = "person:ann"


def table(number: int) -> str:
    """A name of letters alone: two numbers have two names."""
    return "Table" + "".join(chr(97 + int(digit)) for digit in f"{number:04d}")


def draft(number: int, part: str = "Read") -> ItemDraft:
    return replace(HOSTS, content=f"{part} each row of {table(number)} once.", cue="")


def id_of(number: int, part: str = "Read") -> ItemId:
    return item_id(content_hash(draft(number, part)))


def _learn(library: PamphletLibrary, number: int, key: str) -> None:
    library.learn([draft(number), draft(number, "Sort")], task(number))


def _add(library: PamphletLibrary, number: int, key: str) -> None:
    library.editor(ANN).add(draft(number, "Count"), key=key)


def _edit(library: PamphletLibrary, number: int, key: str) -> None:
    library.editor(ANN).edit(id_of(number - 1, "Count"), ItemEdit(cue=table(number)), expected=1, key=key)


def _support(library: PamphletLibrary, number: int, key: str) -> None:
    library.learn([draft(number - 3), draft(number - 3, "Sort")], task(number))


def _merge(library: PamphletLibrary, number: int, key: str) -> None:
    ids = (id_of(number - 4), id_of(number - 4, "Sort"))
    library.editor(ANN).merge(ids, draft(number, "Keep"), key=key)


def _retire(library: PamphletLibrary, number: int, key: str) -> None:
    library.editor(ANN).retire(id_of(number - 4, "Count"), expected=2, key=key)


def _back(library: PamphletLibrary, number: int, key: str) -> None:
    library.archive.rollback_item(id_of(number - 5, "Count"), 1, actor=ANN, key=key)


WRITES: tuple[Callable[[PamphletLibrary, int, str], None], ...] = (
    _learn,
    _add,
    _edit,
    _support,
    _merge,
    _retire,
    _back,
)


def write(library: PamphletLibrary, number: int) -> None:
    """The write of that number: new, or done before by somebody who died too soon to say so."""
    WRITES[number % len(WRITES)](library, number, f"write {number}")


def serve(url: str, start: int, writes: int, told: int) -> None:
    """Do the writes from `start` on and tell of each after its commit; the life of one writer."""
    library = PamphletLibrary(Database(url), LexicalEmbedder(64))
    for number in range(start, writes):
        write(library, number)
        os.write(told, f"{number}\n".encode())


@dataclass(slots=True)
class Life:
    """What became of one writer: its last word, and whether it was killed."""

    last: int
    killed: bool


def live(url: str, start: int, writes: int, chance: random.Random) -> Life:
    """Start a writer, and kill it at some moment of some write."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        serve(url, start, writes, told)
        os._exit(0)
    os.close(told)
    last, kill_after = start - 1, chance.randint(1, 20)
    with os.fdopen(heard) as lines:
        for line in lines:
            last = int(line)
            if last - start + 1 >= kill_after:
                time.sleep(chance.uniform(0, 0.008))
                os.kill(child, signal.SIGKILL)
                break
        for line in lines:  # what it said between our last look and its death
            last = int(line)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"a writer failed at {last + 1}")
    return Life(last=last, killed=os.WIFSIGNALED(status))


def main(url: str, writes: int, seed: int) -> None:
    chance = random.Random(seed)
    start, kills, unheard = 0, 0, 0
    while start < writes:
        life = live(url, start, writes, chance)
        start = life.last + 1
        kills += life.killed
        if life.killed and start < writes:
            unheard += was_done(url, start)
    sys.stdout.write(json.dumps({"kills": kills, "unheard": unheard}) + "\n")


def was_done(url: str, number: int) -> bool:
    """Whether the write was committed though its writer died before it could say so."""
    with Database(url) as database:
        library = PamphletLibrary(database, LexicalEmbedder(64))
        before = len(library.archive.events())
        write(library, number)
        return len(library.archive.events()) == before


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
