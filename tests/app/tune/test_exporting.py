"""Adapters of a base that is a GGUF file, written for llama.cpp by the command."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gguf")

from gguf import GGUFReader  # noqa: E402

from adaptation.base import load_base  # noqa: E402
from adaptation.measuring import logits  # noqa: E402
from adaptation.serving.opening import open_adapter  # noqa: E402
from core.adapters import write_examples  # noqa: E402
from tests.adaptation.made_model import sft_examples  # noqa: E402
from tests.adaptation.tiny_gguf import write_tiny_gguf  # noqa: E402
from tests.app.terminal import Terminal  # noqa: E402


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A home with an exact LoRA, `low`, and a dense delta, `dense`, of one GGUF file."""
    folder = tmp_path_factory.mktemp("exporting")
    found = Terminal(folder=folder)
    base, data = write_tiny_gguf(folder / "tiny.gguf"), folder / "data.jsonl"
    write_examples(data, sft_examples())
    words = ("tune", "train", "sft", "--base", base, "--data", data, "--held-out", "0", "--steps", "3")
    found.ok(*words, "--method", "lora", "--name", "low")
    found.ok(*words, "--method", "hut", "--name", "dense")
    return found


def test_a_lora_for_llama_cpp_says_what_it_is(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "low.gguf"
    document = terminal.ok("tune", "export", "low", "--format", "gguf", "--out", out, "--json").document
    assert (document["format"], document["error"]) == ("gguf", 0.0)
    reader = GGUFReader(out)
    said = {name: reader.get_field(name).contents() for name in ("general.type", "adapter.type")}
    assert said == {"general.type": "adapter", "adapter.type": "lora"}
    assert reader.get_field("adapter.lora.alpha").contents() == document["rank"]
    assert {tensor.name.rpartition(".")[2] for tensor in reader.tensors} == {"lora_a", "lora_b"}


@pytest.mark.parametrize("name", ["low", "dense"])
def test_a_whole_model_says_what_the_adapter_does(terminal: Terminal, tmp_path: Path, name: str) -> None:
    out = tmp_path / f"{name}.gguf"
    said = terminal.ok("tune", "export", name, "--format", "model-gguf", "--out", out).out
    assert said.endswith("model with the adapter in its weights, float32\n")
    opened = open_adapter(terminal.home / "adapters" / name)
    batch = {"input_ids": torch.arange(40)[None]}
    live, merged = logits(opened.base.model, batch), logits(load_base(out).model, batch)
    with opened.method.off():
        assert not torch.allclose(live, logits(opened.base.model, batch), atol=1e-4)
    assert torch.allclose(live, merged, atol=1e-4)


def test_a_dense_delta_goes_out_with_its_error_only(terminal: Terminal, tmp_path: Path) -> None:
    words = ("tune", "export", "dense", "--format", "gguf", "--out", tmp_path / "d.gguf")
    refused = terminal.run(*words)
    assert (refused.status, "give a rank" in refused.err) == (2, True)
    assert not (tmp_path / "d.gguf").exists()
    document = terminal.ok(*words, "--rank", "2", "--json").document
    assert isinstance(error := document["error"], float)
    assert 0.0 < error < 1.0
    whole = terminal.run(*words[:4], "model-gguf", "--out", tmp_path / "m.gguf", "--rank", "2")
    assert (whole.status, "has no rank" in whole.err) == (2, True)
