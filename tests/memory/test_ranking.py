from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.ranking import (
    K1,
    B,
    cue_alternatives,
    cue_matches,
    fused,
    keyword_index,
    relevance,
    words,
)

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
            count = Counter(document)[word]
            rarity = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            total += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(document) / mean))
        scores.append(total)
    return scores


@given(DOCUMENTS, st.lists(WORDS, max_size=5))
def test_bm25_is_the_printed_formula(documents: list[list[str]], query: list[str]) -> None:
    assert keyword_index(documents).scores(query) == pytest.approx(naive_bm25(documents, query))


def test_words_of_names_are_found_whole_and_in_parts() -> None:
    assert words("SigninLogs") == ["signinlogs", "signin", "log"]
    assert words("network_message_id") == ["network_message_id", "network", "message", "id"]
    assert words("AADUserRiskEvents") == ["aaduserriskevents", "aad", "user", "risk", "event"]
    assert words("The hosts of the class") == ["host", "class"]


def unit(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_first_in_every_channel_is_one() -> None:
    best = fused(unit([0.9, 0.1]), unit([5.0, 0.0]), unit([1.0, 0.0]), np.array([True, True]))
    assert best[0] == pytest.approx(1.0)
    assert best[1] == pytest.approx((61 / 62) / 3)


def test_outside_the_nearest_there_is_no_rank_by_similarity() -> None:
    ranks = fused(unit([0.9, 0.8]), unit([0.0, 0.0]), unit([0.0, 0.0]), np.array([False, True]))
    assert ranks[0] == 0.0
    assert ranks[1] == pytest.approx(1 / 3)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.data())
def test_more_similar_never_ranks_lower(values: list[float], data: st.DataObject) -> None:
    keyword = unit([0.0] * len(values))
    ranks = fused(unit(values), keyword, keyword, np.ones(len(values), dtype=bool))
    one = data.draw(st.integers(0, len(values) - 1))
    two = data.draw(st.integers(0, len(values) - 1))
    if round(values[one], 6) > round(values[two], 6):
        assert ranks[one] > ranks[two]


def test_keywords_add_a_bounded_part_to_the_relevance() -> None:
    assert relevance(unit([0.2]), unit([0.0]))[0] == pytest.approx(0.2)
    assert relevance(unit([0.2]), unit([12.0]))[0] == pytest.approx(0.35)
    assert relevance(unit([0.2]), unit([1e9]))[0] == pytest.approx(0.5)


def test_a_cue_matches_by_phrase_or_by_pattern() -> None:
    alternatives = cue_alternatives("Answer_type:IP,  sign-in  address.")
    assert alternatives == {"answer_type:ip", "sign-in address"}
    assert cue_matches("", alternatives, frozenset({"answer_type:ip"}), "")
    assert not cue_matches("", alternatives, frozenset({"address"}), "the sign-in address")
    assert cue_matches(r"re:\bfrom which (ip|host)\b", frozenset(), frozenset(), "From which host?")
    assert not cue_matches(r"re:\bfrom which (ip|host)\b", frozenset(), frozenset(), "which host?")
