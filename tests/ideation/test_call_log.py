from __future__ import annotations

from pathlib import Path

from core.chat import ChatRequest, Message
from core.models.scripted import ScriptedModel
from ideation.call_log import LoggedModel


def ask(text: str, seed: int = 0) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),), seed=seed)


async def test_10_3_a_killed_run_goes_on_and_pays_only_for_what_it_had_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    first = ScriptedModel(["one", "two"])
    log = LoggedModel(first, path)
    assert [(await log.complete(ask(text))).text for text in "ab"] == ["one", "two"]
    with path.open("ab") as file:
        file.write(b'{"digest": "half of a li')
    second = ScriptedModel(["three"])
    again = LoggedModel(second, path)
    assert [(await again.complete(ask(text))).text for text in "abc"] == ["one", "two", "three"]
    assert (again.repeated, again.made, len(second.requests)) == (2, 1, 1)
    third = LoggedModel(ScriptedModel([]), path)
    assert [(await third.complete(ask(text))).text for text in "abc"] == ["one", "two", "three"]


async def test_one_request_made_twice_is_two_calls(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    log = LoggedModel(ScriptedModel(["one", "two"]), path)
    for _ in range(2):
        await log.complete(ask("a"))
    again = LoggedModel(ScriptedModel(["three"]), path)
    assert [(await again.complete(ask("a"))).text for _ in range(3)] == ["one", "two", "three"]
