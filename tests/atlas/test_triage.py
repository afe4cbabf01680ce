"""The plain triager and the shapes of values."""

from __future__ import annotations

import time

import pytest

from atlas.triage import PlainTriager, find_values
from tests.atlas.parts import make_task


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("from 10.0.0.7 to 10.0.0.8.", ("10.0.0.7", "10.0.0.8")),
        ("see https://a.example/x?y=1, then", ("https://a.example/x?y=1",)),
        ("jane.doe@corp.example did", ("jane.doe@corp.example",)),
        ("sid S-1-5-21-1-2-3", ("S-1-5-21-1-2-3",)),
        ("ran evil.exe twice: evil.exe", ("evil.exe",)),
        ("nothing here", ()),
    ],
)
def test_values_are_found_by_shape(text: str, values: tuple[str, ...]) -> None:
    assert find_values(text) == values


def test_a_quoted_term_is_an_entity_of_a_prompt() -> None:
    found = PlainTriager().triage(make_task(prompt="What ran on `web-01`?"))
    assert found.entities == ("web-01",)
    assert found.answer_type == ""


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "a-" * 25_000, "a." * 25_000, "1." * 25_000, "ab" * 25_000 + "@"]
)
def test_hostile_text_does_not_stall_the_search(text: str) -> None:
    started = time.perf_counter()
    find_values(text)
    assert time.perf_counter() - started < 2.0
