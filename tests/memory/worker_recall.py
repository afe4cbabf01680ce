"""A reader that waits for items to appear: asks again and again until each is recalled.

    python -m tests.memory.worker_recall URL ITEMS

Writes one JSON line for each item as soon as it is a hit, with the moment, and one before the first.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.items import ItemDraft
from memory.library import PamphletLibrary
from tests.memory.samples import HOSTS, ask
from tests.memory.worker_crash import table

EMBEDDER = LexicalEmbedder(64)


def wanted(number: int) -> ItemDraft:
    """The lesson that the reader waits for."""
    words = f"Read {table(number)} for what everybody waits for."
    return replace(HOSTS, content=words, cue=f"marker {table(number)}")


def tell(**said: object) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main(url: str, items: int) -> None:
    library = PamphletLibrary(Database(url), EMBEDDER, owns_database=True)
    for number in range(items):
        query = ask("What does everybody wait for?", f"marker {table(number)}")
        asked = 0
        while not any(hit.item.content == wanted(number).content for hit in library.recall(query).hits):
            asked += 1
            if asked == 1:
                tell(waiting_for=number)
        tell(found=number, at=time.monotonic(), asked=asked)
    library.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
