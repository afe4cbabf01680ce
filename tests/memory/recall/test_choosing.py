from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from memory.items import Audience, Fate, Hit, ItemId, RecallQuery, Status
from memory.recall.choosing import Scored, choose
from tests.memory.recall.entries import make_entry, unit

QUERY = RecallQuery(text="", scope="s", audience=Audience.STUDENT)
DIRECTIONS = [unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1), unit(1, 1, 0)]


def scored(
    name: str,
    score: float,
    *,
    status: Status = Status.ACTIVE,
    over_floor: bool = True,
    other_cue: bool = False,
    direction: int = 0,
    content: str = "words",
) -> Scored:
    entry = make_entry(name, content, vector=DIRECTIONS[direction], status=status)
    hit = Hit(item=entry.item, score=score, similarity=0.0, keyword=0.0, cue=0.0)
    return Scored(hit=hit, entry=entry, over_floor=over_floor, other_cue=other_cue)


def fates(*candidates: Scored, query: RecallQuery = QUERY, pairs: frozenset[tuple[str, str]] = frozenset()):
    opposed = frozenset((ItemId(one), ItemId(two)) for one, two in pairs)
    return {each.hit.item.id: each.fate for each in choose(query, candidates, opposed)}


def test_under_the_floor_and_for_something_else_are_told_apart() -> None:
    found = fates(scored("a", 1.0), scored("b", 0.9, over_floor=False), scored("c", 0.8, other_cue=True))
    assert found == {"a": Fate.SHOWN, "b": Fate.UNDER_FLOOR, "c": Fate.OTHER_CUE}


def test_a_short_one_fits_where_a_long_one_did_not() -> None:
    long = scored("b", 0.9, direction=1, content="word " * 200)
    found = fates(
        scored("a", 1.0), long, scored("c", 0.8, direction=2), query=replace(QUERY, token_budget=60)
    )
    assert found == {"a": Fate.SHOWN, "b": Fate.OVER_BUDGET, "c": Fate.SHOWN}


def test_of_two_that_contradict_the_better_scored_is_shown() -> None:
    found = fates(scored("b", 1.0), scored("a", 0.9, direction=1), pairs=frozenset({("a", "b")}))
    assert found == {"b": Fate.SHOWN, "a": Fate.CONTRADICTS}


def test_a_twin_is_left_out() -> None:
    found = fates(scored("a", 1.0), scored("b", 0.99), scored("c", 0.5, direction=1))
    assert found == {"a": Fate.SHOWN, "b": Fate.LIKE_ANOTHER, "c": Fate.SHOWN}


CANDIDATES = st.lists(
    st.tuples(
        st.floats(0.01, 1.5),
        st.sampled_from([Status.ACTIVE, Status.CANDIDATE]),
        st.booleans(),
        st.booleans(),
        st.integers(0, 3),
        st.integers(1, 60),
    ),
    max_size=14,
)


@given(CANDIDATES, st.integers(0, 6), st.integers(0, 200))
def test_whatever_comes_the_bounds_hold(
    drawn: list[tuple[float, Status, bool, bool, int, int]], limit: int, budget: int
) -> None:
    candidates = [
        scored(
            f"it_{number:02}",
            score,
            status=status,
            over_floor=over,
            other_cue=other,
            direction=way,
            content="word " * length,
        )
        for number, (score, status, over, other, way, length) in enumerate(drawn)
    ]
    candidates.sort(key=lambda each: -each.hit.score)
    query = replace(QUERY, limit=limit, token_budget=budget)
    considered = choose(query, candidates, frozenset())
    assert sorted(each.hit.item.id for each in considered) == sorted(c.hit.item.id for c in candidates)
    shown = [each for each in considered if each.fate is Fate.SHOWN]
    assert considered[: len(shown)] == shown
    assert len(shown) <= limit
    assert sum(each.tokens for each in shown) <= budget
    assert sum(each.hit.item.status is Status.CANDIDATE for each in shown) <= 1
    fitting = {c.hit.item.id for c in candidates if c.over_floor and not c.other_cue}
    assert {each.hit.item.id for each in shown} <= fitting
