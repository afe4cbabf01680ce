"""How long recall, learning and a fresh memory take. Run: python -m pytest tests/memory/bench_recall.py"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from core.database import open_database
from core.embedder import Embedder
from memory.embedding.lexical import LexicalEmbedder
from memory.embedding.packaged_minilm import PackagedMiniLm
from memory.index.chroma import ChromaIndex
from memory.index.keeper import IndexKeeper
from memory.items import ItemDraft
from memory.library import PamphletLibrary
from tests.memory.samples import DRAFTS, HOSTS, ask, task

SIZE = 300
QUESTION = (
    "An account signed in from several addresses within minutes, and then a mailbox rule appeared. "
    "Which IP address did the account use for the sign-in that raised the alert?"
)


def lessons(count: int) -> list[ItemDraft]:
    chance = random.Random(7)
    vocabulary = sorted({word for draft in DRAFTS for word in draft.content.split()})
    names = [f"Q{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(count)]
    return [
        replace(HOSTS, content=f"Rule {name} " + " ".join(chance.choices(vocabulary, k=16)), cue="")
        for name in names
    ]


@pytest.fixture(params=[LexicalEmbedder, PackagedMiniLm])
def full(request: pytest.FixtureRequest) -> Iterator[PamphletLibrary]:
    embedder: Embedder = request.param()
    library = PamphletLibrary.in_memory(embedder)
    library.learn(lessons(SIZE), task(1))
    library.learn(lessons(SIZE), task(2))
    yield library
    library.close()


def test_recall_of_twelve_among_three_hundred(benchmark: BenchmarkFixture, full: PamphletLibrary) -> None:
    query = ask(QUESTION, floor=0.0, token_budget=100_000)
    assert len(benchmark(full.recall, query).hits) == 12


def test_recall_after_learning(benchmark: BenchmarkFixture, full: PamphletLibrary) -> None:
    query = ask(QUESTION, floor=0.0, token_budget=100_000)
    numbers = iter(range(3, 10_000))

    def learn() -> None:
        full.learn(lessons(4), task(next(numbers)))

    benchmark.pedantic(full.recall, args=(query,), setup=learn, rounds=50)


def test_recall_with_chroma(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'atlas.db'}")
    folder, embedder = tmp_path / "index", LexicalEmbedder()
    keeper = IndexKeeper(database, embedder, lambda name: ChromaIndex.in_folder(folder, name))
    library = PamphletLibrary(database, embedder, keeper, owns_database=True)
    library.learn(lessons(SIZE), task(1))
    library.learn(lessons(SIZE), task(2))
    keeper.drain()
    query = ask(QUESTION, floor=0.0, token_budget=100_000)
    assert len(benchmark(library.recall, query).hits) == 12
    library.close()


def test_learning_four_lessons_in_a_file(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'atlas.db'}")
    library = PamphletLibrary(database, LexicalEmbedder(), owns_database=True)
    numbers = iter(range(10_000))
    benchmark(lambda: library.learn(DRAFTS, task(next(numbers))))
    library.close()


def test_a_fresh_memory(benchmark: BenchmarkFixture) -> None:
    benchmark(lambda: PamphletLibrary.in_memory(LexicalEmbedder()).close())


def test_a_frozen_copy_of_three_hundred(benchmark: BenchmarkFixture, full: PamphletLibrary) -> None:
    benchmark(lambda: full.frozen_copy().close())


def test_one_question_embedded(benchmark: BenchmarkFixture) -> None:
    embedder = PackagedMiniLm()
    embedder.load()
    benchmark(embedder.embed, [QUESTION])
