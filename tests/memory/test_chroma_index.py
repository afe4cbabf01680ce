from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.database import Database, open_database
from core.errors import StorageError
from memory import index_keeper
from memory.chroma_index import ChromaIndex
from memory.items import ItemDraft
from memory.lexical_embedder import LexicalEmbedder
from memory.library import PamphletLibrary
from memory.vector_index import IndexEntry, IndexMark
from tests.memory.samples import DRAFTS, HOSTS, ask, task
from tests.memory.test_library import retire

MARK = IndexMark(library_id="one", embedder_id="lexical", change=3)
QUERY = ask("From which IP address did the account sign in?", "answer_type:ip")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[ChromaIndex]:
    index = ChromaIndex.in_folder(folder)
    yield index
    index.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{tmp_path / 'atlas.db'}") as database:
        yield database


def entries(texts: list[str]) -> list[IndexEntry]:
    vectors = LexicalEmbedder(64).embed(texts)
    return [
        IndexEntry(item_id=text, version=1, vector=vector)
        for text, vector in zip(texts, vectors, strict=True)
    ]


def many(count: int) -> list[ItemDraft]:
    names = [f"{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(count)]
    return [replace(HOSTS, content=f"Host rule {name}: labels of {name} come first") for name in names]


def test_a_new_index_has_no_mark_and_finds_nothing(index: ChromaIndex) -> None:
    assert index.mark() is None
    assert index.query(np.ones(64, dtype=np.float32), 3) == ()


def test_what_is_written_is_found_nearest_first_and_survives(folder: Path, index: ChromaIndex) -> None:
    index.write(entries(["sign in", "sign out", "egg whites"]), [], MARK)
    asked = LexicalEmbedder(64).embed(["sign in now"])[0]
    assert index.query(asked, 2) == (("sign in", 1), ("sign out", 1))
    index.close()
    again = ChromaIndex.in_folder(folder)
    assert again.mark() == MARK
    assert again.query(asked, 1) == (("sign in", 1),)
    again.close()


def test_writing_again_replaces_and_removes(index: ChromaIndex) -> None:
    index.write(entries(["sign in", "sign out"]), [], MARK)
    (newer,) = entries(["sign in"])
    index.write([replace(newer, version=2)], ["sign out", "never there"], replace(MARK, change=4))
    assert index.query(newer.vector, 5) == (("sign in", 2),)
    assert (index.count(), index.mark()) == (1, replace(MARK, change=4))


def test_a_folder_belongs_to_one_at_a_time(folder: Path, index: ChromaIndex) -> None:
    index.mark()
    second = ChromaIndex.in_folder(folder)
    with pytest.raises(StorageError, match="in use by another process"):
        second.mark()
    index.close()
    assert second.mark() is None
    second.close()


def test_a_damaged_folder_is_one_error_and_clearing_mends_it(folder: Path, index: ChromaIndex) -> None:
    index.write(entries(["sign in"]), [], MARK)
    index.close()
    (folder / "data" / "chroma.sqlite3").write_bytes(b"no database" * 500)
    with pytest.raises(StorageError, match="Chroma index"):
        index.mark()
    index.clear()
    assert index.mark() is None
    index.write(entries(["sign in"]), [], MARK)
    assert index.count() == 1


def test_a_library_finds_the_same_with_and_without_its_index(
    database: Database, index: ChromaIndex, folder: Path
) -> None:
    with_index = PamphletLibrary(database, LexicalEmbedder(), index)
    with_index.learn([*DRAFTS, *many(80)], task(1))
    found = with_index.recall(QUERY)
    assert not found.degraded
    assert index.count() == len(with_index.items())
    assert found.hits[0] == PamphletLibrary(database, LexicalEmbedder()).recall(QUERY).hits[0]


def test_few_new_items_wait_and_are_found_all_the_same(database: Database, index: ChromaIndex) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), index)
    library.learn(many(70), task(1))
    library.recall(QUERY)
    written = index.count()
    library.learn(DRAFTS, task(2))
    assert library.recall(QUERY).hits[0].item.content == DRAFTS[0].content
    assert index.count() == written < len(library.items())
    assert len(DRAFTS) < index_keeper.BATCH
    library.close()
    assert index.count() == len(library.items())


