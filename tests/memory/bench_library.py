"""How long writes and recalls take, beside plain Chroma and beside mem0's storage on the same items.

Run: python -m pytest -q --benchmark-only tests/memory/bench_library.py (with mem0ai installed for its part;
`-m ''` adds the runs over 100,000 items, whose filling takes minutes).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from core.database import open_database
from memory.items import Audience, RecallQuery
from memory.library import PamphletLibrary
from tests.memory.crowd import DIMENSIONS, RandomEmbedder, crowded, lesson, question, scope_of

TOP = 8
SCOPES = 100
QUESTIONS = 200
SIZES = [
    pytest.param((10_000, 100), id="10k-in-100-scopes"),
    pytest.param((10_000, 1), id="10k-in-1-scope"),
    pytest.param((100_000, 100), id="100k-in-100-scopes", marks=pytest.mark.slow),
]
Search = Callable[[int], object]


@dataclass(frozen=True)
class Filled:
    """The same items in one of the stores: `search` asks question n within the scope of n."""

    search: Search
    write: Search


@pytest.fixture(scope="module", params=SIZES)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(scope="module")
def ours(size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    items, scopes = size
    library = PamphletLibrary(
        crowded(tmp_path_factory.mktemp("ours") / "memory.sqlite3", items, scopes),
        RandomEmbedder(),
        owns_database=True,
    )
    editor = library.editor("program:bench")
    fresh = count(items)

    def search(number: int) -> object:
        scope = scope_of(number, scopes)
        asked = question(number)
        query = RecallQuery(text=asked, scope=scope, audience=Audience.STUDENT, limit=TOP, floor=-1.0)
        hits = library.recall(query).hits
        assert len(hits) == TOP
        return hits

    for number in range(QUESTIONS):  # the questions' vectors and every scope: what is timed is warm
        search(number)
    yield Filled(search, lambda number: editor.add(lesson(next(fresh), scope_of(number, scopes))))
    library.close()


@pytest.fixture(scope="module")
def chroma(size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """One Chroma collection, searched with a `where` filter on the scope."""
    import chromadb
    from chromadb.config import Settings

    items, scopes = size
    embedder, folder = RandomEmbedder(), tmp_path_factory.mktemp("chroma")
    client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        "crowd", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )

    def put(numbers: range) -> None:
        drafts = [lesson(number, scope_of(number, scopes)) for number in numbers]
        collection.upsert(
            ids=[f"it_{number}" for number in numbers],
            embeddings=embedder.embed([draft.content for draft in drafts]),
            documents=[draft.content for draft in drafts],
            metadatas=[{"scope": draft.scope} for draft in drafts],
        )

    for start in range(0, items, 2500):
        put(range(start, min(start + 2500, items)))
    vectors = embedder.embed([question(number) for number in range(QUESTIONS)])

    def search(number: int) -> object:
        found = collection.query(
            query_embeddings=vectors[number][np.newaxis],
            n_results=TOP,
            where={"scope": scope_of(number, scopes)},
        )
        assert len(found["ids"][0]) == TOP
        return found

    fresh = count(items)
    yield Filled(search, lambda number: put(range(at := next(fresh), at + 1)))
    client.close()


@pytest.fixture(scope="module")
def mem0(size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """What mem0 2 does when it stores and searches, less its model calls: local Qdrant and history."""
    folder = tmp_path_factory.mktemp("mem0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEM0_TELEMETRY", "False")
        patch.setenv("MEM0_DIR", str(folder))
        pytest.importorskip("mem0", reason="pip install mem0ai to measure it beside ours")
        from mem0.memory.storage import SQLiteManager  # type: ignore[import-not-found]
        from mem0.vector_stores.qdrant import Qdrant  # type: ignore[import-not-found]
    items, scopes = size
    embedder = RandomEmbedder()
    store = Qdrant("crowd", DIMENSIONS, path=str(folder / "qdrant"), on_disk=True)
    history = SQLiteManager(str(folder / "history.db"))

    def put(numbers: range, *, remember: bool = True) -> None:
        drafts = [lesson(number, scope_of(number, scopes)) for number in numbers]
        ids = [str(uuid.uuid4()) for _ in drafts]
        store.insert(
            vectors=embedder.embed([draft.content for draft in drafts]).tolist(),
            ids=ids,
            payloads=[{"data": draft.content, "user_id": draft.scope} for draft in drafts],
        )
        if remember:
            for identity, draft in zip(ids, drafts, strict=True):
                history.add_history(identity, None, draft.content, "ADD")

    for start in range(0, items, 2500):
        put(range(start, min(start + 2500, items)), remember=False)
    vectors = embedder.embed([question(number) for number in range(QUESTIONS)]).tolist()

    def search(number: int) -> object:
        found = store.search(
            question(number), vectors[number], top_k=TOP, filters={"user_id": scope_of(number, scopes)}
        )
        assert len(found) == TOP
        return found

    fresh = count(items)
    return Filled(search, lambda number: put(range(at := next(fresh), at + 1)))


@pytest.mark.parametrize("store", ["ours", "chroma", "mem0"])
def test_recall(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest, size: tuple[int, int], store: str
) -> None:
    filled: Filled = request.getfixturevalue(store)
    benchmark.group = f"recall {size}"
    numbers = iter(n % QUESTIONS for n in count())
    benchmark.pedantic(filled.search, setup=lambda: ((next(numbers),), {}), rounds=QUESTIONS)
    _tell_tail(benchmark)


@pytest.mark.parametrize("store", ["ours", "chroma", "mem0"])
def test_write(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest, size: tuple[int, int], store: str
) -> None:
    filled: Filled = request.getfixturevalue(store)
    benchmark.group = f"write {size}"
    numbers = count()
    benchmark.pedantic(filled.write, setup=lambda: ((next(numbers),), {}), rounds=QUESTIONS)
    _tell_tail(benchmark)


def test_a_write_is_recalled_by_another_process_at_once(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """From the commit of one library to the hit of another over the same file; the lesson's own words ask."""
    crowded(tmp_path / "memory.sqlite3", 1000, 1).close()
    url = f"sqlite:///{tmp_path / 'memory.sqlite3'}"
    with open_database(url) as one, open_database(url) as two:
        editor = PamphletLibrary(one, RandomEmbedder()).editor("program:bench")
        reader = PamphletLibrary(two, RandomEmbedder())
        fresh = count(5000)

        def write() -> tuple[tuple[str, str], dict[str, object]]:
            item = editor.add(lesson(next(fresh), scope_of(0, 1)))
            return (item.id, item.content), {}

        def recall(item_id: str, content: str) -> None:
            query = RecallQuery(text=content, scope=scope_of(0, 1), audience=Audience.STUDENT, floor=-1.0)
            assert item_id in {hit.item.id for hit in reader.recall(query).hits}

        write_and_recall = benchmark.pedantic
        write_and_recall(recall, setup=write, rounds=60)
        _tell_tail(benchmark)


def _tell_tail(benchmark: BenchmarkFixture) -> None:
    """p50 and p95 in milliseconds, beside what pytest-benchmark shows."""
    data = sorted(benchmark.stats.stats.data) if benchmark.stats else []
    if data:
        benchmark.extra_info["p50_ms"] = round(1e3 * data[len(data) // 2], 3)
        benchmark.extra_info["p95_ms"] = round(1e3 * data[int(len(data) * 0.95)], 3)
