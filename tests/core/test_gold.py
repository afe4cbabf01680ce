"""The one door of a gold answer: nothing but a Scorer gets the value out."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from core.gold import Gold, GoldReader

SECRET = "the-planted-answer"


class Reader(GoldReader):
    """Stands where a Scorer stands."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    text: str
    answer: Gold[str]


class Row(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    answer: Gold[str]


@given(st.one_of(st.text(), st.integers(), st.lists(st.text())))
def test_a_reader_gets_the_very_value(value: object) -> None:
    assert Gold(value).reveal_to(Reader()) is value


@pytest.mark.parametrize("caller", [None, object(), GoldReader, Reader, "Reader"])
def test_nobody_else_does(caller: object) -> None:
    with pytest.raises(TypeError, match="only for a Scorer"):
        Gold(SECRET).reveal_to(caller)  # type: ignore[arg-type]


@pytest.mark.parametrize("show", [repr, str, ascii, "{}".format, "{:>40}".format, lambda g: f"{g!r:10}"])
@pytest.mark.parametrize("wrap", [lambda g: g, lambda g: [g], lambda g: Question(text="q", answer=g)])
def test_no_text_shows_it(show: Callable[[object], str], wrap: Callable[[object], object]) -> None:
    gold = Gold(SECRET)
    try:
        text = show(wrap(gold))
    except TypeError:  # lists and dataclasses take no format of their own
        return
    assert SECRET not in text
    assert "<gold>" in text


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, pickle.dumps, json.dumps, lambda gold: pickle.dumps(gold, 0)]
)
def test_it_is_never_copied_or_written(copied: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        copied(Gold(SECRET))


def test_what_holds_it_cannot_be_written_either() -> None:
    question = Question(text="q", answer=Gold(SECRET))
    with pytest.raises(TypeError, match="never copied"):
        dataclasses.asdict(question)
    with pytest.raises(PydanticSerializationError):
        Row(answer=Gold(SECRET)).model_dump_json()


def test_it_has_no_dict_to_look_into_and_takes_no_attribute() -> None:
    gold = Gold(SECRET)
    with pytest.raises(TypeError):
        vars(gold)
    with pytest.raises(AttributeError):
        gold.note = "more"  # type: ignore[attr-defined]


def test_equality_tells_nothing_of_the_value() -> None:
    gold = Gold(SECRET)
    assert gold == gold
    assert gold != Gold(SECRET)
    assert gold != SECRET
    assert len({gold, Gold(SECRET)}) == 2