def test_what_was_retired_is_never_found_and_leaves_the_index(database: Database, index: ChromaIndex) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), index)
    first = library.learn(DRAFTS, task(1)).added[0]
    assert library.recall(QUERY).hits[0].item.id == first
    retire(database, first)
    assert first not in {hit.item.id for hit in library.recall(QUERY).hits}
    library.close()
    assert index.count() == len(DRAFTS) - 1


def test_credit_is_no_reason_to_write_a_vector_again(database: Database, index: ChromaIndex) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), index)
    items = library.learn(many(70), task(1)).added
    library.recall(QUERY)
    mark = index.mark()
    library.credit("run", "task-9", items, 1.0)
    library.recall(QUERY)
    assert index.mark() == mark


def test_a_broken_index_degrades_and_a_rebuild_mends_it(
    database: Database, index: ChromaIndex, folder: Path
) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), index)
    library.learn(DRAFTS, task(1))
    whole = library.recall(QUERY)
    library.close()
    (folder / "data" / "chroma.sqlite3").write_bytes(b"no database" * 500)
    library = PamphletLibrary(database, LexicalEmbedder(), ChromaIndex.in_folder(folder))
    broken = library.recall(QUERY)
    assert broken.degraded
    assert broken.hits == whole.hits
    assert "index is broken" in str(library.degraded)
    assert library.rebuild_index() == len(DRAFTS)
    assert library.recall(QUERY) == whole
    library.close()


@pytest.mark.parametrize("loss", ["wiped", "other memory", "other embedder"])
def test_an_index_that_is_not_this_memorys_is_written_anew(
    database: Database, folder: Path, tmp_path: Path, loss: str
) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), ChromaIndex.in_folder(folder))
    library.learn(DRAFTS, task(1))
    library.recall(QUERY)
    library.close()
    embedder = LexicalEmbedder(64) if loss == "other embedder" else LexicalEmbedder()
    if loss == "wiped":
        shutil.rmtree(folder)
    if loss == "other memory":
        library = library.copy_to(open_database(f"sqlite:///{tmp_path / 'copy.db'}"), owns_database=True)
        library.learn(many(3), task(2))
        library.close()
        other = open_database(f"sqlite:///{tmp_path / 'copy.db'}")
    else:
        other = database
    index = ChromaIndex.in_folder(folder)
    library = PamphletLibrary(other, embedder, index)
    recall = library.recall(QUERY)
    assert not recall.degraded
    assert index.count() == len(library.items())
    mark = index.mark()
    assert mark is not None
    assert mark.embedder_id == embedder.id
    library.close()
    other.close()


def test_only_one_file_imports_chromadb() -> None:
    root = Path(index_keeper.__file__).parent.parent
    packages = ("core", "memory", "atlas", "benchmarks", "ideation", "adaptation", "app")
    files = [path for package in packages for path in (root / package).rglob("*.py")]
    assert len(files) > 20
    pattern = re.compile(r"^\s*(import|from) chromadb", re.M)
    importing = [path.name for path in files if pattern.search(path.read_text())]
    assert importing == ["chroma_index.py"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """A real Chroma server on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    chroma = str(Path(sys.executable).parent / "chroma")
    command = [chroma, "run", "--path", str(tmp_path / "served"), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        for _ in range(200):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
        process.kill()


def test_a_server_holds_the_index_of_several_processes(server: int, database: Database) -> None:
    index, reader = (ChromaIndex.on_server("127.0.0.1", server) for _ in range(2))
    library = PamphletLibrary(database, LexicalEmbedder(), index)
    library.learn(DRAFTS, task(1))
    assert not library.recall(QUERY).degraded
    assert reader.mark() == index.mark()
    assert reader.count() == len(DRAFTS)
    library.close()
    reader.close()


def test_a_server_that_is_not_there_degrades(database: Database) -> None:
    library = PamphletLibrary(database, LexicalEmbedder(), ChromaIndex.on_server("127.0.0.1", 9))
    library.learn(DRAFTS, task(1))
    recall = library.recall(QUERY)
    assert recall.degraded
    assert recall.hits[0].item.content == DRAFTS[0].content
    library.close()
