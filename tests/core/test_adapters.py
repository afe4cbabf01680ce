from __future__ import annotations

import hashlib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.adapters import (
    AdapterBackend,
    AdapterRequest,
    PreferenceExample,
    ScriptedAdapters,
    SftExample,
    TrainingKind,
    Turn,
    open_backend,
    read_examples,
    write_examples,
)
from core.chat import ChatRequest, Message
from core.errors import UserError
from core.registry import Registry
from core.settings import Settings
from core.spec import SpecKind, parse_spec

BUILT_IN = {"tune": "adaptation.serving.backend:open_backend"}
TEXTS = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


def sft(asked: str, answer: str) -> SftExample:
    return SftExample(messages=(Turn(role="user", content=asked), Turn(role="assistant", content=answer)))


def request_for(
    path: Path, *examples: SftExample | PreferenceExample, kind: TrainingKind = TrainingKind.SFT
) -> AdapterRequest:
    digest = write_examples(path, examples)
    return AdapterRequest(name="ideas-1", kind=kind, base_model="tiny", data=path, data_digest=digest)


def asking(text: str) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=text),))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_examples_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("data") / "sft.jsonl"
    examples = tuple(sft(*pair) for pair in pairs)
    request = request_for(path, *examples)
    assert read_examples(request) == examples
    assert request.data_digest == hashlib.sha256(path.read_bytes()).hexdigest()


async def test_an_adapter_is_a_spec_and_its_model_answers_what_it_was_taught(tmp_path: Path) -> None:
    backend: AdapterBackend = ScriptedAdapters()
    request = request_for(tmp_path / "d.jsonl", sft("membranes that heal", "M"), sft("birds by sound", "B"))
    handle = await backend.train(request)
    assert backend.names() == ("ideas-1",)
    assert backend.load("ideas-1") == handle
    assert parse_spec(str(handle.spec)) == handle.spec
    assert handle.spec.kind is SpecKind.ADAPTER
    assert handle.manifest["trained"] is False
    assert handle.manifest["examples"] == 2
    model = backend.model("ideas-1")
    assert (await model.complete(asking("tell of birds and their sound"))).text == "B"
    assert model.name == "adapter:ideas-1"


async def test_a_preference_adapter_prefers_what_was_chosen(tmp_path: Path) -> None:
    turns = {name: (Turn(role="assistant", content=f"the {name} one"),) for name in ("chosen", "rejected")}
    example = PreferenceExample(prompt=(Turn(role="user", content="an idea"),), weight=0.5, **turns)
    backend = ScriptedAdapters()
    await backend.train(request_for(tmp_path / "p.jsonl", example, kind=TrainingKind.PREFERENCE))
    assert (await backend.model("ideas-1").complete(asking("an idea"))).text == "the chosen one"


async def test_a_script_answers_in_its_place(tmp_path: Path) -> None:
    backend = ScriptedAdapters(lambda trained, asked: f"{trained.base_model}: {asked.messages[0].content}")
    await backend.train(request_for(tmp_path / "d.jsonl", sft("a", "b")))
    assert (await backend.model("ideas-1").complete(asking("hm"))).text == "tiny: hm"
    assert [each.name for each in backend.requests] == ["ideas-1"]


async def test_what_cannot_be_trained_on_is_told_in_one_line(tmp_path: Path) -> None:
    backend, path = ScriptedAdapters(), tmp_path / "d.jsonl"
    request = request_for(path, sft("a", "b"))
    with pytest.raises(UserError, match=r"there is no adapter 'ideas-1'; there are: none"):
        backend.load("ideas-1")
    path.write_text(path.read_text() + '{"messages": []}\nno object\n')
    with pytest.raises(UserError, match="its digest is another"):
        await backend.train(request)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    broken = AdapterRequest(name="x", kind=TrainingKind.SFT, base_model="tiny", data=path, data_digest=digest)
    with pytest.raises(UserError, match=r"has 2 lines that are no sft example: line 2: .*; line 3: "):
        await backend.train(broken)
    with pytest.raises(UserError, match="holds no example"):
        await backend.train(request_for(path))
    path.unlink()
    with pytest.raises(UserError, match="cannot read"):
        await backend.train(request)
    with pytest.raises(UserError, match="cannot write"):
        write_examples(tmp_path / "none" / "d.jsonl", ())
    assert backend.names() == ()


def test_a_weight_is_a_number() -> None:
    turn = (Turn(role="user", content="x"),)
    for weight in (-1.0, float("inf"), float("nan")):
        with pytest.raises(ValidationError):
            PreferenceExample(prompt=turn, chosen=turn, rejected=turn, weight=weight)


def make(settings: Settings) -> AdapterBackend:
    return ScriptedAdapters()


def test_a_backend_is_found_by_its_entry_point_and_its_lack_is_told() -> None:
    point = EntryPoint(name="scripted", value=f"{__name__}:make", group="atlas.adapter_backends")
    registry: Registry = Registry("adapter backend", {}, plugins=(point,))
    assert open_backend(Settings(), registry).names() == ()
    with pytest.raises(UserError, match="no adapter backend is installed"):
        open_backend(Settings(), Registry("adapter backend", {}, plugins=()))


def test_the_backend_of_this_package_is_there_with_and_without_its_extra(tmp_path: Path) -> None:
    backend = open_backend(Settings(home=tmp_path), Registry("adapter backend", BUILT_IN, plugins=()))
    assert backend.names() == ()
    with pytest.raises(UserError, match="there is no adapter 'mine'; there are: none"):
        backend.model("mine")
