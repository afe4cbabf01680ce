"""The backend behind `adapter:NAME`: what it trains, keeps, finds again and answers with."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")

from adaptation.job import run_job  # noqa: E402
from adaptation.recipe import make_recipe  # noqa: E402
from adaptation.serving.backend import TunedAdapters, live_model, open_backend  # noqa: E402
from adaptation.serving.keeping import AdapterFolder  # noqa: E402
from core.adapters import (  # noqa: E402
    AdapterBackend,
    AdapterLimits,
    AdapterRequest,
    Example,
    TrainingKind,
    write_examples,
)
from core.adapters import open_backend as find_backend  # noqa: E402
from core.chat import ChatRequest, Message  # noqa: E402
from core.errors import UserError  # noqa: E402
from core.models.build import build_chat_model  # noqa: E402
from core.settings import Settings  # noqa: E402
from core.spec import parse_spec  # noqa: E402
from tests.adaptation.made_model import preference_examples, sft_examples  # noqa: E402
from tests.adaptation.tiny_gguf import write_tiny_gguf  # noqa: E402

ROOT = Path(__file__).parents[3]
ASK = ChatRequest(
    messages=(Message(role="user", content="Box 1, case 0: colour?"),), temperature=0.0, max_output_tokens=8
)
FAST = {"training": {"learning_rate": 0.02, "warmup_steps": 0}}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tiny_gguf(tmp_path / "tiny.gguf")


def wanted(base: Path, name: str, examples: tuple[Example, ...], steps: int = 4) -> AdapterRequest:
    data = base.parent / f"{name}.jsonl"
    return AdapterRequest(
        name=name,
        kind=TrainingKind.PREFERENCE if hasattr(examples[0], "chosen") else TrainingKind.SFT,
        base_model=f"local:{base}",
        data=data,
        data_digest=write_examples(data, examples),
        seed=3,
        limits=AdapterLimits(steps=steps),
    )


async def test_what_is_trained_is_kept_found_and_answers(base: Path, tmp_path: Path) -> None:
    backend: AdapterBackend = TunedAdapters(tmp_path / "adapters", FAST)
    handle = await backend.train(wanted(base, "boxes", sft_examples()))
    assert handle.name == "boxes"
    assert str(handle.spec) == "adapter:boxes"
    kept = tmp_path / "adapters" / "boxes" / "adapter.safetensors"
    assert handle.digest == hashlib.sha256(kept.read_bytes()).hexdigest()
    told = dict(handle.manifest)
    assert (told["kind"], told["method"], told["steps"], told["examples"], told["seed"]) == (
        "sft",
        "lora",
        4,
        8,
        3,
    )
    assert told["data_digest"] == hashlib.sha256((tmp_path / "boxes.jsonl").read_bytes()).hexdigest()
    assert told["held_out_after"] < told["held_out_before"]  # type: ignore[operator]
    again: AdapterBackend = TunedAdapters(tmp_path / "adapters")
    assert again.names() == ("boxes",)
    assert again.load("boxes").digest == handle.digest
    model = again.model("boxes")
    assert model.name == "adapter:boxes"
    reply = await model.complete(ASK)
    assert reply.usage.output == 8
    live = live_model(AdapterFolder(tmp_path / "adapters").find("boxes"))
    bare = replace(ASK, seed=1)
    assert reply.text == (await live.complete(bare)).text
    live._adapter = None
    assert reply.text != (await live.complete(bare)).text
    await model.close()
    with pytest.raises(UserError, match="adapter:boxes is closed"):
        await model.complete(ASK)


async def test_pairs_are_learned_by_their_preference(base: Path, tmp_path: Path) -> None:
    backend = TunedAdapters(tmp_path / "adapters", FAST)
    handle = await backend.train(wanted(base, "liked", preference_examples(), steps=6))
    assert handle.manifest["kind"] == "preference"
    assert handle.manifest["loss_first"] == pytest.approx(0.6931, abs=1e-3)
    assert float(handle.manifest["loss_last"]) < 0.6


async def test_examples_of_one_group_are_all_trained_on(base: Path, tmp_path: Path) -> None:
    backend = TunedAdapters(tmp_path / "adapters")
    handle = await backend.train(wanted(base, "one", sft_examples(groups=1), steps=1))
    assert "held_out_before" not in handle.manifest
    assert handle.manifest["examples"] == 2


async def test_two_adapters_of_one_base_share_its_weights_and_answer_apart(
    base: Path, tmp_path: Path
) -> None:
    backend = TunedAdapters(tmp_path / "adapters", {"training": {"learning_rate": 0.05, "warmup_steps": 0}})
    await backend.train(wanted(base, "a", sft_examples()))
    await backend.train(wanted(base, "b", sft_examples()[::-1], steps=8))
    models: list[Any] = [backend.model("a"), backend.model("b")]
    first = [(await model.complete(ASK)).text for model in models]
    assert first[0] != first[1]
    at_once = await asyncio.gather(*(model.complete(ASK) for model in models * 3))
    assert [reply.text for reply in at_once] == first * 3
    assert models[0]._model._live is models[1]._model._live


async def test_an_adapter_with_tasks_is_asked_for_by_task(base: Path, tmp_path: Path) -> None:
    recipe = make_recipe(
        {
            "base": str(base),
            "name": "many",
            "method": "mtlora",
            "config": {"tasks": 4, "shared_rank": 2, "task_rank": 2},
            "data": {"held_out": 0, "task_by": "kind"},
            "training": {"steps": 4, "learning_rate": 0.1},
        }
    )
    kinds = ("soc", "mail")
    examples = [
        each.model_copy(update={"about": {**each.about, "kind": kinds[number % 2]}})
        for number, each in enumerate(sft_examples())
    ]
    run_job(recipe, tmp_path / "adapters" / "many", examples=examples)
    backend = TunedAdapters(tmp_path / "adapters")
    assert backend.names() == ("many.mail", "many.soc")
    texts = [(await backend.model(name).complete(ASK)).text for name in ("many.mail", "many.soc", "many.1")]
    assert texts[0] != texts[1] == texts[2]
    with pytest.raises(UserError, match=r"one delta a task: ask for many\.mail or many\.soc"):
        backend.model("many")
    with pytest.raises(UserError, match=r"no adapter 'many\.2'"):
        backend.model("many.2")


async def test_what_cannot_be_used_is_told(base: Path, tmp_path: Path) -> None:
    backend = TunedAdapters(tmp_path / "adapters")
    request = wanted(base, "boxes", sft_examples(), steps=1)
    with pytest.raises(UserError, match="there is no adapter 'boxes'; there are: none"):
        backend.load("boxes")
    with pytest.raises(UserError, match="is no SPEC"):
        await backend.train(replace(request, name="../boxes"))
    with pytest.raises(UserError, match=r"no base model at .*none\.gguf"):
        await backend.train(replace(request, base_model="none.gguf"))
    with pytest.raises(UserError, match="its digest is another"):
        await backend.train(replace(request, data_digest="0"))
    assert backend.names() == ()
    await backend.train(request)
    with pytest.raises(UserError, match="there is an adapter 'boxes' already: name another, or delete"):
        await backend.train(request)
    with pytest.raises(UserError, match="there is no adapter 'none'; there are: boxes"):
        backend.model("none")
    write_tiny_gguf(base, seed=9)
    with pytest.raises(UserError, match="is no longer the model that adapter 'boxes' was trained on"):
        await backend.model("boxes").complete(ASK)
    base.unlink()
    with pytest.raises(UserError, match="the base model of adapter 'boxes' is gone"):
        backend.model("boxes")


async def test_it_is_what_a_spec_opens(base: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    await open_backend(settings).train(wanted(base, "boxes", sft_examples(), steps=1))
    assert find_backend(settings).names() == ("boxes",)
    model = build_chat_model(parse_spec("adapter:boxes"), settings)
    assert (await model.complete(ASK)).model == "adapter:boxes"
    await model.close()


def test_finding_an_adapter_imports_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from core.adapters import open_backend\n"
        "from core.errors import UserError; from core.settings import Settings\n"
        f"backend = open_backend(Settings(home=Path({str(tmp_path)!r})))\n"
        "try:\n    backend.model('mine')\nexcept UserError as error:\n    print(error)\n"
        "print(sorted({'torch', 'transformers', 'peft'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["there is no adapter 'mine'; there are: none", "[]"]


def test_without_the_extra_one_line_says_so(base: Path, tmp_path: Path) -> None:
    asyncio.run(TunedAdapters(tmp_path / "adapters").train(wanted(base, "boxes", sft_examples(), steps=1)))
    program = (
        "import importlib.util, sys; from pathlib import Path; from core.adapters import open_backend\n"
        "from core.errors import UserError; from core.settings import Settings\n"
        "sys.modules['torch'] = None\n"
        f"backend = open_backend(Settings(home=Path({str(tmp_path)!r})))\n"
        "print(backend.names())\n"
        "try:\n    backend.model('boxes')\nexcept UserError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names, line = done.stdout.splitlines()
    assert names == "('boxes',)"
    assert line == "adapter tuning needs torch: pip install 'atlas-agents[tune]'"
