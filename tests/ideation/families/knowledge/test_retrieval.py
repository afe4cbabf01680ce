from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideation.corpus.identity import PaperId
from ideation.families.knowledge.replies import Look, Lookup, grades, lookup, named
from ideation.families.knowledge.retrieval import Gathering, Retrieval
from ideation.families.knowledge.sampling import Sampling
from ideation.muse import ListRequest, Source
from tests.ideation.families.knowledge.papers import SOURCES, CannedMuse, ShelfLibrary, desk

ALL = tuple(SOURCES.values())


def ids_of(request: ListRequest) -> list[str]:
    return [re.findall(r"\[(\w+)\]", text)[0] for text in request.material]


def is_grading(request: ListRequest) -> bool:
    return "from 1 (not at all) to 10" in request.question


class Agent:
    """Grades by a table and looks up what it is told to, a list for each round."""

    def __init__(self, table: dict[str, int], *rounds: tuple[str, ...]) -> None:
        self._table, self._rounds = table, list(rounds)

    def __call__(self, request: ListRequest) -> tuple[str, ...]:
        if is_grading(request):
            return tuple(f"[{name}]: {self._table.get(name, 7)}" for name in ids_of(request))
        return self._rounds.pop(0) if self._rounds else ()


async def test_0_8_three_actions_ground_the_next_round_and_grades_order_the_papers() -> None:
    agent = Agent({"m4": 10, "m1": 2}, ("search: silk pores",), ("similar: [b4]", "references: [m4]"))
    muse, plan = CannedMuse(agent), Retrieval(rounds=2, hits=3, by_rule=False)
    found = await Gathering(desk(muse), "stage", plan).run()
    assert [(each.look, each.subject) for each in found.asked] == [
        (Look.SEARCH, desk().topic),
        (Look.SEARCH, "silk pores"),
        (Look.SIMILAR, "b4"),
        (Look.REFERENCES, "m4"),
    ]
    assert found.papers[0].source.paper == "m4"
    assert found.papers[0].relevance == 10
    assert "c1" in {each.source.paper for each in found.papers}  # through the references of m4 alone
    grounding = next(request for request in muse.listed if not is_grading(request))
    assert set(ids_of(grounding)) <= {each.source.paper for each in found.papers}
    assert "m1" in found.dropped


async def test_0_8_it_stops_at_the_size_at_the_rounds_and_when_nothing_is_new() -> None:
    searching = CannedMuse(lambda request: () if is_grading(request) else ("water", "noise", "cells"))
    by_size = await Gathering(desk(searching), "stage", Retrieval(size=4, hits=5)).run()
    assert (by_size.stopped, len(by_size.papers)) == ("size", 4)
    by_rounds = await Gathering(desk(searching), "stage", Retrieval(rounds=1, hits=2, lookups=1)).run()
    assert (by_rounds.stopped, by_rounds.rounds) == ("rounds", 1)
    nothing = await Gathering(desk(CannedMuse()), "stage", Retrieval(by_rule=False)).run()
    assert (nothing.stopped, nothing.rounds) == ("nothing new", 1)


async def test_0_8_a_paper_without_a_grade_is_kept_in_the_middle() -> None:
    def some(request: ListRequest) -> tuple[str, ...]:
        return ("m2: 9/10", "m3: 4") if is_grading(request) else ()

    found = await Gathering(desk(CannedMuse(some)), "stage", Retrieval(by_rule=False)).run()
    order = [each.source.paper for each in found.papers]
    assert (order[0], order[-1]) == ("m2", "m3")
    assert found.ungraded == len(order) - 2
    assert found.dropped == ()


async def test_0_8_a_rule_follows_the_links_where_the_muse_only_searches() -> None:
    found = await Gathering(desk(), "stage", Retrieval()).run()
    looks = Counter(each.look for each in found.asked if not each.by_model)
    assert looks[Look.SIMILAR] >= 1
    assert looks[Look.REFERENCES] >= 1
    assert len({each.source.paper for each in found.papers}) == len(found.papers)


