from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.gates.hidden import bared, escaped, has_hidden, is_hidden


@pytest.mark.parametrize(
    "character",
    [
        *(
            "\u200b",
            "\u202e",
            "\u2067",
            "\ufeff",
            "\u00ad",
            "\x00",
            "\x1b",
            "\r",
            "\u2028",
            "\ue000",
            "\ud800",
        ),
        *("\ufe0f", "\U000e0101", "\U000e0041", "\u3164", "\u2800", "\u034f", "\u180e", "\u0378"),
    ],
)
def test_characters_that_nobody_sees_are_found_and_written_out(character: str) -> None:
    text = f"join{character} the tables"
    assert is_hidden(character)
    assert has_hidden(text)
    assert escaped(text).startswith("join\\")
    assert not has_hidden(escaped(text))


@pytest.mark.parametrize(
    "text", ["plain", "two\nlines\tand a tab", "café – “so”", "表", "μM", "✓ 🙂", "wide\u3000space"]
)
def test_what_is_seen_stays(text: str) -> None:
    assert not has_hidden(text)
    assert escaped(text) == text
    assert bared(text) == (text, list(range(len(text))))


def test_tag_characters_become_their_letters_and_others_go() -> None:
    assert bared("a\u200bb\U000e0063") == ("abc", [0, 2, 3])


def test_of_a_long_run_the_beginning_is_written_out() -> None:
    assert escaped("a" + "\u200b" * 32 + "b") == "a" + "\\u200b" * 32 + "b"
    assert escaped("a" + "\u200b" * 900 + "b") == "a" + "\\u200b" * 32 + "[and more]b"


@given(st.text(max_size=100))
def test_places_point_into_the_text(text: str) -> None:
    bare, places = bared(text)
    assert len(bare) == len(places)
    assert places == sorted(set(places))
    assert all(0 <= place < len(text) for place in places)
    assert not any(is_hidden(character) for character in bare)
