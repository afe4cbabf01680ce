from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from memory.documents.prose import WIDTH, quoted, read_prose, read_value, unquoted, write_prose, write_value
from tests.memory.documents.anything import contents, texts

PLAIN = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="`"))


@given(texts)
def test_prose_says_again_what_was_written(text: str) -> None:
    assert read_prose(write_prose(text)) == text


@given(texts)
def test_a_value_says_again_what_was_written_and_stands_on_one_line(text: str) -> None:
    line = write_value(text)
    assert len(line.splitlines()) <= 1
    assert read_value(line) == read_value(f"  {line} ") == text


@given(contents)
def test_prose_begins_no_heading_list_or_fence(text: str) -> None:
    for line in write_prose(text).split("\n"):
        assert not line.startswith(("#", "- ", "+ ", "* ", ">", "```", "~~~", "=")), line


@given(PLAIN.map(lambda text: " ".join(text.split())).filter(bool))
def test_a_reader_of_markdown_shows_the_words_as_they_are(text: str) -> None:
    (_, inline, _) = MarkdownIt("commonmark").parse(write_prose(text))
    shown = "".join(" " if each.type == "softbreak" else each.content for each in inline.children or [])
    assert {each.type for each in inline.children or []} <= {"text", "text_special", "softbreak"}
    assert shown == text


@given(texts.filter(lambda text: "\n" not in text and text.isprintable() and text.strip() == text))
def test_a_value_in_code_is_a_code_span_to_every_reader(text: str) -> None:
    line = write_value(text)
    if line.startswith("`"):
        (_, inline, _) = MarkdownIt("commonmark").parse(line)
        assert [(each.type, each.content) for each in inline.children or []] == [("code_inline", text)]


def test_plain_words_stand_as_they_are() -> None:
    words = "Join AlertEvidence to SigninLogs on the account's e-mail (not the name); see `UserId`."
    assert write_prose(words) == words
    assert write_value("answer_type:ip, sign-in address") == "answer_type:ip, sign-in address"


def test_long_prose_is_wrapped_and_a_long_word_is_not() -> None:
    lines = write_prose(" ".join(["word"] * 60) + " " + "x" * 200).split("\n")
    assert len(lines) > 3
    assert all(len(line) <= WIDTH for line in lines[:-1])
    assert lines[-1] == "x" * 200


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("two\n  lines \n\n and a paragraph", "two lines and a paragraph"),
        ("a \\* star", "a * star"),
        ("a * star", "a * star"),
        (r"C:\Temp", r"C:\Temp"),
        ('"quoted" words', '"quoted" words'),
    ],
)
def test_prose_by_hand(written: str, read: str) -> None:
    assert read_prose(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r" re:sign-?in\.log ", r"re:sign-?in\.log"),
        ("`re:a|b`", "re:a|b"),
        ("`one` and `two`", "`one` and `two`"),
        ('"two\\nlines"', "two\nlines"),
        ('"Unknown" users', '"Unknown" users'),
        ("a * star", "a * star"),
        ("", ""),
    ],
)
def test_values_by_hand(written: str, read: str) -> None:
    assert read_value(written) == read


@pytest.mark.parametrize(
    ("written", "told"),
    [("`re:a", "begins with ` and does not end"), ('"two\nlines "or" so"', "double quotes")],
)
def test_a_value_that_does_not_end_is_told(written: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_value(written)


@given(texts)
def test_a_quoted_text_hides_no_character(text: str) -> None:
    assert quoted(text).isprintable()
    assert unquoted(quoted(text)) == text
