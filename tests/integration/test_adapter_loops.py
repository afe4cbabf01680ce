"""The two loops that adapters close: ideas that teach who writes ideas, and episodes that teach a Student.

A random or very small model writes nothing of use. What is looked at is that every part takes over what the
one before made, that the tuned model is the one that is asked, and that whatever fails is counted.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")
pytest.importorskip("gguf")

from adaptation.data.encoding import prompt_ids  # noqa: E402
from adaptation.manifest import read_manifest  # noqa: E402
from adaptation.measuring import logits  # noqa: E402
from adaptation.serving.backend import open_backend  # noqa: E402
from adaptation.serving.generating import Sampling, write  # noqa: E402
from adaptation.serving.keeping import AdapterFolder  # noqa: E402
from adaptation.serving.opening import open_adapter  # noqa: E402
from app.house import House  # noqa: E402
from core.adapters import Turn  # noqa: E402
from core.chat import ChatRequest, Message  # noqa: E402
from core.jsonl import numbered_lines  # noqa: E402
from core.settings import Settings  # noqa: E402
from tests.adaptation.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.app.ideas.conftest import write_papers  # noqa: E402
from tests.app.terminal import Terminal  # noqa: E402
from tests.ideation.things import TOPIC  # noqa: E402

EMBEDDER = {"ATLAS_EMBEDDER": "lexical"}
SYNTHETIC = ("bench", "run", "synthetic", "--split", "train", "--limit", "2", "--json")


RECIPE = """
method: lora
batch_size: 2
data: {held_out: 0.25, overlap: 1.0, max_tokens: 1024}
training: {learning_rate: 2.0e-3}
"""
"""Invented incidents are told in the same words, so that only what is the same throughout is a leak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """How much is asked of a model: a tiny one, or a real one on a slow processor."""

    terminal: Terminal
    base: Path
    steps: int

    def adapter(self, name: str) -> Path:
        return self.terminal.home / "adapters" / name


def tiny_loop(folder: Path) -> Loop:
    base = write_tiny_gguf(folder / "tiny.gguf", context=32_768, ends=True)
    variables = {**EMBEDDER, "ATLAS_LOCAL_CONTEXT_TOKENS": "1024"}
    return Loop(terminal=Terminal(folder=folder, variables=variables), base=base, steps=4)


@pytest.mark.timeout(240)
def test_ideas_teach_the_model_that_writes_the_next_ideas(tmp_path: Path) -> None:
    ideas_loop(tiny_loop(tmp_path))


@pytest.mark.timeout(240)
def test_episodes_teach_a_student(tmp_path: Path) -> None:
    episodes_loop(tiny_loop(tmp_path))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ideas_teach_a_real_model(gguf: Path, tmp_path: Path) -> None:
    ideas_loop(Loop(terminal=Terminal(folder=tmp_path, variables=EMBEDDER), base=gguf, steps=2))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_episodes_teach_a_real_student(gguf: Path, tmp_path: Path) -> None:
    variables = {**EMBEDDER, "ATLAS_LOCAL_CONTEXT_TOKENS": "2048"}
    episodes_loop(Loop(terminal=Terminal(folder=tmp_path, variables=variables), base=gguf, steps=4))


