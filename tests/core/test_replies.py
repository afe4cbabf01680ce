from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from core.errors import ModelOutputError
from core.models.scripted import ScriptedModel
from core.replies import LONGEST_SHOWN, ask_object, read_object, reply_schema


class Answer(BaseModel):
    texts: list[str]
    worth: float


TITLE = {"title": "Texts", "type": "array"}
GOOD = '{"texts": ["a"], "worth": 0.5}'


@pytest.mark.parametrize("text", [GOOD, f"Here:\n```json\n{GOOD}\n```", f"<think>{{no}}</think>{GOOD}"])
def test_prose_fences_and_thoughts_around_the_object_are_let_pass(text: str) -> None:
    assert read_object(text, Answer) == Answer(texts=["a"], worth=0.5)


@pytest.mark.parametrize(
    ("text", "told"), [("none", "holds no JSON object"), ('{"texts": []}', "worth"), ("} {", "no JSON")]
)
def test_what_is_no_such_object_is_told(text: str, told: str) -> None:
    with pytest.raises(ModelOutputError, match=told):
        read_object(text, Answer)


async def test_an_unreadable_reply_is_shown_once_and_asked_for_again() -> None:
    model = ScriptedModel(["{no", GOOD])
    assert (await ask_object(model, "Say.", Answer, name="answer", seed=3)).worth == 0.5
    again = model.requests[1]
    assert [each.role for each in again.messages] == ["user", "assistant", "user"]
    assert again.messages[1].content == "{no"
    assert again.seed == 3


async def test_a_reply_that_was_cut_off_is_not_shown_whole_again() -> None:
    """A small model wrote to the end of its context, so that asking again was refused as too long."""
    model = ScriptedModel(['{"texts": ["' + "never ends " * 2_000, GOOD])
    await ask_object(model, "Say.", Answer, name="answer")
    shown = model.requests[1].messages[1].content
    assert shown.startswith('{"texts": ["never ends')
    assert shown.endswith("[cut]")
    assert len(shown) < LONGEST_SHOWN + 10


class Kind(StrEnum):
    PLAIN = "plain"


class Named(BaseModel):
    name: str
    code: Annotated[str, Field(max_length=3)]
    kind: Kind
    answers: list[Answer]


def test_lists_and_texts_are_bounded_and_nothing_else() -> None:
    assert "max" not in str(reply_schema(Answer))
    bounded = reply_schema(Answer, 4, 90)["properties"]
    assert bounded["texts"] == {"items": {"maxLength": 90, "type": "string"}, "maxItems": 4, **TITLE}
    assert "max" not in str(bounded["worth"])
    nested = reply_schema(Named, None, 90)
    assert [nested["properties"][name].get("maxLength") for name in ("name", "code")] == [90, 3]
    assert "max" not in str(nested["$defs"]["Kind"])
    assert nested["$defs"]["Answer"]["properties"]["texts"]["items"]["maxLength"] == 90
