from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.memory.words import Mark, Piece, marked, word_diff

TEXT = st.lists(st.sampled_from(["host", "name", "a", "(", ",", "  ", " ", "\n", "é", "DeviceInfo"])).map(
    "".join
)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_off(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.mark is not Mark.NEW) == before
    assert "".join(piece.text for piece in pieces if piece.mark is not Mark.GONE) == after
    assert all(piece.text for piece in pieces)


@given(TEXT)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(piece.mark is Mark.SAME for piece in word_diff(text, text))


@given(TEXT, TEXT)
def test_no_two_neighbours_are_alike(before: str, after: str) -> None:
    marks = [piece.mark for piece in word_diff(before, after)]
    assert all(one is not other for one, other in pairwise(marks))


def test_a_word_is_changed_whole() -> None:
    assert word_diff("match the host name", "match the hosts name") == (
        Piece(mark=Mark.SAME, text="match the "),
        Piece(mark=Mark.GONE, text="host"),
        Piece(mark=Mark.NEW, text="hosts"),
        Piece(mark=Mark.SAME, text=" name"),
    )


def test_a_rewritten_phrase_is_one_change() -> None:
    assert marked(word_diff("read the old long list now", "read my new short row now")) == (
        "read [-the old long list-]{+my new short row+} now"
    )


def test_texts_with_little_in_common_stand_one_after_the_other() -> None:
    assert marked(word_diff("match the first label", "ask for rows of the sign-in log, and count")) == (
        "[-match the first label-]{+ask for rows of the sign-in log, and count+}"
    )
