"""Drains that are killed at every line: run as a program, so that Chroma is opened in its children alone."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import func, select

from core.database import Database, open_database
from memory.embedding.lexical import LexicalEmbedder
from memory.index import keeper as keeper_module
from memory.index.keeper import IndexKeeper
from memory.index.outbox import LEASE
from memory.sql.tables import EmbeddingRow
from tests.memory.index.filled import Clock, Filled, in_folder

TRACED = ("worker.py", "outbox.py", "vectors.py")
EMBEDDER = LexicalEmbedder()
KILLED = 9
WORDS = "ask bind call draw edit find give hold join keep look make name open pick quit read send take unite"


def make(folder: Path) -> None:
    """A memory with an index, where an item was added, one changed and one retired since."""
    with open_database(url(folder)) as database:
        filled = Filled(database)
        one, two, _ = filled.add("sign in", "sign out", "egg whites")
        keeper = IndexKeeper(database, EMBEDDER, in_folder(folder / "index"), clock=Clock())
        keeper.drain()
        keeper.close()
        filled.add("stop early", place=1)
        filled.edit(one, "sign on")
        filled.retire(two)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'atlas.db'}"


def drain(folder: Path, line: int) -> None:
    """Drain, and die at the given executed line of our own code."""
    left = line

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(OURS) or Path(frame.f_code.co_filename).name not in TRACED:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os._exit(KILLED)
        return trace

    with Database(url(folder)) as database:
        keeper = IndexKeeper(database, EMBEDDER, in_folder(folder / "index"), clock=Clock())
        sys.settrace(trace)
        keeper.drain()
        sys.settrace(None)
        keeper.close()


def rebuild_for_ever(folder: Path, line: int) -> None:
    """Change and rebuild until killed."""
    chance = random.Random(line)
    with Database(url(folder)) as database:
        filled = Filled(database)
        keeper = IndexKeeper(database, EMBEDDER, in_folder(folder / "index"))
        while True:
            filled.add(*(" ".join(chance.sample(WORDS.split(), 9)) for _ in range(30)))
            keeper.drain()
            keeper.rebuild()


def finish(folder: Path, line: int) -> None:
    """Drain again when the lease of the dead is over; dies unless all is well."""
    clock = Clock()
    clock.now += timedelta(days=36500) if line < 0 else LEASE
    with Database(url(folder)) as database:
        keeper = IndexKeeper(database, EMBEDDER, in_folder(folder / "index"), clock=clock)
        keeper.verify(sample=10_000)  # what HNSW has cut off meanwhile is compared exactly from now on
        report = keeper.verify(sample=10_000)
        keeper.close()
        assert report.clean, report
        assert report.live == report.indexed
        assert len([path for path in (folder / "index").iterdir() if path.is_dir()]) == 1
        if line >= 0:
            with database.reading() as session:
                vectors = session.execute(select(func.count()).select_from(EmbeddingRow)).scalar_one()
            assert (report.live, vectors) == (3, 5)


OURS = str(Path(keeper_module.__file__).parent)


def forked(work: Callable[[Path, int], None], folder: Path, line: int, seconds: float | None = None) -> int:
    """The exit status of a child that does the work; killed after some seconds, where these are given."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(folder, line)
            status = 0
        finally:
            if status:
                traceback.print_exc()
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, 9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_lines(folder: Path, step: int) -> dict[str, list[int]]:
    """Kill at every `step`-th line: the lines that killed it, and those after which all was not well."""
    import chromadb  # noqa: F401  imported once, opened by the children

    template, killed, wrong = folder / "template", [], []
    template.mkdir()
    assert forked(lambda where, _: make(where), template, 0) == 0
    line, status = 1, KILLED
    while status == KILLED:
        place = folder / "work"
        shutil.copytree(template, place)
        status = forked(drain, place, line)
        if status == KILLED:
            killed.append(line)
        if status not in (0, KILLED) or forked(finish, place, line) != 0:
            wrong.append(line)
        shutil.rmtree(place)
        line += step
    return {"killed": killed, "wrong": wrong}


def at_times(folder: Path, times: int) -> dict[str, list[int]]:
    """Kill at random times in the middle of drains and rebuilds, one memory through."""
    import chromadb  # noqa: F401

    chance, wrong = random.Random(0), []
    assert forked(lambda where, _: make(where), folder, 0) == 0
    for number in range(times):
        forked(rebuild_for_ever, folder, number, chance.uniform(0.1, 0.9))
        if forked(finish, folder, -1) != 0:
            wrong.append(number)
    return {"killed": list(range(times)), "wrong": wrong}


if __name__ == "__main__":
    how, where, count = sys.argv[1:]
    found = (at_lines if how == "lines" else at_times)(Path(where), int(count))
    sys.stdout.write(json.dumps(found))
