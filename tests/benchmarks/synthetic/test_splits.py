from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.synthetic.splits import choose_test, overlap

PATHS = st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=6), min_size=2, max_size=20)


def test_overlap_counts_shared_edges_three_times_less_the_unshared_share() -> None:
    likeness = overlap([[0, 1, 2], [2, 1, 3], [7, 8]])
    assert likeness[0, 0] == 6.0
    assert likeness[0, 1] == 3 * 1 - 2 / 3
    assert likeness[0, 2] == 0.0


def test_a_path_without_edges_is_like_nothing() -> None:
    assert overlap([[4], [4]]).sum() == 0.0


@given(paths=PATHS, seed=st.integers(0, 1000))
def test_the_test_half_has_its_share_and_is_the_same_for_a_seed(paths: list[list[int]], seed: int) -> None:
    test = choose_test(paths, seed)
    assert test == choose_test(paths, seed)
    assert len(test) == round(len(paths) * 0.5)
    assert all(0 <= index < len(paths) for index in test)


def test_two_separate_clusters_are_not_cut_through() -> None:
    left, right = [[0, 1, 2, 3]] * 3, [[10, 11, 12, 13]] * 3
    assert choose_test([*left, *right], seed=0) in ({0, 1, 2}, {3, 4, 5})


def test_the_chosen_split_overlaps_less_than_random_ones() -> None:
    rng = np.random.default_rng(0)
    paths = [list(map(int, rng.integers(0, 15, size=4))) for _ in range(40)]
    likeness = overlap(paths)

    def cost(test: frozenset[int]) -> float:
        rest = [index for index in range(len(paths)) if index not in test]
        return float(likeness[np.ix_(sorted(test), rest)].sum())

    randoms = [cost(frozenset(map(int, rng.choice(40, 20, replace=False)))) for _ in range(30)]
    assert cost(choose_test(paths, seed=1)) < np.mean(randoms)
