from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.recall.scoring import K1, B, keyword_scores
from memory.recall.section import Section
from tests.memory.recall.entries import make_entry

WORDS = st.sampled_from(["alert", "host", "mail", "signin", "url", "table"])
DOCUMENTS = st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=6)


def naive_bm25(documents: list[list[str]], query: list[str]) -> list[float]:
    """The formula as Robertson and Zaragoza print it, one document after the other."""
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        total = 0.0
        for word in set(query):
            holding = sum(word in other for other in documents)
            if not holding:
                continue
            count = Counter(document)[word]
            rarity = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            total += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(document) / mean))
        scores.append(total)
    return scores


@given(DOCUMENTS, st.lists(WORDS, max_size=5), st.integers(0, 6))
def test_bm25_is_the_printed_formula_over_all_sections(
    documents: list[list[str]], query: list[str], cut: int
) -> None:
    entries = [make_entry(f"it_{n}", " ".join(words), number=n) for n, words in enumerate(documents)]
    sections = [Section(3), Section(3)]
    for number, entry in enumerate(entries):
        sections[number >= cut].put(entry)
    assert keyword_scores(query, entries, sections) == pytest.approx(naive_bm25(documents, query))