@given(st.lists(st.text(max_size=20), max_size=6), st.integers(0, 5), st.integers(1, 9))
async def test_0_8_the_loop_ends_whatever_the_muse_says(lines: list[str], rounds: int, size: int) -> None:
    at = desk(CannedMuse(lambda request: tuple(lines)))
    found = await Gathering(at, "stage", Retrieval(rounds=rounds, size=size)).run()
    assert found.rounds <= rounds
    assert len(found.papers) <= size
    assert len(set(found.asked)) == len(found.asked)


async def test_0_8_nothing_is_looked_up_twice() -> None:
    library = ShelfLibrary()
    muse = CannedMuse(lambda request: ("search: water", "Water", "water") if not is_grading(request) else ())
    await Gathering(desk(muse, library=library), "stage", Retrieval(rounds=4)).run()
    assert [text.casefold() for text in library.searched].count("water") == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("search: membranes in brine", Lookup(look=Look.SEARCH, subject="membranes in brine")),
        ("membranes in brine", Lookup(look=Look.SEARCH, subject="membranes in brine")),
        ("Similar to: [b2].", Lookup(look=Look.SIMILAR, subject="b2")),
        ("REFERENCES of paper: b2", Lookup(look=Look.REFERENCES, subject="b2")),
        ("similar: Wavelet filters for whale calls", Lookup(look=Look.SIMILAR, subject="b2")),
        ("references: [zz]", None),
        ("search:  ", None),
        ("", None),
    ],
)
def test_0_8_lines_are_read_as_lookups(line: str, expected: Lookup | None) -> None:
    assert lookup(line, ALL) == expected


@pytest.mark.parametrize(
    ("line", "grade"),
    [
        ("[b2]: 7", 7),
        ("b2 = 10", 10),
        ("[b2] 3/10", 3),
        ("[b2]: 11", None),
        ("[b2]: 0", None),
        ("[b2]: high", None),
        ("[b2]: 7.5", None),
        ("Wavelet filters for whale calls: 4", 4),
    ],
)
def test_0_8_grades_are_whole_numbers_from_1_to_10_or_unknown(line: str, grade: int | None) -> None:
    assert grades([line], ALL) == ({} if grade is None else {"b2": grade})


def test_a_paper_is_named_by_its_whole_id() -> None:
    assert named("see b21", ALL) is None
    assert named("see (b2).", ALL) is SOURCES[PaperId("b2")]


def test_0_11_half_of_the_calls_see_nothing_and_the_others_ten_of_the_twenty_best() -> None:
    numbered = tuple(Source(paper=PaperId(f"n{at:02}"), title="", abstract="") for at in range(24))
    plan = Sampling().plan(numbered, 8, random.Random(3))
    assert [len(shown) for shown in plan].count(0) == 4
    for shown in plan:
        names = [each.paper for each in shown]
        assert names == sorted(set(names))
        assert set(names) <= {f"n{at:02}" for at in range(20)}
        assert len(names) in (0, 10)
    assert len(set(plan)) > 4
    assert plan == Sampling().plan(numbered, 8, random.Random(3))
    assert plan != Sampling().plan(numbered, 8, random.Random(4))


@given(st.integers(0, 30), st.floats(0, 1), st.integers(0, 12), st.integers(0, 15), st.integers(0, 99))
def test_0_11_the_share_is_exact(calls: int, share: float, top: int, shown: int, seed: int) -> None:
    plan = Sampling(top=top, shown=shown, without=share).plan(ALL, calls, random.Random(seed))
    assert len(plan) == calls
    if min(top, shown):
        assert sum(not each for each in plan) == int(share * calls + 1e-9)
    assert all(len(each) <= min(top, shown) and set(each) <= set(ALL[:top]) for each in plan)
