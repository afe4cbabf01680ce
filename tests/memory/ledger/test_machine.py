"""Anything done in any order keeps the ledger sound, on every database."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from core.database import Database
from memory.ledger.learning import ROOM
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES
from tests.memory.ledger.drafts import GUARDS, Clock
from tests.memory.ledger.machine import EMBEDDER, LedgerMachine
from tests.memory.samples import task
from tests.memory.worker_crash import table

Opened = tuple[Database, PamphletLibrary]
Opener = Callable[[Clock], Opened]


def over(database: Database, clock: Clock) -> Opened:
    return database, PamphletLibrary(database, EMBEDDER, clock=clock)


def in_memory(clock: Clock) -> Opened:
    return over(Database.in_memory(*MEMORY_TABLES), clock)


@pytest.fixture
def in_files(tmp_path: Path, migrated_file: Path) -> Opener:
    """A new file for each example."""
    numbers = itertools.count()

    def opened(clock: Clock) -> Opened:
        path = shutil.copy(migrated_file, tmp_path / f"{next(numbers)}.db")
        return over(Database(f"sqlite:///{path}"), clock)

    return opened


@pytest.fixture
def on_server(empty_postgres: Callable[[], Database]) -> Opener:
    return lambda clock: over(empty_postgres(), clock)


@pytest.fixture
def crowded() -> Iterator[Opener]:
    """A memory in which so many wait that one more sends the oldest away."""
    first = PamphletLibrary.in_memory(EMBEDDER, clock=Clock())
    most = ROOM
    first.learn(
        [replace(GUARDS[0], content=f"Read {table(number)} once.") for number in range(most)], task(0)
    )

    def opened(clock: Clock) -> Opened:
        database = Database.in_memory(*MEMORY_TABLES)
        first.copy_to(database)
        return over(database, clock)

    yield opened
    first.close()


def run(opened: Opener, *, examples: int, steps: int, shrinks: bool = True) -> None:
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrinks else [])]
    run_state_machine_as_test(
        lambda: LedgerMachine(opened),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_order_of_operations_keeps_the_ledger_sound() -> None:
    run(in_memory, examples=10, steps=20)


def test_it_does_so_in_a_file(in_files: Opener) -> None:
    run(in_files, examples=3, steps=15, shrinks=False)


def test_it_does_so_on_a_server(on_server: Opener) -> None:
    run(on_server, examples=3, steps=15, shrinks=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_any_order_of_operations_at_length() -> None:
    run(in_memory, examples=100, steps=40)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_any_order_at_length_in_a_file(in_files: Opener) -> None:
    run(in_files, examples=25, steps=30, shrinks=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_any_order_at_length_on_a_server(on_server: Opener) -> None:
    run(on_server, examples=20, steps=30, shrinks=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_any_order_where_the_oldest_expire(crowded: Opener) -> None:
    run(crowded, examples=8, steps=25, shrinks=False)
