"""Writers that die at any moment lose nothing that they told of, and what is told again is not done twice."""

from __future__ import annotations

import sys

import pytest

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.history import Event
from memory.items import Item
from memory.library import PamphletLibrary
from tests.memory.ledger.processes import in_a_file, on_disk, run, url_of
from tests.memory.ledger.soundness import check
from tests.memory.worker_crash import draft, write

EMBEDDER = LexicalEmbedder(64)


def told(events: tuple[Event, ...]) -> list[tuple[object, ...]]:
    """Events without their numbers and times, which depend on who died when."""
    return [(event.op, event.author, event.changes) for event in events]


def without_times(items: tuple[Item, ...]) -> dict[str, tuple[object, ...]]:
    return {
        item.id: (item.kind, item.scope, item.state, item.version, item.support, item.credit)
        for item in items
    }


def undisturbed(writes: int) -> PamphletLibrary:
    library = PamphletLibrary.in_memory(EMBEDDER)
    for number in range(writes):
        write(library, number)
    return library


def killed_again_and_again(database: Database, writes: int, *, seed: int, kills: int, timeout: float) -> None:
    (figures,) = run("worker_crash", url_of(database), writes, seed, timeout=timeout)
    sys.stdout.write(f"{writes} writes: {figures}\n")  # shown by pytest -s
    assert figures["kills"] >= kills
    expected = undisturbed(writes)
    library = PamphletLibrary(database, EMBEDDER)
    assert told(library.archive.events()) == told(expected.archive.events())
    assert without_times(library.items()) == without_times(expected.items())
    for item in library.items():
        known = {(each.run_id, each.task_id) for each in expected.evidence(item.id)}
        assert {(each.run_id, each.task_id) for each in library.evidence(item.id)} == known
    check(database)
    expected.close()


@in_a_file
def test_a_writer_killed_again_and_again_loses_nothing_and_doubles_nothing(database: Database) -> None:
    killed_again_and_again(database, 70, seed=1, kills=4, timeout=50)


@pytest.mark.slow
@pytest.mark.timeout(600)
@on_disk
@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.long) for seed in (3, 4))])
def test_five_hundred_writes_through_dozens_of_deaths(database: Database, seed: int) -> None:
    killed_again_and_again(database, 500, seed=seed, kills=30, timeout=550)


def test_the_writes_that_are_killed_are_of_every_sort() -> None:
    library = undisturbed(14)
    ops = {event.op.value for event in library.archive.events()}
    assert ops == {"add", "edit", "promote", "merge", "retire", "rollback"}
    assert {item.content for item in library.items()} >= {draft(0).content, draft(8, "Count").content}
    library.close()
