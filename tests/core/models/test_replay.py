"""Recording calls and playing them back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import ChatReply, ChatRequest, Message, ToolCall, ToolSpec
from core.errors import ProviderError, StorageError, UserError
from core.models.replay import Record, RecordingModel, ReplayModel, read_recording, request_digest
from core.models.scripted import ScriptedModel
from core.redaction import SECRET
from core.usage import TokenUsage


def ask(text: str, **knobs: object) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),), **knobs)  # type: ignore[arg-type]


RICH = ChatRequest(
    messages=(
        Message(role="system", content="Zeile\nzwei"),
        Message(role="assistant", content="", tool_calls=(ToolCall(id="1", name="sql", arguments="{}"),)),
        Message(role="tool", content="[]", tool_call_id="1"),
    ),
    tools=(ToolSpec(name="sql", description="d", parameters={"type": "object", "required": ["a"]}),),
    json_schema={"type": "object"},
    temperature=0.5,
    stop=("x",),
)
REPLY = ChatReply(
    text="é",
    tool_calls=(ToolCall(id="2", name="sql", arguments='{"a": 1}'),),
    usage=TokenUsage(input=3, output=4),
    model="m",
    latency_seconds=0.25,
    retries=1,
)


async def record(path: Path, *pairs: tuple[ChatRequest, ChatReply | str]) -> None:
    model = RecordingModel(ScriptedModel([reply for _, reply in pairs]), path)
    for request, _ in pairs:
        await model.complete(request)
    await model.close()


async def test_a_recorded_call_plays_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "calls.jsonl"
    await record(path, (RICH, REPLY))
    model = ReplayModel(path)
    assert await model.complete(RICH) == REPLY
    assert model.name == "replay:calls.jsonl"


async def test_repeats_come_in_their_order_whatever_lies_between(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    await record(path, (ask("a"), "1"), (ask("b"), "2"), (ask("a"), "3"))
    model = ReplayModel(path)
    assert [(await model.complete(ask(text))).text for text in "aab"] == ["1", "3", "2"]
    with pytest.raises(UserError, match=r"asked more often than recorded .*record the run again"):
        await model.complete(ask("a"))


async def test_an_unknown_request_says_to_record_again(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    await record(path, (ask("a"), "1"))
    with pytest.raises(UserError, match=r"not in the recording .*record the run again"):
        await ReplayModel(path).complete(ask("a", temperature=0.1))


async def test_a_failed_call_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    model = RecordingModel(ScriptedModel([ProviderError("down")]), path)
    with pytest.raises(ProviderError):
        await model.complete(ask("a"))
    assert not path.exists()


async def test_a_recording_that_cannot_be_written_is_the_operators(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    model = RecordingModel(ScriptedModel(["1"]), tmp_path / "file" / "calls.jsonl")
    with pytest.raises(StorageError, match="cannot be written"):
        await model.complete(ask("a"))


async def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    await record(path, (ask("a"), "1"), (ask("b"), "2"))
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-20], encoding="utf-8")
    with pytest.raises(UserError, match=r"calls\.jsonl, line 2: "):
        ReplayModel(path)
    path.write_text(whole.replace('"content":"a"', '"content":"A"'), encoding="utf-8")
    with pytest.raises(UserError, match="line 1: the request was changed"):
        ReplayModel(path)
    line = json.loads(whole.splitlines()[0]) | {"more": 1}
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(UserError, match="line 1"):
        ReplayModel(path)
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(UserError, match="line 1"):
        ReplayModel(path)


def test_a_missing_recording_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        ReplayModel(tmp_path / "none.jsonl")


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_digests_are_equal_where_requests_are(left: str, right: str) -> None:
    assert (request_digest(ask(left)) == request_digest(ask(right))) is (left == right)


def test_a_digest_does_not_hang_on_the_order_of_a_schema() -> None:
    one, other = {"type": "object", "required": ["a"]}, {"required": ["a"], "type": "object"}
    assert request_digest(ask("a", json_schema=one)) == request_digest(ask("a", json_schema=other))


async def test_broken_text_in_a_request_is_recorded_as_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    await record(path, (ask("row \ud83d end"), "1"), (ask("row \ud83d end"), "2"))
    model = ReplayModel(path)
    assert [(await model.complete(ask("row \ud83d end"))).text for _ in range(2)] == ["1", "2"]
    assert read_recording(path)[0].request.messages[0].content == "row ? end"


KEY, CALL = f"sk-{'proj'}-q7Zp0LxV3nRt8KdW1yBc", "call_q7Zp0LxV3nRt8KdW1yBcQ2w4"


def asked_again(request: ChatRequest, reply: ChatReply, observation: str) -> ChatRequest:
    """The request of a dialogue's next turn."""
    turn = Message(role="assistant", content=reply.text, tool_calls=reply.tool_calls)
    seen = Message(role="tool", content=observation, tool_call_id=reply.tool_calls[0].id)
    return ChatRequest(messages=(*request.messages, turn, seen))


async def test_a_dialogue_with_secrets_plays_back_without_them(tmp_path: Path) -> None:
    """The reply that is played lacks the secret, and so does the request that is made of it."""
    path = tmp_path / "calls.jsonl"
    first = ask(f"Find the key. Not {KEY}.")
    call = ToolCall(id=CALL, name="sql", arguments=json.dumps({"text": f'SELECT "{KEY}"'}))
    said = ChatReply(text=f"I try {KEY}.", tool_calls=(call,))
    second = asked_again(first, said, f"[('{KEY}',)]")
    await record(path, (first, said), (second, "found"))
    assert KEY not in path.read_text(encoding="utf-8")

    for asks in (first, ask(first.messages[0].content.replace(KEY, SECRET))):
        model = ReplayModel(path)
        played = await model.complete(asks)
        assert played.text == "I try [secret]."
        assert played.tool_calls[0].id == CALL
        assert json.loads(played.tool_calls[0].arguments) == {"text": 'SELECT "[secret]"'}
        again = await model.complete(asked_again(asks, played, f"[('{KEY}',)]"))
        assert again.text == "found"


async def test_a_recording_of_before_plays_back_with_its_secrets(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    request = ask(f"Not {KEY}.")
    path.write_text(
        Record(digest=request_digest(request), request=request, reply=ChatReply(text="a")).model_dump_json()
    )
    assert (await ReplayModel(path).complete(request)).text == "a"
