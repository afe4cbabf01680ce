"""Reads what a view searches out of the corpus file: words and vectors of the visible papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, select, update

from core.embedder import Embedder
from ideation.corpus.dates import Cutoff
from ideation.corpus.dense import DenseIndex
from ideation.corpus.identity import PaperId
from ideation.corpus.postings import Postings
from ideation.corpus.tables import marks, papers, vectors

_ROWS = 5_000
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The searched parts of a view. A paper's place is its index in `ids`, which are sorted."""

    ids: tuple[PaperId, ...]
    numbers: NDArray[np.int64]
    postings: Postings
    dense: DenseIndex | None


def visible(query: _Query, cutoff: Cutoff) -> _Query:
    """The query over papers, less those that the cutoff hides."""
    if cutoff.day is None:
        return query
    return query.where(papers.c.last_day.is_not(None), papers.c.last_day < cutoff.day.isoformat())


def load(connection: Connection, embedder: Embedder | None, cutoff: Cutoff) -> Loaded:
    ids: list[PaperId] = []
    numbers: list[int] = []
    terms, counts = bytearray(), bytearray()
    lengths: list[int] = []
    query = select(papers.c.id, papers.c.number, papers.c.terms, papers.c.term_counts).order_by(papers.c.id)
    found = connection.execute(visible(query, cutoff).execution_options(yield_per=_ROWS))
    for name, number, held, held_counts in found:
        ids.append(PaperId(str(name)))
        numbers.append(number)
        terms += held
        counts += held_counts
        lengths.append(len(held_counts))
    postings = Postings(
        np.frombuffer(terms, dtype="<u4"),
        np.frombuffer(counts, dtype=np.uint8),
        np.array(lengths, dtype=np.int64),
    )
    held_numbers = np.array(numbers, dtype=np.int64)
    dense = _dense(connection, embedder, cutoff) if embedder is not None else None
    return Loaded(ids=tuple(ids), numbers=held_numbers, postings=postings, dense=dense)


def _dense(connection: Connection, embedder: Embedder, cutoff: Cutoff) -> DenseIndex | None:
    """Vectors in the order of places: both are sorted by id."""
    query = (
        select(papers.c.id, vectors.c.vector)
        .select_from(
            papers.outerjoin(
                vectors, (vectors.c.number == papers.c.number) & (vectors.c.embedder == embedder.id)
            )
        )
        .order_by(papers.c.id)
    )
    owners: list[int] = []
    held = bytearray()
    found = connection.execute(visible(query, cutoff).execution_options(yield_per=_ROWS))
    for place, (_, vector) in enumerate(found):
        if vector is not None:
            owners.append(place)
            held += vector
    if not owners:
        return None
    rows = np.frombuffer(held, dtype=np.float16).reshape(len(owners), -1).astype(np.float32)
    return DenseIndex(rows, np.array(owners, dtype=np.int64))


def keep_vectors(
    connection: Connection, embedder_id: str, numbers: Sequence[int], rows: NDArray[np.float32]
) -> None:
    """Write vectors, shape (papers, dimensions), and tell the views that there are more."""
    values = [
        {"embedder": embedder_id, "number": number, "vector": row.astype(np.float16).tobytes()}
        for number, row in zip(numbers, rows, strict=True)
    ]
    if values:
        connection.execute(vectors.insert().prefix_with("OR REPLACE"), values)
        connection.execute(update(marks).where(marks.c.name == "state").values(value=marks.c.value + 1))
