from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.items import Credit, Item, ItemId, ItemState, Kind, Status
from memory.recall.ranking import (
    fused,
    relevance,
    telling_words,
    words,
    worth_of,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


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


def test_common_words_are_left_out_where_rarer_ones_are_known() -> None:
    spread = {"alert": 900, "host": 70, "mailbox": 3, "rule": 12}
    query = ["alert", "host", "mailbox", "rule", "unheard"]
    assert telling_words(query, lambda word: spread.get(word, 0), 1000) == ["mailbox", "rule", "host"]
    assert telling_words(["alert"], lambda word: spread.get(word, 0), 1000) == ["alert"]
    assert telling_words(["unheard"], lambda word: spread.get(word, 0), 1000) == []


def item(worth: Credit, status: Status = Status.ACTIVE) -> Item:
    state = ItemState(content="x", cue="", action=None, boundary="", expected_effect="", status=status)
    return Item(
        id=ItemId("it"),
        kind=Kind.GUARD,
        scope="s",
        state=state,
        version=1,
        content_hash="",
        support=1,
        credit=worth,
        created_at=NOW,
        updated_at=NOW,
    )


def test_credit_lifts_and_a_candidate_stands_behind_its_equal() -> None:
    good, bad = Credit(alpha=40.0, beta=2.0), Credit(alpha=2.0, beta=40.0)
    worth = worth_of([item(good), item(bad), item(good, Status.CANDIDATE)])
    assert worth[0] > worth[1]
    assert worth[2] == pytest.approx(0.9 * worth[0])
    assert ((worth >= 0.45) & (worth <= 1.5)).all()
