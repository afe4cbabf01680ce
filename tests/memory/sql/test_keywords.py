from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from core.database import Database
from memory.items import Audience
from memory.sql import keywords

HERE = keywords.section("soc", Audience.STUDENT)
THERE = keywords.section("soc", Audience.TEACHER)
WORDS = ["host", "label", "table", "sign", "and", "or", "not", "near", "null", "a_b", "_", "10", "e"]
WORDS += ["é", "höhe", "адрес", "名前", "日本", "\udcff", "\u0130"]
"""Plain ones, FTS5's own, those of other scripts, and what no encoding holds."""

words = st.sampled_from(WORDS)
items = st.lists(st.lists(words, max_size=5), max_size=8)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.session() as session:
        yield session.connection()


def fill(connection: Connection, section: str, texts: list[list[str]], first: int) -> None:
    for number, text in enumerate(texts, start=first):
        keywords.write(connection, number, section, text)


def clear(connection: Connection) -> None:
    for number in keywords.numbers(connection):
        keywords.remove(connection, number)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(here=items, there=items, query=st.lists(words, max_size=4))
def test_it_finds_exactly_what_shares_a_word_in_its_section(
    connection: Connection, here: list[list[str]], there: list[list[str]], query: list[str]
) -> None:
    clear(connection)
    fill(connection, HERE, here, 64)
    fill(connection, THERE, there, 640)
    shared = {64 + at for at, text in enumerate(here) if set(text) & set(query)}
    assert set(keywords.find(connection, HERE, query, 100)) == shared
    assert keywords.numbers(connection) == {
        *range(64, 64 + len(here)),
        *range(640, 640 + len(there)),
    }


def test_who_shares_more_words_comes_first_and_the_rest_is_cut(connection: Connection) -> None:
    fill(connection, HERE, [["host"], ["host", "label", "sign"], ["table"], ["host", "label"]], 1)
    assert keywords.find(connection, HERE, ["host", "label", "sign"], 2) == (2, 4)
    assert keywords.find(connection, HERE, [], 2) == ()


def test_other_words_take_the_place_of_the_old_ones(connection: Connection) -> None:
    keywords.write(connection, 7, HERE, ["host"])
    keywords.write(connection, 7, HERE, ["label"])
    assert keywords.find(connection, HERE, ["host"], 9) == ()
    assert keywords.find(connection, HERE, ["label"], 9) == (7,)
    keywords.remove(connection, 7)
    keywords.remove(connection, 7)
    assert keywords.find(connection, HERE, ["label"], 9) == ()
    assert keywords.numbers(connection) == frozenset()


def test_two_words_or_sections_have_two_tokens() -> None:
    tokens = {keywords.token(section, word) for section in (HERE, THERE) for word in WORDS}
    assert len(tokens) == 2 * len(WORDS)


@given(st.text(min_size=1, max_size=12))
def test_no_token_splits(word: str) -> None:
    made = keywords.token(HERE, word)
    assert made.isascii()
    assert made.replace("_", "").isalnum()


def test_sections_differ_by_scope_and_audience() -> None:
    names = {keywords.section(scope, audience) for scope in ("a", "a/b", "ab") for audience in Audience}
    assert len(names) == 6
    assert all(name.isascii() and name.isalnum() for name in names)