def ideas_loop(loop: Loop) -> None:
    """Topic, ideas, preference pairs, adapter, ideas again."""
    desk, papers = loop.terminal, write_papers(loop.terminal.folder)
    asked = ("ideas", "run", TOPIC, "--corpus", papers, "--comparisons", "12", "--json")
    first = desk.ok(*asked, "--n", "6").document
    words = ("--corpus", papers, "--format", "tournament-pairs", "--name", "ours", "--base", loop.base)
    trained = desk.ok("ideas", "train", str(first["folder"]), *words, "--steps", str(loop.steps), "--json")
    manifest: Any = trained.document["manifest"]
    assert (manifest["kind"], manifest["steps"]) == ("preference", loop.steps)
    assert manifest["loss_first"] == pytest.approx(0.6931, abs=2e-3)
    assert manifest["examples"] == read_manifest(loop.adapter("ours")).data.train_rows > 0
    again = desk.run(
        *(*asked, "--n", "2", "--families", "adapters", "--adapter", "ours", "--judge", "offline"),
        *("--calls-per-idea", "1", "--rounds", "1"),
    )
    assert again.status in (0, 1), again.err
    document: Any = again.document
    stages = {stage["stage"]: stage for stage in document["stages"]}
    calls = sum(stage["calls"] for stage in stages.values())
    logged = numbered_lines((Path(document["folder"]) / "calls.jsonl").read_text(encoding="utf-8"))
    assert len(logged) == calls > 0
    rows = [json.loads(line) for _, line in logged]
    assert {row["reply"]["model"] for row in rows} == {"adapter:ours"}
    assert all(row["reply"]["usage"]["output"] > 0 for row in rows)
    failures = sum(count for stage in stages.values() for count in stage["failures"].values())
    made = sum(arm["made"] for arm in document["arms"])
    assert made or failures, "nothing was made and nobody says why"
    check_adapter_is_asked(loop, "ours")


def episodes_loop(loop: Loop) -> None:
    """Episodes, approved traces, adapter, a Student on the same benchmark."""
    desk = loop.terminal
    taught = [desk.ok(*SYNTHETIC, "--incident", each).document for each in "1234"]
    runs = [word for each in taught for word in ("--run", str(each["run_id"]))]
    recipe = desk.folder / "recipe.yaml"
    recipe.write_text(RECIPE, encoding="utf-8")
    words = ("--base", loop.base, "--name", "student", "--steps", str(loop.steps), "--json")
    manifest: Any = desk.ok("tune", "train", recipe, *runs, *words).document["manifest"]
    assert (manifest["data"]["kind"], manifest["steps"]) == ("sft", loop.steps)
    groups = {*manifest["data"]["train_groups"]}, {*manifest["data"]["held_out_groups"]}
    assert all(groups)
    assert not groups[0] & groups[1]
    assert manifest["loss"]["train_last"] < manifest["loss"]["train_first"]
    asked = ("--incident", "5", "--max-steps", "2", "--student", "adapter:student")
    said = desk.run(*SYNTHETIC, *asked)
    assert said.status in (0, 1), said.err
    document: Any = said.document
    assert document["n"] == 2
    tokens = document["tokens"]["student"]
    assert tokens["input"] > 0
    assert tokens["output"] > 0
    assert (document["cost_known"], document["cost_usd"]) == (True, 0.0)
    with House(Settings(home=desk.home), reading=True) as house:
        kept = [json.loads(line) for line in house.store.export(document["run_id"])]
    rows = {
        table: [line["row"] for line in kept if line["table"] == table]
        for table in ("calls", "steps", "attempts")
    }
    student = [call for call in rows["calls"] if call["role"] == "student"]
    assert tokens["output"] == sum(call["output_tokens"] or 0 for call in student)
    assert {call["model"] for call in student} == {"adapter:student"}
    assert rows["steps"] or document["errors"], "no step was recorded and no error"
    assert document["errors"] == sum(attempt["status"] == "failed" for attempt in rows["attempts"])
    check_adapter_is_asked(loop, "student")


def check_adapter_is_asked(loop: Loop, name: str) -> None:
    """The SPEC's model writes what the base writes with the adapter on it, which changes what it thinks."""
    home = loop.terminal.home
    kept = AdapterFolder(home / "adapters").find(name)
    asked = (Message(role="user", content="Which account signed in first?"),)

    async def said() -> str:
        model = open_backend(Settings(home=home)).model(name)
        reply = await model.complete(ChatRequest(messages=asked, temperature=0.0, max_output_tokens=24))
        await model.close()
        return reply.text

    found = open_adapter(kept.folder)
    ids = prompt_ids(found.base.tokenizer, [Turn(role="user", content=asked[0].content)])
    text = write(found.base.model, found.base.tokenizer, ids, Sampling(max_tokens=24, temperature=0)).text
    assert asyncio.run(said()) == text
    batch = {"input_ids": torch.tensor([ids])}
    with found.method.off():
        bare = logits(found.base.model, batch)
    assert float((logits(found.base.model, batch) - bare).abs().max()) > 1e-3
