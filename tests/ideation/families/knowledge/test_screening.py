from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.corpus.identity import PaperId
from ideation.families.knowledge.inspirations import InspirationScreening
from ideation.families.knowledge.screening import Screening, screen, shared_words
from ideation.muse import ListRequest, Source
from tests.ideation.families.knowledge.papers import (
    SOURCES,
    TOPIC,
    CannedMuse,
    RaisingMuse,
    ShelfLibrary,
    desk,
)


def papers(count: int) -> tuple[Source, ...]:
    return tuple(
        Source(
            paper=PaperId(f"q{at:03}"), title=f"Paper of number {at:03} in a row", abstract=f"It says {at}."
        )
        for at in range(count)
    )


def latest(request: ListRequest) -> tuple[str, ...]:
    """The three with the highest ids, named in three ways."""
    ids = [re.findall(r"\[(\w+)\]", text)[0] for text in request.material]
    one, two, three, *_ = [*sorted(ids, reverse=True), "", "", ""]
    return (f"[{one}]", f"{two}, because it fits", f"Paper of number {three[1:]} in a row")


async def test_1_6_windows_of_15_keep_3_in_repeated_rounds() -> None:
    muse = CannedMuse(latest)
    found = await screen(desk(muse), "stage", TOPIC, papers(300), Screening())
    assert [len(kept) for kept in found.rounds] == [60, 12, 3]
    assert [len(request.material) for request in muse.listed] == [15] * 24 + [12]
    assert all(request.count == 3 for request in muse.listed)
    assert [each.paper for each in found.kept] == ["q299", "q298", "q297"]
    assert (found.windows, found.by_rule) == (25, 0)


async def test_1_6_the_switch_changes_the_question_and_the_rule() -> None:
    asked = {}
    kept = {}
    for non_obvious in (True, False):
        muse = CannedMuse(lambda request: ("none of them",))
        plan = Screening(keep=3, enough=3, rounds=1, non_obvious=non_obvious)
        found = await screen(desk(muse), "stage", TOPIC, tuple(SOURCES.values()), plan)
        asked[non_obvious], kept[non_obvious] = muse.listed[0].question, {each.paper for each in found.kept}
        assert found.by_rule == found.windows == 1
    assert "not obviously related" in asked[True]
    assert "most similar" in asked[False]
    assert kept[False] <= {"m1", "m2", "m3", "m4", "c4"}
    share = {flag: max(shared_words(TOPIC, SOURCES[paper]) for paper in kept[flag]) for flag in kept}
    assert share[True] < share[False]


async def test_1_6_an_answer_that_names_more_or_other_papers_keeps_those_of_the_window() -> None:
    muse = CannedMuse(lambda request: ("[q999]", "[q001]", "[q001]", "[q002]", "[q000]"))
    found = await screen(desk(muse), "stage", TOPIC, papers(15), Screening(keep=5, rounds=1))
    assert [each.paper for each in found.kept] == ["q001", "q002", "q000"]


async def test_1_6_a_muse_that_fails_leaves_it_to_the_rule_and_is_counted() -> None:
    at = desk(RaisingMuse())
    found = await screen(at, "stage", TOPIC, papers(30), Screening())
    assert len(found.kept) <= 6
    assert found.by_rule == found.windows
    assert at.ledger.failures == found.windows


@given(st.integers(0, 80), st.integers(1, 20), st.integers(1, 6), st.integers(0, 5))
async def test_1_6_screening_ends_and_keeps_what_it_was_given(
    count: int, window: int, keep: int, rounds: int
) -> None:
    pool = papers(count)
    plan = Screening(window=window, keep=keep, rounds=rounds)
    found = await screen(desk(CannedMuse(latest), calls=10_000), "stage", TOPIC, pool, plan)
    assert set(found.kept) <= set(pool)
    assert len(found.rounds) <= rounds
    sizes = [count, *(len(kept) for kept in found.rounds)]
    assert sizes == sorted(sizes, reverse=True)
    assert bool(found.kept) is bool(count)


async def test_1_6_the_arm_names_the_inspiration_of_each_idea() -> None:
    produced = await InspirationScreening().run(desk(), 4)
    for idea in produced.ideas:
        tag = next(tag for tag in idea.origin.operators if tag.startswith("inspiration:"))
        assert tag.removeprefix("inspiration:") in idea.origin.papers
    assert produced.measures["screened"] == len(SOURCES)


@pytest.mark.parametrize("non_obvious", [True, False])
async def test_1_6_papers_that_search_does_not_find_are_screened_only_for_the_non_obvious(
    non_obvious: bool,
) -> None:
    arm = InspirationScreening(near=4, others=4, screening=Screening(rounds=1, non_obvious=non_obvious))
    muse = CannedMuse(latest)
    await arm.run(desk(muse, library=ShelfLibrary()), 1)
    shown = {re.findall(r"\[(\w+)\]", text)[0] for text in muse.listed[0].material}
    assert len(shown) == (8 if non_obvious else 4)
