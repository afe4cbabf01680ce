"""Speed of comparing, choosing and cleaning. Run: python -m pytest tests/memory/recall/bench_likeness.py"""

from __future__ import annotations

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from memory.recall.diversity import mmr
from memory.recall.likeness import CAUTIOUS, Decision, compare
from memory.recall.query import clean_query
from tests.memory.recall.pairs import LESSONS
from tests.memory.recall.test_diversity import directions
from tests.memory.recall.test_query import AGENT, QUESTION


def test_one_draft_against_all_lessons(benchmark: BenchmarkFixture) -> None:
    first = LESSONS[0]
    found = benchmark(lambda: [compare(first, lesson, 0.95, CAUTIOUS) for lesson in LESSONS])
    assert found[0] is Decision.DUPLICATE


def test_twelve_of_a_hundred_and_twenty_eight(benchmark: BenchmarkFixture) -> None:
    scores, vectors = np.random.default_rng(1).random(128), directions(2, 128, 384)
    assert len(benchmark(mmr, scores, vectors, 12).chosen) == 12


def test_a_pasted_prompt_is_cut_away(benchmark: BenchmarkFixture) -> None:
    assert benchmark(clean_query, AGENT.replace("{question}", QUESTION)) == QUESTION
