"""Many processes write one scope: nothing is lost, nothing is done twice, and none of them starves."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from core.database import Database
from memory.items import ItemId
from memory.library import PamphletLibrary
from memory.sql.tables import MEMORY_TABLES
from tests.memory.ledger.processes import ROOT, command, in_a_file, on_disk, run_all, url_of
from tests.memory.ledger.soundness import check
from tests.memory.samples import HOSTS, task
from tests.memory.worker_counter import COUNTED, count_of
from tests.memory.worker_crash import draft, table
from tests.memory.worker_learner import own

PROCESSES = 8


def counters(library: PamphletLibrary, count: int) -> list[ItemId]:
    editor = library.editor("person:ann")
    drafts = [
        replace(HOSTS, content=f"Count the rows of {table(n)}.", boundary=f"{COUNTED}0") for n in range(count)
    ]
    return [editor.add(each).id for each in drafts]


def count_together(
    library: PamphletLibrary, database: Database, steps: int, *, items: int, timeout: float
) -> float:
    """Every process counts up `steps` times; returns the longest that one write took, in seconds."""
    ids = counters(library, items)
    before = library.archive.events()
    begun = time.perf_counter()
    told = run_all(
        [command("worker_counter", url_of(database), f"p{n}", steps, *ids) for n in range(PROCESSES)],
        timeout=timeout,
    )
    seconds = time.perf_counter() - begun
    lines = [line for lines in told for line in lines]
    written, longest = PROCESSES * steps, max(line["longest_s"] for line in lines)
    conflicts = sum(line["conflicts"] for line in lines)
    sys.stdout.write(
        f"{written} writes by {PROCESSES} processes in {seconds:.1f} s with their start "
        f"({written / seconds:.0f}/s), {conflicts} conflicts, longest {longest * 1000:.0f} ms, "
        f"medians {[round(line['median_s'] * 1000, 1) for line in lines]} ms\n"
    )
    assert [line["starved"] for line in lines] == [0] * PROCESSES
    assert sum(count_of(library.get(item).boundary) for item in ids) == written
    assert sum(library.get(item).version - 1 for item in ids) == written
    events = library.archive.events(after=before[-1].seq)
    assert len(events) == written
    assert len({event.author.key for event in events}) == written
    seqs = [event.seq for event in events]
    assert seqs == sorted(set(seqs))
    check(database)
    return float(longest)


@in_a_file
def test_no_step_of_eight_processes_is_lost(library: PamphletLibrary, database: Database) -> None:
    count_together(library, database, 12, items=4, timeout=55)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@on_disk
@pytest.mark.parametrize("items", [1, 16])
def test_ten_thousand_writes_of_eight_processes(
    library: PamphletLibrary, database: Database, items: int
) -> None:
    longest = count_together(library, database, 1250, items=items, timeout=1190)
    assert longest < 10.0  # of the fifteen seconds after which a writer gives up


@on_disk
def test_processes_that_learn_the_same_make_one_set_of_items(
    library: PamphletLibrary, database: Database
) -> None:
    tasks, runs = 6, range(3)
    run_all([command("worker_learner", url_of(database), run, tasks) for run in runs], timeout=55)
    shared = {draft(number, part).content for number in range(tasks) for part in ("Read", "Sort")}
    alone = {own(run, number).content: f"run {run}" for number in range(tasks) for run in runs}
    items = {item.content: item for item in library.items()}
    assert items.keys() == shared | alone.keys()
    for content, item in items.items():
        told = {each.run_id for each in library.evidence(item.id)}
        assert told == ({alone[content]} if content in alone else {f"run {run}" for run in runs})
        assert item.support == 1  # the same task of three runs
    check(database)


@on_disk
def test_an_audit_or_a_copy_while_others_write_is_of_one_moment(
    library: PamphletLibrary, database: Database
) -> None:
    library.learn([HOSTS], task(1))
    looked = 0
    with subprocess.Popen(command("worker_learner", url_of(database), 0, 25), cwd=ROOT) as writer:
        while writer.poll() is None:
            report = library.archive.audit()
            assert report.intact, report.faults
            with Database.in_memory(*MEMORY_TABLES) as target:
                library.copy_to(target)
                check(target)
            looked += 1
    assert writer.returncode == 0
    assert looked > 2
