"""What one process writes, another recalls at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median

import pytest

from core.database import Database
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES
from tests.memory.ledger.processes import ROOT, command, on_disk, url_of
from tests.memory.samples import HOSTS
from tests.memory.worker_crash import draft
from tests.memory.worker_recall import EMBEDDER, wanted

PROMISED_S, AT_WORST_S = 0.1, 1.0
"""A tenth of a second by the middle one; the worst may meet a machine that does much else."""


def fill(database: Database, items: int) -> PamphletLibrary:
    """A scope of so many items, written where no disk waits."""
    crowd = PamphletLibrary(Database.in_memory(*MEMORY_TABLES), EMBEDDER, owns_database=True)
    editor = crowd.editor("person:ann")
    for number in range(items):
        editor.add(replace(draft(number, "Count"), kind=HOSTS.kind))
    library = crowd.copy_to(database)
    crowd.close()
    return library


def delays(library: PamphletLibrary, database: Database, items: int) -> list[float]:
    """Seconds from the writer's commit to the reader's hit, for each item."""
    editor, found = library.editor("person:ann"), []
    with subprocess.Popen(
        command("worker_recall", url_of(database), items), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        try:
            for number in range(items):
                assert json.loads(reader.stdout.readline()) == {"waiting_for": number}
                time.sleep(0.003 * (number % 5))
                editor.add(wanted(number))
                committed = time.monotonic()
                said = json.loads(reader.stdout.readline())
                assert said["found"] == number
                found.append(max(0.0, said["at"] - committed))
        finally:
            reader.kill()
    return found


@on_disk
@pytest.mark.parametrize(
    ("items", "more"), [(200, 15), pytest.param(1000, 50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_a_write_is_recalled_in_another_process_at_once(database: Database, items: int, more: int) -> None:
    library = fill(database, items)
    found = delays(library, database, more)
    middle, worst = median(found), max(found)
    sys.stdout.write(f"{more} among {items}: median {middle * 1000:.1f} ms, worst {worst * 1000:.1f} ms\n")
    assert len(library.items()) == items + more
    assert min(found) < PROMISED_S
    assert worst < AT_WORST_S
    if items >= 1000:  # with enough of them to have a middle
        assert middle < PROMISED_S
