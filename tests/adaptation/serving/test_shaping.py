"""Replies held to a schema: whatever a model would rather say, what it writes can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

torch = pytest.importorskip("torch")
pytest.importorskip("gguf")
pytest.importorskip("llguidance")

from adaptation.base import Base  # noqa: E402
from adaptation.serving.generating import end_ids  # noqa: E402
from adaptation.serving.live import Asked, LiveBase, LiveModel  # noqa: E402
from adaptation.serving.shaping import BadSchema, Shapes  # noqa: E402
from core.chat import Message  # noqa: E402
from core.replies import ask_object  # noqa: E402

Short = Annotated[str, Field(max_length=8)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Short
    weight: Literal[1, 2, 3]


class Finding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Short
    kind: Literal["process", "host"]
    sure: bool
    parts: Annotated[list[Part], Field(max_length=2)]
    note: Short | None


@pytest.fixture(scope="module")
def shapes(base: Base) -> Shapes:
    return Shapes(base.tokenizer, base.model.config.vocab_size, end_ids(base.model, base.tokenizer))


@pytest.fixture
def live(base: Base) -> Iterator[LiveBase]:
    made = LiveBase(Path("unused"), {}, base=base)
    yield made
    made.close()


def asked(schema: Any, **knobs: Any) -> Asked:
    message = Message(role="user", content="Report what you found.")
    return Asked(messages=(message,), json_schema=schema, **{"max_tokens": 600, **knobs})


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("temperature", [0.0, 1.0, 2.0])
async def test_a_random_model_writes_what_the_schema_says(
    seed: int, temperature: float, live: LiveBase
) -> None:
    """Strings, choices, truth, lists, nothing, and parts that the schema names elsewhere."""
    told: list[str] = []
    knobs = {"seed": seed, "temperature": temperature}
    answered = await live.answer(None, asked(Finding.model_json_schema(), **knobs), told.append)
    assert answered.ended
    assert "".join(told) == answered.text
    Finding.model_validate_json(answered.text)


async def test_a_chat_model_gives_the_object_that_is_asked_for(live: LiveBase) -> None:
    model = LiveModel(live, None, shown_as="adapter:none")
    found = await ask_object(model, "Report.", Finding, name="finding", seed=1, most_items=1)
    assert len(found.parts) <= 1
    assert (await live.answer(None, Asked(messages=asked(None).messages, max_tokens=9))).text[0] != "{"


async def test_a_reply_that_is_cut_off_says_so(live: LiveBase) -> None:
    answered = await live.answer(None, asked(Finding.model_json_schema(), max_tokens=5, seed=0))
    assert (answered.tokens, answered.ended) == (5, False)


def test_only_what_may_come_next_is_allowed(base: Base, shapes: Shapes) -> None:
    shape = shapes.shape({"enum": ["yes", "no"]})
    for letter, others in (('"', "yn{"), ("n", '"o'), ("o", "ny"), ('"', "on")):
        allowed = shape.allowed()
        assert allowed.dtype == np.bool_
        assert allowed.shape == (base.model.config.vocab_size,)
        assert allowed[base.tokenizer(letter)["input_ids"][0]]
        assert not allowed[base.tokenizer(others)["input_ids"]].any()
        assert not shape.ended
        shape.take(base.tokenizer(letter)["input_ids"][0])
    assert shape.ended


def test_blanks_between_parts_are_few(base: Base, shapes: Shapes) -> None:
    """A model that likes blanks best would write nothing else until it is cut off."""
    shape = shapes.shape({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]})
    brace, blank = (base.tokenizer(each)["input_ids"][0] for each in "{ ")
    shape.take(brace)
    count = 0
    while shape.allowed()[blank]:
        shape.take(blank)
        count += 1
    assert 0 < count <= 12


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "#/$defs/none"}, {"type": ["string", 3]}])
def test_what_is_no_schema_is_said_in_one_line(schema: dict[str, Any], shapes: Shapes) -> None:
    with pytest.raises(BadSchema, match="no reply can be held to this schema: ") as raised:
        shapes.shape(schema)
    assert "\n" not in str(raised.value)


def test_what_a_grammar_cannot_hold_to_is_let_pass(shapes: Shapes) -> None:
    """The reader validates all the same."""
    shapes.shape({"type": "array", "items": {"type": "string"}, "uniqueItems": True})


def test_a_tokenizer_whose_bytes_are_unknown_is_refused() -> None:
    with pytest.raises(BadSchema, match="replies cannot be held to a schema"):
        Shapes(json, 10, [1])
