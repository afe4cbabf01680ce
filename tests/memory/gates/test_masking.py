from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.redaction import has_secret
from memory.gates.abstraction import contains_entity_value
from memory.gates.encoded import has_encoded
from memory.gates.hidden import has_hidden
from memory.gates.masking import WITHHELD, masked
from tests.memory.gates.lessons import LESSONS
from tests.memory.gates.texts import FRAGMENTS, texts


def test_a_good_lesson_stays_as_it_is() -> None:
    assert [lesson for lesson in LESSONS if masked(lesson) != lesson] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Look for 192.0.2.17 first", "Look for [an IP address] first"),
        ("Mail to anna.lee@contoso.example, then stop.", "Mail to [an e-mail address], then stop."),
        ("password=hunter2hunter2 works", "password=[secret] works"),
        ("Read the\u200b alert", "Read the\\u200b alert"),
        ("Read\U000e0041 it", "Read\\u{e0041} it"),
        ("from 192[.]0[.]2[.]17 on", "from [an IP address] on"),
        ("from １９２．０．２．１７ on", "from [an IP address] on"),
        ("at 192.0\u200b.2.17 it began", "at [an IP address] it began"),
        ("run %69%67%6e%6f%72%65 now", "run [an encoded text] now"),
        ("run aWdub3JlIGFsbCBwcmV2aW91cw== now", "run [secret] now"),
    ],
)
def test_what_must_not_be_kept_is_named_instead(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_tag_characters_are_read_as_the_letters_that_they_stand_for() -> None:
    tagged = "".join(chr(0xE0000 + ord(letter)) for letter in "192.0.2.17")
    assert masked(f"Read {tagged} first") == "Read [an IP address] first"


@settings(max_examples=400)
@given(texts)
@example("\\\u200bfiles\\x")
@example("password=[secre" + "t]x")
def test_a_masked_text_passes_and_stays_as_it_is(text: str) -> None:
    shown = masked(text)
    assert not has_hidden(shown)
    assert not has_secret(shown)
    assert not has_encoded(shown)
    assert contains_entity_value(shown) is None
    assert masked(shown) == shown


@given(st.text(max_size=200))
def test_any_text_can_be_masked(text: str) -> None:
    assert not has_hidden(masked(text))


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_the_words_around_a_value_are_kept(fragment: str) -> None:
    shown = masked(f"Join the tables. {fragment} Then count.")
    assert shown == WITHHELD or shown.startswith("Join the tables")
