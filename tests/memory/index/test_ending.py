"""A process that ends without `close` ends by itself, and loses nothing that waits for the index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.database import Database
from memory.embedding.lexical import LexicalEmbedder
from memory.index.keeper import IndexKeeper
from tests.memory.index.filled import in_folder
from tests.memory.samples import DRAFTS

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys, threading, time
from pathlib import Path
from pydantic import SecretStr
from app.house import House
from core.database import open_database
from core.settings import Settings
from memory.embedding.lexical import LexicalEmbedder
from memory.index.chroma import ChromaIndex
from memory.index.keeper import IndexKeeper
from memory.library import PamphletLibrary
from memory.opening import open_pamphlets
from tests.memory.samples import DRAFTS, task

opening, ending, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
url, busy = f"sqlite:///{folder / 'atlas.db'}", threading.Event()

class SlowIndex(ChromaIndex):
    def upsert(self, section, entries):
        busy.set()
        time.sleep(0.5)
        super().upsert(section, entries)

if opening == "house":
    library = House(Settings(home=folder, embedder="lexical", database=SecretStr(url))).library()
elif opening == "library":
    library = open_pamphlets(url, embedder="lexical", index=folder / "chroma")
else:
    slow = lambda generation: SlowIndex.in_folder(folder / "chroma", generation)
    keeper = IndexKeeper(open_database(url), LexicalEmbedder(), slow)
    keeper.start()
    library = PamphletLibrary(keeper._database, LexicalEmbedder(), keeper)
library.learn(DRAFTS, task(1))
if opening == "keeper":
    assert busy.wait(20)
if ending == "error":
    raise RuntimeError("unforeseen")
"""


@pytest.mark.parametrize(
    ("opening", "ending"), [("house", "last line"), ("library", "error"), ("keeper", "last line")]
)
def test_what_waits_is_there_for_the_next(tmp_path: Path, opening: str, ending: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, opening, ending, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    failed = ending == "error"
    assert done.returncode == failed, done.stderr
    assert done.stderr.count("Traceback") == failed, done.stderr
    with Database(f"sqlite:///{tmp_path / 'atlas.db'}") as database:
        keeper = IndexKeeper(database, LexicalEmbedder(), in_folder(tmp_path / "chroma"))
        report = keeper.verify()
        keeper.close()
    assert report.clean, report
    assert report.live == report.indexed == len(DRAFTS)
