"""A process that is killed while it learns leaves whole tasks and nothing of the one it was in."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from core.database import open_database
from memory.items import ItemDraft
from memory.lexical_embedder import LexicalEmbedder
from memory.library import PamphletLibrary
from tests.memory.samples import DRAFTS, task

PER_TASK = 5


def drafts_of(number: int) -> list[ItemDraft]:
    name = "".join(chr(97 + int(digit)) for digit in str(number))
    return [
        replace(DRAFTS[0], content=f"Rule {name} {chr(97 + part)} about labels") for part in range(PER_TASK)
    ]


def learn_for_ever(url: str) -> None:
    library = PamphletLibrary(open_database(url), LexicalEmbedder())
    number = 0
    while True:
        library.learn(drafts_of(number), task(number))
        library.credit("run", f"task-{number}-later", [item.id for item in library.items()][-3:], 1.0)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'atlas.db'}"
    program = f"from tests.memory.test_crash import learn_for_ever; learn_for_ever({url!r})"
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(12)]
        process.kill()
        told += [int(line) for line in process.stdout.read().splitlines() if line]
    library = PamphletLibrary(open_database(url), LexicalEmbedder(), owns_database=True)
    kept = library.items()
    assert len(kept) % PER_TASK == 0
    assert len(kept) >= PER_TASK * len(told)
    assert all(len(library.evidence(item.id)) == item.support == 1 for item in kept)
    again = library.learn(drafts_of(told[-1]), task(told[-1]))
    assert (len(again.added), library.items()) == (PER_TASK, kept)
    library.close()


def learn_shared(url: str, run: str) -> None:
    library = PamphletLibrary(open_database(url), LexicalEmbedder())
    for number in range(10):
        library.learn(drafts_of(number), task(number, run=run))
    library.close()


def test_two_processes_that_learn_the_same_make_one_set_of_items(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'atlas.db'}"
    open_database(url).close()
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"from tests.memory.test_crash import learn_shared; learn_shared({url!r}, {run!r})",
            ],
            cwd=root,
        )
        for run in ("one", "two")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    library = PamphletLibrary(open_database(url), LexicalEmbedder(), owns_database=True)
    assert len(library.items()) == 10 * PER_TASK
    assert all(len(library.evidence(item.id)) == 2 for item in library.items())
    library.close()
