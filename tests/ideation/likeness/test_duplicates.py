from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.likeness.duplicates import By, Judge, Same, candidates, find_duplicates
from ideation.likeness.grouping import Linkage, groups_of
from ideation.likeness.logistic import Logistic
from ideation.likeness.model import LikenessModel
from ideation.likeness.signals import Pool, Signal
from memory.embedding.lexical import LexicalEmbedder

WORDS_ALONE = LikenessModel(
    backend="none",
    signals=(Signal.WORDS,),
    logistic=Logistic(weights=np.array([10.0]), bias=-5.0),
    sure=0.9,
    maybe=0.3,
)
IDEAS = {
    "u1": "train sparse graph networks with curriculum learning",
    "u2": "train sparse graph networks with curriculum sampling",
    "u3": "freeze droplets on patterned glass",
    "u4": "Train sparse graph networks, with curriculum learning!",
    "u5": "train sparse transformers with random curriculum learning",
}


def judging(answer: Same, asked: list[tuple[str, str]]) -> Judge:
    async def judge(one: str, other: str) -> Same:
        asked.append((one, other))
        return answer

    return judge


async def test_6_2_candidates_in_doubt_go_to_the_judge_and_no_others() -> None:
    asked: list[tuple[str, str]] = []
    found = await find_duplicates(IDEAS, embedder=None, judge=judging(Same.SAME, asked), model=WORDS_ALONE)
    # u5 is the same as u1 but not as u2: complete linkage keeps it apart.
    assert found.groups == (("u1", "u2", "u4"), ("u3",), ("u5",))
    assert asked
    assert not any(IDEAS["u3"] in pair for pair in asked)
    assert all(each.by is By.JUDGE for each in found.findings if each.likeness < WORDS_ALONE.sure)
    assert found.dropped["u4"] == "u1"
    assert set(found.kept) | set(found.dropped) == set(IDEAS)


@pytest.mark.parametrize("answer", [Same.DIFFERENT, Same.ABSTAIN])
async def test_6_2_what_the_judge_does_not_call_the_same_stays(answer: Same) -> None:
    asked: list[tuple[str, str]] = []
    found = await find_duplicates(IDEAS, embedder=None, judge=judging(answer, asked), model=WORDS_ALONE)
    assert found.dropped == {"u4": "u1"}
    assert found.abstained == (len(asked) if answer is Same.ABSTAIN else 0)


async def test_6_2_calls_of_the_judge_are_bounded_and_what_is_left_is_counted() -> None:
    asked: list[tuple[str, str]] = []
    judge = judging(Same.SAME, asked)
    found = await find_duplicates(IDEAS, embedder=None, judge=judge, most_judged=1, model=WORDS_ALONE)
    assert len(asked) == 1
    assert found.unjudged == len(found.findings) - 1 > 0
    unasked = await find_duplicates(IDEAS, embedder=None, model=WORDS_ALONE)
    assert unasked.unjudged == len(unasked.findings)
    assert unasked.dropped == {"u4": "u1"}


async def test_6_2_ideas_are_told_apart_by_id_and_not_by_how_they_begin() -> None:
    start = "We propose a framework that unifies retrieval and planning for robots in homes. " * 4
    texts = {
        "9f1c": start + "Soft grippers learn from tactile maps of fruit.",
        "0b77": start + "Bees are counted by cheap radar at dusk.",
    }
    found = await find_duplicates(texts, embedder=None, model=WORDS_ALONE)
    assert {member for group in found.groups for member in group} == set(texts)
    report = await find_duplicates(texts, embedder=LexicalEmbedder())
    assert report.backend == "lexical-v1"
    assert {each.one for each in report.findings} <= set(texts)


async def test_an_empty_set_and_texts_without_words_have_their_groups() -> None:
    assert (await find_duplicates({}, embedder=None)).groups == ()
    odd = await find_duplicates({"a": "?!", "b": "?!", "c": "", "d": "..."}, embedder=None)
    assert {frozenset(group) for group in odd.groups} == {frozenset("ab"), frozenset("c"), frozenset("d")}
    assert sorted(member for group in odd.groups for member in group) == ["a", "b", "c", "d"]


def test_small_pools_are_compared_in_full_and_large_ones_by_neighbours() -> None:
    texts = [f"idea {at % 50} about topic {at % 7}" for at in range(130)]
    small, large = Pool(texts[:30]), Pool(texts)
    assert candidates(small, embedded=False) == list(combinations(range(30), 2))
    found = candidates(large, embedded=False, neighbours=10)
    assert len(found) <= 130 * 10
    assert all(one < other for one, other in found)
    embedded = candidates(Pool(texts, embedder=LexicalEmbedder()), embedded=True, neighbours=10)
    assert embedded == found


IDS = st.integers(1, 8).map(lambda n: [f"id{at}" for at in range(n)])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], Mapping[tuple[str, str], float]]:
    ids = draw(IDS)
    pairs = draw(st.lists(st.sampled_from(list(combinations(ids, 2)) or [("", "")]), unique=True))
    return ids, {pair: draw(st.floats(0, 1)) for pair in pairs if pair[0]}


@given(graphs(), st.sampled_from(Linkage))
def test_groups_part_the_ids(
    graph: tuple[list[str], Mapping[tuple[str, str], float]], linkage: Linkage
) -> None:
    ids, same = graph
    groups = groups_of(ids, same, linkage)
    assert sorted(member for group in groups for member in group) == sorted(ids)
    assert [group[0] for group in groups] == sorted((group[0] for group in groups), key=ids.index)
    home = {member: group for group in groups for member in group}
    if linkage is Linkage.COMPLETE:
        known = {frozenset(pair) for pair in same}
        assert all(frozenset(pair) in known for group in groups for pair in combinations(group, 2))
    else:
        assert all(home[one] is home[other] for one, other in same)


def test_a_chain_ends_in_one_group_only_when_connected_is_asked_for() -> None:
    chain = {("a", "b"): 0.9, ("b", "c"): 0.8}
    assert groups_of(["a", "b", "c"], chain, Linkage.CONNECTED) == (("a", "b", "c"),)
    assert groups_of(["a", "b", "c"], chain, Linkage.COMPLETE) == (("a", "b"), ("c",))


def test_unknown_and_repeated_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        groups_of(["a", "a"], {}, Linkage.COMPLETE)
    with pytest.raises(ValueError, match="not given"):
        groups_of(["a"], {("a", "b"): 1.0}, Linkage.COMPLETE)
