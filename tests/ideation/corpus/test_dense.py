from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ideation.corpus.dense import DenseIndex


def vectors(count: int, dimensions: int = 384) -> NDArray[np.float32]:
    """Unit vectors around one direction, with a spread that falls off as that of sentence vectors does."""
    chance = np.random.default_rng(3)
    rows = chance.standard_normal((count, dimensions)) * np.arange(1, dimensions + 1) ** -0.5 + 0.2
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_a_paper_is_nearest_to_itself() -> None:
    rows = vectors(200)
    index = DenseIndex(rows.copy(), np.arange(0, 400, 2))
    assert all(index.nearest([rows[at : at + 1]], 3)[0][0] == 2 * at for at in range(0, 200, 17))
    both, one = index.nearest([rows[[3, 50]], rows[[7]]], 2)
    assert set(both.tolist()) == {6, 100}
    assert one[0] == 14


def test_few_vectors_are_compared_as_they_are() -> None:
    rows = vectors(10)
    assert np.array_equal(DenseIndex(rows.copy(), np.arange(10)).turned(rows), rows)


def test_evening_the_spread_takes_the_common_direction_off() -> None:
    rows = vectors(500)
    turned = DenseIndex(rows.copy(), np.arange(500)).turned(rows)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(np.ones(500), abs=1e-5)
    assert float((rows @ rows.T).mean()) > 0.3
    assert abs(float((turned @ turned.T).mean())) < 0.05


def test_0_3_the_short_list_of_a_great_corpus_misses_little() -> None:
    rows = vectors(6_000)
    exact = DenseIndex(rows.copy(), np.arange(6_000))
    quick = DenseIndex(rows.copy(), np.arange(6_000), exact_up_to=1_000)
    shared = [
        len(set(exact.nearest([each], 20)[0].tolist()) & set(quick.nearest([each], 300)[0][:20].tolist()))
        for each in vectors(6_050)[6_000:, None, :]
    ]
    assert sum(shared) >= 0.97 * 20 * len(shared)
