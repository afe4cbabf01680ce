from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.guidance import Guidance, render_guidance
from core.tokens import count_tokens
from memory.documents.advice import advisory_block
from memory.items import Item, Status
from tests.memory.documents.anything import items, pamphlets


@given(pamphlets, st.integers(-5, 400))
def test_the_block_is_never_over_its_budget(memory: list[Item], budget: int) -> None:
    block = advisory_block(memory, budget)
    assert block == "" or count_tokens(block) <= budget
    assert block == "" or (block.startswith("<advice>\n") and block.endswith("\n</advice>"))


@given(pamphlets)
def test_with_room_enough_it_is_all_that_is_active_and_one_candidate(memory: list[Item]) -> None:
    first = next((item for item in memory if item.status is Status.CANDIDATE), None)
    live = tuple(item.as_guidance() for item in memory if item.status is Status.ACTIVE or item is first)
    assert advisory_block(memory, 10**6) == render_guidance(Guidance(items=live))


@given(items)
def test_what_is_not_live_is_never_advice(item: Item) -> None:
    for status in (Status.RETIRED, Status.QUARANTINED):
        assert advisory_block([replace(item, state=replace(item.state, status=status))], 10**6) == ""


@given(items)
def test_the_budget_is_exact(item: Item) -> None:
    live = replace(item, state=replace(item.state, status=Status.ACTIVE))
    whole = advisory_block([live], 10**6)
    assert advisory_block([live], count_tokens(whole)) == whole
    assert advisory_block([live], count_tokens(whole) - 1) == ""


@given(items, items)
def test_a_shorter_item_takes_the_room_that_a_long_one_cannot(one: Item, other: Item) -> None:
    long = replace(one, state=replace(one.state, status=Status.ACTIVE, content="word " * 300 + "end"))
    words = replace(other.state, content="A short one.", action=None, boundary="")
    short = replace(other, state=replace(words, status=Status.ACTIVE))
    assert advisory_block([long, short], 100) == advisory_block([short], 100) != ""
