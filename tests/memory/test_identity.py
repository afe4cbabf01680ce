from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.guidance import ActionTemplate
from memory.identity import content_hash, item_id, normalised
from tests.memory.samples import SIGN_IN


@given(st.text(max_size=80))
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.lists(st.sampled_from(["join", "the", "tables", "on", "AccountUpn"]), min_size=1), st.data())
def test_spaces_and_case_make_no_other_item(words: list[str], data: st.DataObject) -> None:
    gaps = [data.draw(st.sampled_from([" ", "  ", "\n", "\t "])) for _ in words]
    spread = "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    one, two = (replace(SIGN_IN, content=content) for content in (" ".join(words), spread.upper()))
    assert content_hash(one) == content_hash(two)


def test_order_of_bindings_is_no_difference_and_their_values_are() -> None:
    def with_bindings(bindings: dict[str, str]) -> str:
        action = ActionTemplate(tool="sql", template="SELECT {a}  FROM {b}", bindings=bindings)
        return content_hash(replace(SIGN_IN, action=action))

    assert with_bindings({"a": "1", "b": "2"}) == with_bindings({"b": "2", "a": "1"})
    assert with_bindings({"a": "1", "b": "2"}) != with_bindings({"a": "2", "b": "1"})


def test_what_says_when_an_item_applies_is_no_part_of_what_it_is() -> None:
    for other in (
        replace(SIGN_IN, cue="another"),
        replace(SIGN_IN, boundary="not for services"),
        replace(SIGN_IN, expected_effect="an address"),
    ):
        assert content_hash(other) == content_hash(SIGN_IN)


def test_another_model_or_salt_makes_another_hash() -> None:
    hashes = [
        content_hash(SIGN_IN),
        content_hash(replace(SIGN_IN, student_model="small")),
        content_hash(SIGN_IN, salt="7"),
        content_hash(replace(SIGN_IN, student_model="small"), salt="7"),
    ]
    assert len(set(hashes)) == 4


def test_an_id_is_short_and_steady() -> None:
    assert item_id(content_hash(SIGN_IN)) == item_id(content_hash(replace(SIGN_IN, cue="another")))
    assert len(item_id(content_hash(SIGN_IN))) == 23
