"""One of many writers: counts items of a scope up, each step from what it read.

    python -m tests.memory.worker_counter URL NAME STEPS ITEM...

A step that another writer was before is told so and begins anew. One JSON line says how it went.
"""

from __future__ import annotations

import json
import random
import sys
import time

from core.database import Database
from core.errors import StorageError
from memory.embedding.lexical import LexicalEmbedder
from memory.items import ItemId
from memory.ledger.editor import Editor, ItemEdit
from memory.ledger.writing import Conflict
from memory.library import PamphletLibrary

COUNTED = "counted up to "


def count_of(boundary: str) -> int:
    return int(boundary.removeprefix(COUNTED))


def main(url: str, name: str, steps: int, items: list[ItemId]) -> None:
    library = PamphletLibrary(Database(url), LexicalEmbedder(64), owns_database=True)
    editor, chance = library.editor(f"person:{name}"), random.Random(name)
    waits: list[float] = []
    conflicts = starved = 0
    for step in range(steps):
        item = chance.choice(items)
        done = False
        while not done:
            begun = time.perf_counter()
            try:
                _count_up(library, editor, item, f"{name} {step}")
                done = True
            except Conflict:
                conflicts += 1
            except StorageError:
                starved += 1
            waits.append(time.perf_counter() - begun)
    library.close()
    waits.sort()
    told = {
        "steps": steps,
        "conflicts": conflicts,
        "starved": starved,
        "median_s": waits[len(waits) // 2],
        "longest_s": waits[-1],
    }
    sys.stdout.write(json.dumps(told) + "\n")


def _count_up(library: PamphletLibrary, editor: Editor, item_id: ItemId, key: str) -> None:
    item = library.get(item_id)
    further = ItemEdit(boundary=f"{COUNTED}{count_of(item.boundary) + 1}")
    editor.edit(item_id, further, expected=item.version, key=key)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), [ItemId(each) for each in sys.argv[4:]])
