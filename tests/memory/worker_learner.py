"""One of many writers that learn: lessons that all are told, and one of its own for each task.

python -m tests.memory.worker_learner URL RUN TASKS
"""

from __future__ import annotations

import sys

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.items import ItemDraft
from memory.library import PamphletLibrary
from tests.memory.samples import task
from tests.memory.worker_crash import draft


def own(run: int, number: int) -> ItemDraft:
    return draft(1000 * (run + 1) + number)


def main(url: str, run: int, tasks: int) -> None:
    library = PamphletLibrary(Database(url), LexicalEmbedder(64), owns_database=True)
    for number in range(tasks):
        lessons = [draft(number), draft(number, "Sort"), own(run, number)]
        library.learn(lessons, task(number, run=f"run {run}"))
    library.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
