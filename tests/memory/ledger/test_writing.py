"""A write is whole or it is nothing, at whatever line its process dies."""

from __future__ import annotations

import sys

import pytest

from core.database import Database
from tests.memory.ledger.processes import in_a_file, on_disk, run, url_of

WRITING = ("memory/ledger/writing.py",)
ALL = (
    *WRITING,
    "memory/ledger/learning.py",
    "memory/ledger/editor.py",
    "memory/ledger/archive.py",
    "memory/sql/rows.py",
    "memory/sql/keywords.py",
    "core/database/engine.py",
    "memory/library.py",
)


def die_at_lines(
    database: Database, write: str, *, first: int, step: int, modules: tuple[str, ...], timeout: float
) -> list[dict[str, object]]:
    """Every death was followed by nothing or by the whole, and by the whole once more was told."""
    database.close()  # whoever closes a file last writes its log into it: the program, which copies it
    lives = run("worker_lines", url_of(database), write, first, step, *modules, timeout=timeout)
    deaths = [life for life in lives if life["died"]]
    whole = sum(bool(life["whole"]) for life in deaths)
    sys.stdout.write(f"{write}: died at {len(deaths)} lines, {whole} times after the commit\n")
    for life in lives:
        assert life["nothing"] != life["whole"], life
        assert life["again"], life
    assert lives[-1]["whole"]
    return deaths


@in_a_file
@pytest.mark.parametrize("write", ["learn", "edit"])
def test_a_write_that_dies_at_a_line_is_whole_or_nothing(database: Database, write: str) -> None:
    assert len(die_at_lines(database, write, first=3, step=47, modules=WRITING, timeout=50)) > 2


@pytest.mark.slow
@pytest.mark.timeout(600)
@on_disk
@pytest.mark.parametrize("write", [pytest.param("learn", marks=pytest.mark.long), "edit", "rollback"])
def test_a_write_that_dies_at_any_line_is_whole_or_nothing(database: Database, write: str) -> None:
    deaths = die_at_lines(database, write, first=1, step=1, modules=WRITING, timeout=550)
    assert len(deaths) > 60


@pytest.mark.slow
@pytest.mark.timeout(600)
@on_disk
@pytest.mark.parametrize("write", ["learn", "edit", "rollback"])
def test_it_is_so_in_all_the_code_around_it_and_after_the_commit_too(database: Database, write: str) -> None:
    deaths = die_at_lines(database, write, first=1, step=3, modules=ALL, timeout=550)
    assert any(life["whole"] for life in deaths)
    assert any(life["nothing"] for life in deaths)
