"""A keeper among threads and processes that read, write and rebuild at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import open_database
from memory.index.array import ArrayIndexes
from memory.index.chroma import ChromaIndex
from memory.index.keeper import STALE, IndexKeeper
from memory.index.seam import OpenIndex
from memory.items import ItemId
from memory.sql.tables import ItemRow
from tests.memory.index.filled import NOW, SMALL, STUDENT, Clock, Filled, in_folder, vector

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.parametrize("database", ["file", "postgres"], indirect=True)


def address(filled: Filled) -> str:
    return filled.database.url.render_as_string(hide_password=False)


def far_off() -> Clock:
    """A time when nobody's lease or pause lasts any more."""
    clock = Clock()
    clock.now = NOW.replace(year=2100)
    return clock


def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("it did not come about in five seconds")


def test_the_background_thread_drains_when_poked_and_by_itself(filled: Filled) -> None:
    keeper = IndexKeeper(filled.database, SMALL, ArrayIndexes().open)
    keeper.start()
    keeper.start()
    filled.add("sign in")
    keeper.poke()
    until(lambda: not keeper.waiting())
    filled.add("sign out")
    until(lambda: not keeper.waiting())
    keeper.close()
    filled.add("egg whites")
    keeper.poke()
    time.sleep(0.05)
    assert len(filled.outbox()) == 1
    assert not any(thread.name == "index-keeper" for thread in threading.enumerate())
    keeper.start()
    until(lambda: not keeper.waiting())
    keeper.close()


def leave(url: str, folder: str) -> None:
    """A process that ends while its background thread works."""
    filled = Filled(open_database(url))
    keeper = IndexKeeper(filled.database, SMALL, in_folder(Path(folder)))
    keeper.start()
    filled.add(*(f"rule {number}" for number in range(600)))
    keeper.poke()
    until(lambda: len(keeper.waiting()) < STALE)


def test_a_process_may_end_without_closing_its_keeper(filled: Filled, tmp_path: Path) -> None:
    url, folder = address(filled), str(tmp_path / "index")
    program = "import sys; from tests.memory.index.test_keeper_at_once import leave; leave(*sys.argv[1:])"
    command = [sys.executable, "-c", program, url, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    keeper = IndexKeeper(filled.database, SMALL, in_folder(Path(folder)), clock=far_off())
    report = keeper.verify()
    keeper.close()
    assert (report.problem, report.missing.count, report.waiting.count) == (None, 0, 0)


def test_readers_writers_and_rebuilds_at_once(filled: Filled, open_index: OpenIndex) -> None:
    keeper = IndexKeeper(filled.database, SMALL, open_index)
    items = filled.add(*(f"rule {number}" for number in range(20)))
    keeper.drain()
    keeper.start()
    answers: list[tuple[tuple[ItemId, int], ...] | None] = []
    reading = threading.Event()
    reading.set()

    def read() -> None:
        while reading.is_set():
            keeper.waiting()
            answers.append(keeper.nearest(STUDENT, vector("rule 3"), 5))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(40):
        filled.edit(items[number % 20], f"rule {number} was changed")
        keeper.poke()
        if number % 20 == 10:
            keeper.rebuild()
    reading.clear()
    for reader in readers:
        reader.join()
    assert keeper.degraded is None
    found = [answer for answer in answers if answer is not None]
    assert found
    assert all(len(answer) == 5 for answer in found)
    report = keeper.verify()
    keeper.close()
    # The search is approximate: a neighbour of equal words may hide one. Nothing is lost, doubled or late.
    assert report.whole, report
    assert report.waiting.count == 0, report


def race(url: str, place: str, number: int) -> None:
    """One of several processes that write to a memory and drain it."""
    database = open_database(url)
    filled = Filled(database)
    if place.startswith("/"):
        open_index = in_folder(Path(place))
    else:
        port, library = place.split("/")
        open_index = partial(ChromaIndex.on_server, "127.0.0.1", int(port), library)
    keeper = IndexKeeper(database, SMALL, open_index)
    with database.reading() as session:
        shared = [ItemId(item) for item in session.execute(select(ItemRow.id).order_by(ItemRow.id)).scalars()]
    for step in range(15):
        filled.add(f"rule {step} of {number}")
        filled.edit(shared[step % len(shared)], f"shared {step} by {number}")
        keeper.drain()
    keeper.close()
    database.close()


@pytest.mark.parametrize("place", ["folder", pytest.param("server", marks=pytest.mark.slow)])
def test_processes_that_race_lose_and_double_nothing(
    filled: Filled, place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    filled.add(*(f"shared {number}" for number in range(4)))
    if place == "server":
        port, library = request.getfixturevalue("chroma_port"), uuid.uuid4().hex
        where = f"{port}/{library}"
        open_index: OpenIndex = partial(ChromaIndex.on_server, "127.0.0.1", port, library)
    else:
        where = str(tmp_path / "index")
        open_index = in_folder(tmp_path / "index")
    program = (
        "import sys; from tests.memory.index.test_keeper_at_once import race;"
        "race(*sys.argv[1:3], int(sys.argv[3]))"
    )
    command = [sys.executable, "-c", program, address(filled), where]
    processes = [subprocess.Popen([*command, str(number)], cwd=ROOT) for number in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    keeper = IndexKeeper(filled.database, SMALL, open_index, clock=far_off())
    report = keeper.verify()
    keeper.close()
    # The search is approximate: a neighbour of equal words may hide one. Nothing is lost, doubled or late.
    assert report.whole, report
    assert report.waiting.count == 0, report
    assert (report.live, report.indexed) == (34, 34)
