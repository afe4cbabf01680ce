"""A crowd of items for benchmarks and soaks: random vectors, lessons of a Zipf vocabulary, many scopes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.database import Database, open_database
from memory.history import Author, Op
from memory.items import ItemDraft, Kind, Status
from memory.ledger.editor import state_of_draft
from memory.ledger.writing import writing
from memory.recall.shelf import vector_row
from memory.sql.rows import insert_all_new
from memory.sql.tables import EmbeddingRow

DIMENSIONS = 384
WORDS = [
    f"{one}{two}{three}" for one in "bdfgklmnprst" for two in "aeiou" for three in ("n", "r", "st", "lo")
]


class RandomEmbedder:
    """Unit vectors that a text's hash decides: as costly to search as any, and nothing to compute."""

    id = "random-v1"
    dimensions = DIMENSIONS

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.stack([_random_vector(text) for text in texts])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _random_vector(text: str) -> NDArray[np.float32]:
    chance = np.random.default_rng(abs(hash(text)) % 2**32)
    return chance.standard_normal(DIMENSIONS, dtype=np.float32)


def lesson(number: int, scope: str) -> ItemDraft:
    """The lesson of a number: some twenty words, the common ones often."""
    chance = random.Random(number)
    weights = [1.0 / (rank + 3) for rank in range(len(WORDS))]
    text = " ".join(chance.choices(WORDS, weights, k=20))
    return ItemDraft(kind=Kind.GUARD, scope=scope, content=f"Lesson {_name(number)}: {text}")


def question(number: int) -> str:
    chance = random.Random(-number)
    weights = [1.0 / (rank + 3) for rank in range(len(WORDS))]
    return "Which " + " ".join(chance.choices(WORDS, weights, k=25)) + "?"


def scope_of(number: int, scopes: int) -> str:
    return f"crowd/s{number % scopes:03}"


def crowded(path: Path, items: int, scopes: int) -> Database:
    """A database with so many active items spread over so many scopes, each with its vector."""
    from dataclasses import replace

    database, embedder = open_database(f"sqlite:///{path}"), RandomEmbedder()
    for start in range(0, items, 5000):
        numbers = range(start, min(start + 5000, items))
        with writing(database, lambda: datetime.now(UTC)) as write:
            rows = []
            for number in numbers:
                draft = lesson(number, scope_of(number, scopes))
                item = write.add(draft, replace(state_of_draft(draft), status=Status.ACTIVE))
                write.record(Op.ADD, Author(actor="rule:crowd"))
                rows.append(vector_row(item.id, 1, embedder, embedder.embed([item.content])[0]))
            insert_all_new(write.connection, EmbeddingRow.__table__, rows)
    return database


def _name(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    name = ""
    while True:
        name = letters[number % 26] + name
        number //= 26
        if not number:
            return f"q{name}"
