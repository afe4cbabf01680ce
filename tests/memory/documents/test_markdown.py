from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from memory.documents.document import DocumentItem
from memory.documents.markdown import parse, parse_item, render, render_item
from memory.items import Item
from tests.memory.documents.anything import items, pamphlets


def by_id(found: list[DocumentItem] | tuple[DocumentItem, ...]) -> dict[str, DocumentItem]:
    return {item.name: item for item in found}


@given(pamphlets)
def test_a_document_says_again_all_that_an_import_may_set(memory: list[Item]) -> None:
    document = parse(render(memory))
    assert len(document) == len(memory)
    assert by_id(document) == by_id([DocumentItem.of(item) for item in memory])


@given(pamphlets, st.sampled_from(["\r\n", "\r"]))
def test_other_line_ends_change_nothing(memory: list[Item], end: str) -> None:
    text = render(memory)
    assert parse("\ufeff" + text.replace("\n", end)) == parse(text)


@given(pamphlets, st.randoms(use_true_random=False), st.text())
def test_the_same_memory_gives_the_same_bytes(memory: list[Item], chance: random.Random, title: str) -> None:
    shuffled = list(memory)
    chance.shuffle(shuffled)
    assert render(shuffled) == render(memory)
    assert by_id(parse(render(shuffled, title=title))) == by_id(parse(render(memory)))


@given(items)
def test_one_item_goes_through_an_editor(item: Item) -> None:
    assert parse_item(render_item(item)) == DocumentItem.of(item)


@given(items)
def test_bindings_keep_their_order(item: Item) -> None:
    again = parse_item(render_item(item)).state.action
    if item.action is not None:
        assert again is not None
        assert list(again.bindings) == list(item.action.bindings)


@given(items, items)
def test_an_editor_of_one_item_takes_no_two(one: Item, other: Item) -> None:
    other = replace(other, id=type(one.id)("it_" + "0" * 20))
    one = replace(one, id=type(one.id)("it_" + "1" * 20))
    with pytest.raises(UserError, match="the text has 2"):
        parse_item(render([one, other]))
    with pytest.raises(UserError, match="the text has 0"):
        parse_item(render([]))
