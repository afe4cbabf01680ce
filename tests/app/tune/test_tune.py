"""`atlas tune` as a person uses it, on a tiny random model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adaptation.registry import BUILT_IN
from core.adapters import write_examples
from tests.app.terminal import Terminal
from tests.app.tune.conftest import Tuned


def test_all_methods_are_listed_with_their_papers(terminal: Terminal) -> None:
    document = terminal.ok("tune", "list", "--json").document
    methods = document["methods"]
    assert isinstance(methods, list)
    assert {each["name"] for each in methods} == set(BUILT_IN)
    assert all(each["paper"] and each["kind"] for each in methods)
    assert document["adapters"] == []
    assert "Hydra, arXiv 2309.06922" in terminal.ok("tune", "list").out


def test_training_tells_what_came_of_it(tuned: Tuned) -> None:
    manifest = tuned.manifest
    assert (manifest["method"], manifest["steps"]) == ("lora", 40)
    assert isinstance(config := manifest["config"], dict)
    assert config["rank"] == 4
    assert isinstance(base := manifest["base"], dict)
    assert base["path"] == str(tuned.model), "options go over the recipe"
    assert isinstance(loss := manifest["loss"], dict)
    assert loss["train_last"] < 0.5 * loss["train_first"]
    assert tuned.document["adapter"] == str(tuned.terminal.home / "adapters" / "colours")
    assert tuned.terminal.ok("tune", "list", "--json").document["adapters"] == ["colours"]


def test_progress_goes_to_standard_error_and_the_result_to_standard_output(
    tuned: Tuned, tmp_path: Path
) -> None:
    words = ("--base", tuned.model, "--data", tuned.data, "--steps", "2", "--out", tmp_path / "out")
    said = tuned.terminal.ok("tune", "train", *words)
    assert "adapter by lora: step 1 of 2, loss " in said.err
    assert "held out " in said.err
    assert said.out.startswith(f"{tmp_path / 'out'}: lora, ")
    again = tuned.terminal.run("tune", "train", *words)
    assert (again.status, again.out) == (2, "")
    assert (
        again.err
        == f"atlas: {tmp_path / 'out'} is there already: give another --name or --out, or delete it\n"
    )


def test_every_wrong_field_has_a_line(tuned: Tuned, tmp_path: Path) -> None:
    recipe = tmp_path / "wrong.yaml"
    recipe.write_text("bse: x\ntraining: {steps: none}\n")
    said = tuned.terminal.run("tune", "train", recipe)
    assert said.status == 2
    assert [line.partition(":")[2].partition(":")[0].strip() for line in said.err.splitlines()[:3]] == [
        "base",
        "training.steps",
        "bse",
    ]
    assert said.err.splitlines()[3] == "atlas: the recipe has 3 wrong fields; they are named above"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "--base", "nowhere", "--data", "{data}"), "no model at nowhere"),
        (("train", "--base", "{model}"), "the recipe names no data"),
        (("train", "--base", "{model}", "--data", "{data}", "--method", "luck"), "luck"),
        (("train", "--base", "{model}", "--data", "{data}", "--config", "rank=0"), "rank: Input should be"),
        (("train", "--base", "{model}", "--data", "{data}", "--config", "rank"), "write NAME=VALUE"),
        (("train", "--base", "{model}", "--data", "nowhere"), "cannot read nowhere"),
        (("train", "--base", "{model}", "--run", "none"), "there is no run none"),
        (("train", "luck.yaml"), "no recipe luck.yaml: give a YAML file, or a preset"),
        (("merge", "nobody", "--out", "o"), "there is no adapter 'nobody'; in this home there are: colours"),
        (("eval", "colours", "--data", "nowhere"), "cannot read nowhere"),
        (("export", "colours", "--out", "{data}"), "is there already"),
        (("export", "colours", "--out", "o", "--task", "a"), "has no tasks"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(tuned: Tuned, words: tuple[str, ...], told: str) -> None:
    before = set(tuned.terminal.contents())
    said = tuned.terminal.run("tune", *(each.format(data=tuned.data, model=tuned.model) for each in words))
    assert said.status == 2
    assert told in said.err.splitlines()[-1]
    assert said.out == ""
    assert {each for each in set(tuned.terminal.contents()) - before if "adapters" in each} == set()


def test_eval_shows_what_was_learned_beside_the_base(tuned: Tuned) -> None:
    words = ("tune", "eval", "colours", "--data", tuned.data)
    document = tuned.terminal.ok(*words, "--generate", "8", "--json").document
    base, adapter = document["base"], document["adapter_scores"]
    assert isinstance(base, dict)
    assert isinstance(adapter, dict)
    assert adapter["loss"] < 0.5 * base["loss"]
    assert adapter["token_accuracy"] > base["token_accuracy"]
    assert 0.0 <= base["exact_match"] <= adapter["exact_match"] <= 1.0
    before, after = document["neutral_before"], document["neutral_after"]
    assert isinstance(before, float)
    assert isinstance(after, float)
    assert document["forgetting"] == pytest.approx(after - before)
    assert document["examples"] == 8
    lines = tuned.terminal.ok(*words).out
    assert "forgetting " in lines
    assert "exact match" not in lines


def test_a_merged_model_answers_as_the_adapter(tuned: Tuned, tmp_path: Path) -> None:
    import torch

    from adaptation.base import load_base
    from adaptation.measuring import logits
    from adaptation.serving.opening import open_adapter

    document = tuned.terminal.ok("tune", "merge", "colours", "--out", tmp_path / "m", "--json").document
    assert isinstance(error := document["error"], float)
    assert error <= 1e-4
    opened = open_adapter(tuned.terminal.home / "adapters" / "colours")
    batch = {"input_ids": torch.arange(40)[None]}
    live, merged = logits(opened.base.model, batch), logits(load_base(tmp_path / "m").model, batch)
    assert torch.allclose(live, merged, atol=1e-4)
    with opened.method.off():
        assert not torch.allclose(logits(opened.base.model, batch), merged, atol=1e-2)
    assert json.loads((tmp_path / "m" / "adapter-manifest.json").read_text())["name"] == "colours"
    said = tuned.terminal.run("tune", "merge", "colours", "--out", tmp_path / "m")
    assert (said.status, "is there already" in said.err) == (2, True)


def test_an_exported_lora_is_read_by_peft_and_says_the_same(tuned: Tuned, tmp_path: Path) -> None:
    import torch
    from peft import PeftModel

    from adaptation.base import load_base
    from adaptation.measuring import logits
    from adaptation.serving.opening import open_adapter

    document = tuned.terminal.ok("tune", "export", "colours", "--out", tmp_path / "l", "--json").document
    assert (document["rank"], document["error"]) == (4, 0.0)
    opened = open_adapter(tuned.terminal.home / "adapters" / "colours")
    batch = {"input_ids": torch.arange(40)[None]}
    theirs = PeftModel.from_pretrained(load_base(tuned.model).model, str(tmp_path / "l")).eval()
    assert torch.allclose(logits(opened.base.model, batch), logits(theirs, batch), atol=1e-4)

    smaller = tuned.terminal.ok(
        "tune", "export", "colours", "--out", tmp_path / "s", "--rank", "1", "--json"
    ).document
    assert smaller["rank"] == 1
    assert isinstance(error := smaller["error"], float)
    assert 0.0 < error < 1.0


def test_an_adapter_on_another_model_is_refused(tuned: Tuned, tmp_path: Path) -> None:
    from tests.adaptation.made_model import save_tiny_model

    other = save_tiny_model(tmp_path / "other", seed=3)
    said = tuned.terminal.run("tune", "eval", "colours", "--data", tuned.data, "--base", other)
    assert said.status == 2
    assert "is not the model that colours was trained on" in said.err


def test_pairs_are_not_evaluated_as_answers(tuned: Tuned, tmp_path: Path) -> None:
    from tests.adaptation.made_model import preference_examples

    pairs = tmp_path / "pairs.jsonl"
    write_examples(pairs, preference_examples())
    said = tuned.terminal.run("tune", "eval", "colours", "--data", pairs)
    assert (said.status, "preference pairs" in said.err) == (2, True)
