from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from memory.recall.diversity import TOO_ALIKE, Diverse, mmr
from memory.recall.ranking import Floats

SEEDS = st.integers(0, 2**32 - 1)


def directions(seed: int, count: int, length: int = 6) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, length))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def drawn(seed: int, count: int) -> tuple[Floats, NDArray[np.float32]]:
    """Scores (some of them equal) and vectors (some of them twins, one of them zero)."""
    chance = np.random.default_rng(seed)
    scores = chance.integers(0, 5, count) / 4
    vectors = directions(seed, count)
    vectors[chance.integers(0, count, count // 3)] = vectors[0]
    vectors[chance.integers(0, count)] = 0
    return scores, vectors


def naive(
    scores: Floats, vectors: NDArray[np.float32], limit: int, trade: float, too_alike: float
) -> list[int]:
    """The greedy choice, one entry after the other."""
    spread = scores.max() - scores.min()
    scaled = (scores - scores.min()) / spread if spread else np.zeros(len(scores))
    chosen = [int(np.argmax(scores))] if limit else []
    while chosen and len(chosen) < limit:
        best, best_worth = None, -np.inf
        for entry in range(len(scores)):
            cosines = [round(float(np.dot(vectors[entry], vectors[c])), 5) for c in chosen]
            worth = trade * scaled[entry] - (1 - trade) * max(0.0, *cosines)
            if entry not in chosen and max(cosines) < too_alike and worth > best_worth + 1e-9:
                best, best_worth = entry, worth
        if best is None:
            break
        chosen.append(best)
    return chosen


@given(SEEDS, st.integers(1, 9), st.integers(0, 9), st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_it_is_the_greedy_choice_of_the_paper(seed: int, count: int, limit: int, trade: float) -> None:
    scores, vectors = drawn(seed, count)
    assert list(mmr(scores, vectors, limit, trade).chosen) == naive(scores, vectors, limit, trade, TOO_ALIKE)


@given(SEEDS, st.integers(1, 12), st.integers(0, 14))
def test_every_position_is_named_once(seed: int, count: int, limit: int) -> None:
    scores, vectors = drawn(seed, count)
    found = mmr(scores, vectors, limit)
    named = [*found.chosen, *(entry.position for entry in found.unchosen)]
    assert sorted(named) == list(range(count))
    assert len(found.chosen) <= limit
    assert found == mmr(scores.copy(), vectors.copy(), limit)


@given(SEEDS, st.integers(1, 12))
def test_the_first_has_the_best_score(seed: int, count: int) -> None:
    scores, vectors = drawn(seed, count)
    for trade in (0.0, 0.7, 1.0):
        assert mmr(scores, vectors, count, trade).chosen[0] == int(np.argmax(scores))


@given(SEEDS, st.integers(1, 12))
def test_with_relevance_alone_the_order_is_that_of_the_scores(seed: int, count: int) -> None:
    scores, vectors = drawn(seed, count)
    found = mmr(scores, vectors, count, 1.0, too_alike=np.inf)
    assert list(found.chosen) == list(np.argsort(-scores, kind="stable"))


@given(SEEDS, st.integers(2, 12))
def test_no_two_chosen_are_twins(seed: int, count: int) -> None:
    scores, vectors = drawn(seed, count)
    found = mmr(scores, vectors, count)
    for place, one in enumerate(found.chosen):
        for other in found.chosen[:place]:
            assert float(vectors[one] @ vectors[other]) < TOO_ALIKE + 1e-5
    assert all(entry.is_twin for entry in found.unchosen)  # with room for all, nothing else is left out


@given(SEEDS, st.integers(2, 12), st.integers(1, 4))
def test_who_was_left_out_knows_its_nearest(seed: int, count: int, limit: int) -> None:
    scores, vectors = drawn(seed, count)
    found = mmr(scores, vectors, limit)
    for entry in found.unchosen:
        cosines = [float(vectors[entry.position] @ vectors[chosen]) for chosen in found.chosen]
        assert entry.nearest in found.chosen
        assert entry.similarity == pytest.approx(max(cosines), abs=1e-5)


def test_a_twin_gives_way_to_something_new() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    vectors = np.array([east, east, north], dtype=np.float32)
    found = mmr(np.array([1.0, 0.9, 0.2]), vectors, 2)
    assert found.chosen == (0, 2)
    (twin,) = found.unchosen
    assert (twin.position, twin.nearest, twin.similarity, twin.is_twin) == (1, 0, 1.0, True)


def test_what_is_much_alike_may_still_come_when_it_is_worth_it() -> None:
    near = [0.9, float(np.sqrt(1 - 0.81))]
    vectors = np.array([[1.0, 0.0], near, [0.0, 1.0], [0.0, 1.0]], dtype=np.float32)
    assert mmr(np.array([1.0, 0.9, 0.2, 0.0]), vectors, 2).chosen == (0, 1)
    assert mmr(np.array([1.0, 0.9, 0.8, 0.0]), vectors, 2).chosen == (0, 2)


def test_entries_without_a_vector_are_like_nothing() -> None:
    vectors = np.zeros((3, 4), dtype=np.float32)
    found = mmr(np.array([0.1, 0.3, 0.2]), vectors, 2)
    assert found.chosen == (1, 2)
    assert [(entry.position, entry.similarity) for entry in found.unchosen] == [(0, 0.0)]


def test_opposite_directions_earn_nothing() -> None:
    vectors = np.array([[1, 0], [-1, 0], [0, 1]], dtype=np.float32)
    assert mmr(np.array([1.0, 0.4, 0.5]), vectors, 3).chosen == (0, 2, 1)


def test_nothing_to_choose_from_and_nothing_asked_for() -> None:
    none = np.zeros(0)
    assert mmr(none, np.zeros((0, 4), dtype=np.float32), 3) == Diverse(chosen=(), unchosen=())
    found = mmr(np.ones(1), np.ones((1, 1), dtype=np.float32), 0)
    assert found.chosen == ()
    assert found.unchosen[0].nearest is None


@pytest.mark.parametrize(
    ("scores", "shape", "trade"),
    [([1.0], (2, 3), 0.5), ([1.0, np.nan], (2, 3), 0.5), ([1.0, 2.0], (2, 3), 1.5), ([1.0, 2.0], (2,), 0.5)],
)
def test_what_does_not_fit_is_refused(scores: list[float], shape: tuple[int, ...], trade: float) -> None:
    with pytest.raises(ValueError, match=r"do not fit|must be finite"):
        mmr(np.array(scores), np.zeros(shape, dtype=np.float32), 1, trade)


def test_twelve_of_a_hundred_and_twenty_eight_are_chosen_at_once() -> None:
    scores = np.random.default_rng(1).random(128)
    vectors = directions(2, 128, 384)
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        mmr(scores, vectors, 12)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.005  # 0.35 ms where nothing else runs
