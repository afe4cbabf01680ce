from __future__ import annotations

import re
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import StorageError
from memory.index import chroma
from memory.index.chroma import ChromaIndex
from memory.index.seam import IndexMark
from memory.items import ItemId
from tests.memory.index.filled import SMALL, STUDENT, TEACHER, entry, held, vector

MARK = IndexMark(embedder_id=SMALL.id)
ROOT = Path(chroma.__file__).parents[2]


def made(folder: Path, generation: str = "one") -> ChromaIndex:
    index = ChromaIndex.in_folder(folder, generation)
    index.create(MARK)
    index.upsert(STUDENT, [entry("sign in")])
    return index


def python(program: str) -> str:
    """What a program of its own process prints."""
    lines = [
        "from pathlib import Path",
        "from memory.index.chroma import ChromaIndex",
        "from tests.memory.index.filled import STUDENT, entry, held, vector",
        program,
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_looking_whether_it_is_there_makes_no_folder(tmp_path: Path) -> None:
    index = ChromaIndex.in_folder(tmp_path / "index", "one")
    assert (index.unavailable(), index.mark()) == (None, None)
    with pytest.raises(StorageError, match="is missing"):
        index.query(STUDENT, vector("sign in"), 1)
    index.close()
    assert not (tmp_path / "index").exists()


def test_another_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    index = made(tmp_path)
    other = f"index = ChromaIndex.in_folder(Path({str(tmp_path)!r}), 'one'); print(index.unavailable())"
    assert re.search(r"in use by process \d+", python(other))
    index.close()
    assert python(other) == "None"


def test_a_folder_that_another_process_holds_cannot_be_used_or_dropped(tmp_path: Path) -> None:
    held_one, second = made(tmp_path), ChromaIndex.in_folder(tmp_path, "one")
    with pytest.raises(StorageError, match="in use by"):
        second.query(STUDENT, vector("sign in"), 1)
    with pytest.raises(StorageError, match="in use by"):
        second.drop()
    assert held(held_one) == {STUDENT: {"sign in": 1}}
    held_one.close()
    assert held(second) == {STUDENT: {"sign in": 1}}
    second.close()


def test_what_a_killed_process_wrote_is_there(tmp_path: Path) -> None:
    program = f"""
import os
from tests.memory.index.test_chroma import made
made(Path({str(tmp_path)!r}))
os._exit(0)
"""
    python(program)
    index = ChromaIndex.in_folder(tmp_path, "one")
    assert index.unavailable() is None
    assert held(index) == {STUDENT: {"sign in": 1}}
    index.close()


@pytest.mark.parametrize("damage", ["garbage", "cut"])
def test_a_damaged_folder_is_one_error_and_can_be_dropped_unopened(tmp_path: Path, damage: str) -> None:
    made(tmp_path).close()
    file = tmp_path / "one" / "chroma.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(b"no database" * 5000 if damage == "garbage" else whole[: len(whole) // 2])
    index = ChromaIndex.in_folder(tmp_path, "one")
    with pytest.raises(StorageError, match=r"\Athe Chroma index in .*\Z"):
        index.mark()
    index.drop()
    assert not (tmp_path / "one").exists()
    again = made(tmp_path)
    assert again.query(STUDENT, vector("sign in"), 1) == (("sign in", 1),)
    again.close()


def test_a_folder_that_lost_its_collections_is_missing_not_empty(tmp_path: Path) -> None:
    made(tmp_path).close()
    (tmp_path / "one" / "chroma.sqlite3").write_bytes(b"")
    index = ChromaIndex.in_folder(tmp_path, "one")
    assert index.mark() is None
    index.close()


def test_a_folder_that_was_damaged_for_a_while_opens_again(tmp_path: Path) -> None:
    made(tmp_path).close()
    file = tmp_path / "one" / "chroma.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(b"no database" * 5000)
    for _ in range(2):
        index = ChromaIndex.in_folder(tmp_path, "one")
        with pytest.raises(StorageError, match="Chroma index"):
            index.mark()
        index.close()
        file.write_bytes(whole)
        index = ChromaIndex.in_folder(tmp_path, "one")
        assert held(index) == {STUDENT: {"sign in": 1}}
        index.close()
        file.write_bytes(b"no database" * 5000)


def test_other_generations_go_but_those_in_use_and_those_that_are_none(tmp_path: Path) -> None:
    made(tmp_path, "old").close()
    in_use, new = made(tmp_path, "in-use"), made(tmp_path, "new")
    (tmp_path / "notes").mkdir()
    new.drop_others()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in-use", "new", "notes"]
    in_use.close()
    new.close()


def test_a_vector_of_another_length_is_refused(tmp_path: Path) -> None:
    index = made(tmp_path)
    with pytest.raises(StorageError, match="dimension"):
        index.query(STUDENT, np.ones(7, dtype=np.float32), 1)
    index.close()


def test_items_that_are_much_alike_are_found_by_their_own_vectors(tmp_path: Path) -> None:
    """With Chroma's own settings one to four in a hundred of these are overlooked."""
    chance = np.random.default_rng(0)
    vectors = np.repeat(chance.normal(size=(40, 64)), 50, axis=0) + 0.05 * chance.normal(size=(2000, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    entries = [replace(entry("one"), item_id=ItemId(str(at)), vector=vectors[at]) for at in range(2000)]
    index = made(tmp_path)
    for start in range(0, len(entries), 40):
        index.upsert(TEACHER, entries[start : start + 40])
    found = [index.query(TEACHER, one.vector, 1)[0][0] for one in entries[::4]]
    overlooked = sum(one.item_id != name for one, name in zip(entries[::4], found, strict=True))
    assert overlooked <= 1
    index.close()


def test_two_generations_may_be_open_at_once(tmp_path: Path) -> None:
    old, new = made(tmp_path, "old"), made(tmp_path, "new")
    new.upsert(STUDENT, [entry("sign out")])
    assert held(old) == {STUDENT: {"sign in": 1}}
    old.drop()
    assert new.query(STUDENT, vector("sign out"), 1) == (("sign out", 1),)
    new.close()


def test_a_server_shows_one_process_what_another_writes(chroma_port: int) -> None:
    library = uuid.uuid4().hex
    mine = ChromaIndex.on_server("127.0.0.1", chroma_port, library, "one")
    mine.create(MARK)
    mine.upsert(STUDENT, [entry("sign in")])
    assert mine.query(STUDENT, vector("sign out"), 2) == (("sign in", 1),)
    place = f"'127.0.0.1', {chroma_port}, {library!r}, 'one'"
    write = (
        f"index = ChromaIndex.on_server({place}); index.upsert(STUDENT, [entry('sign out')]); index.close()"
    )
    python(write)
    assert mine.query(STUDENT, vector("sign out"), 1) == (("sign out", 1),)
    mine.close()


def test_memories_on_one_server_are_apart(chroma_port: int) -> None:
    indexes = [ChromaIndex.on_server("127.0.0.1", chroma_port, uuid.uuid4().hex, "one") for _ in range(2)]
    for index, text in zip(indexes, ("sign in", "sign out"), strict=True):
        index.create(MARK)
        index.upsert(STUDENT, [entry(text)])
    indexes[0].drop_others()
    indexes[0].drop()
    assert held(indexes[1]) == {STUDENT: {"sign out": 1}}
    indexes[1].close()


def test_a_generation_that_another_process_dropped_is_an_error_not_empty(chroma_port: int) -> None:
    library = uuid.uuid4().hex
    index, other = (ChromaIndex.on_server("127.0.0.1", chroma_port, library, "one") for _ in range(2))
    index.create(MARK)
    other.upsert(STUDENT, [entry("sign in")])
    other.drop()
    with pytest.raises(StorageError, match="not there any more"):
        index.query(STUDENT, vector("sign in"), 1)
    index.close()


def test_a_server_that_is_not_there_is_one_error() -> None:
    index = ChromaIndex.on_server("127.0.0.1", 9, "library", "one")
    with pytest.raises(StorageError, match=r"Chroma index at 127\.0\.0\.1:9"):
        index.mark()
    index.close()


def test_only_one_file_imports_chromadb_and_only_when_it_is_used() -> None:
    packages = ("core", "memory", "atlas", "benchmarks", "ideation", "adaptation", "app")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    pattern = re.compile(r"^\s*(import|from) chromadb", re.M)
    assert [path.name for path in files if pattern.search(path.read_text())] == ["chroma.py"]
    assert python("import sys; print('chromadb' in sys.modules)") == "False"
