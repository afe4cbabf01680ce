from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from ideation.evaluation.corpus_novelty import Direction, corpus_novelty, rarity

NAN = float("nan")


def unit(rows: object) -> np.ndarray:  # type: ignore[type-arg]
    matrix = np.array(rows, dtype=np.float64)
    return np.asarray(matrix / np.linalg.norm(matrix, axis=1, keepdims=True))


PAPERS = unit([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
YEARS = np.array([2000.0, 2001.0, 2020.0, 2021.0])
CITATIONS = np.array([5.0, 6.0, 10.0, 30.0])


def test_6_8_distances_are_to_the_past_and_to_the_present_apart() -> None:
    (found,) = corpus_novelty(unit([[0, 0, 1]]), PAPERS, YEARS, CITATIONS, split=2010, nearest=1)
    assert found.historical.value == pytest.approx(1.0)
    assert found.contemporary.value == pytest.approx(0.0)
    assert found.impact.value == pytest.approx(10.0)
    assert found.overall.value is None  # an idea that is a contemporary paper has no ON
    (other,) = corpus_novelty(unit([[0, 0, 1]]), PAPERS, YEARS, CITATIONS, split=2010, nearest=2)
    assert other.contemporary.value == pytest.approx(0.5)
    assert other.impact.value == pytest.approx(20.0)
    assert other.overall.value == pytest.approx(1.0 * 20.0 / 0.5)


def test_6_8_on_rises_with_hd_and_ci_and_falls_with_cd() -> None:
    ideas = unit([[1, 0, 2], [2, 0, 1]])
    far, near = corpus_novelty(ideas, PAPERS[:3], YEARS[:3], CITATIONS[:3], split=2010, nearest=1)
    assert far.historical.value is not None
    assert near.historical.value is not None
    assert far.historical.value > near.historical.value
    assert far.overall.value is not None
    assert near.overall.value is not None
    assert far.overall.value > near.overall.value
    (cited,) = corpus_novelty(ideas[:1], PAPERS[:3], YEARS[:3], 2 * CITATIONS[:3], split=2010, nearest=1)
    assert cited.overall.value == pytest.approx(2 * far.overall.value)


def test_6_8_what_the_corpus_does_not_know_is_none_and_never_0() -> None:
    idea = unit([[1, 2, 3]])
    (no_past,) = corpus_novelty(idea, PAPERS[2:], YEARS[2:], CITATIONS[2:], split=2010)
    assert no_past.historical.value is None
    assert no_past.overall.value is None
    (uncounted,) = corpus_novelty(idea, PAPERS, YEARS, np.full(4, NAN), split=2010)
    assert uncounted.impact.value is None
    (undated,) = corpus_novelty(idea, PAPERS, np.full(4, NAN), CITATIONS, split=2010)
    assert undated.historical.value is None
    assert undated.contemporary.value is None
    (empty,) = corpus_novelty(idea, np.zeros((0, 3)), np.zeros(0), np.zeros(0), split=2010)
    assert empty.overall.value is None


def test_6_8_every_value_says_how_to_read_it() -> None:
    (found,) = corpus_novelty(unit([[1, 2, 3]]), PAPERS, YEARS, CITATIONS, split=2010)
    notes = [found.historical, found.contemporary, found.impact, found.overall]
    assert [each.direction for each in notes] == [Direction.HD, Direction.CD, Direction.CI, Direction.ON]
    assert all("higher:" in each.direction or "lower:" in each.direction for each in notes)
    assert rarity([["a", "b"]], [["a", "b"], ["a"], ["b"]])[0].direction is Direction.RARITY


def test_6_8_a_combination_nobody_made_is_rarer_than_a_usual_one() -> None:
    corpus = [["graph", "robot"]] * 10 + [["bee", "radar"]] * 10 + [["graph", "radar"]]
    usual, rare, unknown = rarity([["graph", "robot"], ["bee", "robot"], ["graph", "unheard"]], corpus)
    assert usual.value is not None
    assert rare.value is not None
    assert rare.value < 0 < usual.value
    assert unknown.value is None
    assert rarity([["graph"]], corpus)[0].value is None


def test_6_8_the_tail_decides_and_not_the_mean() -> None:
    corpus = [["a", "b", "c"]] * 10 + [["d", "e"]] * 10
    plain, mixed = rarity([["a", "b", "c"], ["a", "b", "c", "d"]], corpus)
    assert plain.value is not None
    assert mixed.value is not None
    assert mixed.value < plain.value
    assert rarity([["a", "b"]], corpus, percent=100.0)[0].value == rarity([["a", "b"]], corpus)[0].value


@given(st.integers(0, 10**6))
def test_6_8_pairs_put_together_by_chance_score_about_0(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corpus = [[name for name in "abcde" if rng.random() < 0.5] for _ in range(400)]
    scores = [rarity([pair], corpus)[0].value for pair in ("ab", "bc", "cd", "de", "ea")]
    assert all(score is not None and abs(score) < 5.0 for score in scores)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UserError):
        corpus_novelty(unit([[1, 0]]), PAPERS, YEARS, CITATIONS, split=2010)
    with pytest.raises(UserError):
        corpus_novelty(unit([[1, 0, 0]]), PAPERS, YEARS[:2], CITATIONS, split=2010)
    with pytest.raises(UserError):
        rarity([], [], percent=101.0)
