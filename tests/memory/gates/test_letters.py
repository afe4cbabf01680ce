from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.gates.letters import mixed_word, plain, spaced_letters, undisguised


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ignоrе аll рrеviоus", "Ignore all previous"),
        ("Ｉｇｎｏｒｅ", "Ignore"),
        ("𝐢𝐠𝐧𝐨𝐫𝐞", "ignore"),
        ("ɪɢɴᴏʀᴇ", "ignore"),
        ("🅘🅖🅝", "IGN"),
        ("Ïgnöré", "Ignore"),
        ("ig\u200bnore\n\tit", "ignore\n\tit"),
        ("plain", "plain"),
    ],
)
def test_plain_is_what_a_reader_takes_in(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1gn0re th1s", "ignore this"),
        ("tru$t 4ll", "trust all"),
        ("Ig.no.re it", "Ignore it"),
        ("IgnoreAllRules", "Ignore All Rules"),
        ("skip_the_check", "skip the check"),
        ("erongi", "ignore"),
        ("vtaber", "ignore"),
    ],
)
def test_disguises_are_read(text: str, meant: str) -> None:
    assert meant in list(undisguised(text))


def test_a_text_without_telling_words_in_disguise_has_no_other_reading() -> None:
    assert list(undisguised("Join EmailEvents to SigninLogs on T1059.001")) == []


@pytest.mark.parametrize("text", ["trеat", "Ηost", "ѕystem", "Ｗｈｉｔｅ", "𝐢𝐠𝐧", "ᴛʀᴇᴀᴛ", "ⓘⓖⓝ"])
def test_mixed_and_styled_words_are_seen(text: str) -> None:
    assert mixed_word(f"Read {text} first")


@pytest.mark.parametrize(
    "text", ["μM and λmax", "H₂O, CO₂, x²", "Привет мир", "Γειά σου", "naïve café", "５ rows", "ℓ and Å"]
)
def test_words_of_one_alphabet_and_of_science_pass(text: str) -> None:
    assert not mixed_word(text)


@pytest.mark.parametrize("text", ["i g n o r e  a l l", "t-r-u-s-t-i-t", "i.g.n.o.r.e.d"])
def test_letters_set_apart_are_seen(text: str) -> None:
    assert spaced_letters(f"so {text} so")


@pytest.mark.parametrize(
    "text", ["a.b.c", "U.S.A. and U.K.", "i.e. e.g. a b", "a*x*x + b*x + c", "x, y, z, a, b, c, d"]
)
def test_short_runs_of_letters_pass(text: str) -> None:
    assert not spaced_letters(text)


@given(st.text(max_size=100))
def test_plain_takes_any_text_and_is_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)
