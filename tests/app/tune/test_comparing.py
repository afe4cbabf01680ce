"""`atlas tune compare` from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from core.adapters import write_examples
from tests.adaptation.made_model import save_tiny_model, sft_examples
from tests.app.terminal import Terminal


def words(folder: Path, *more: str) -> tuple[str, ...]:
    if not (folder / "tiny").exists():
        save_tiny_model(folder / "tiny")
        write_examples(folder / "data.jsonl", sft_examples())
    return (
        "tune", "compare", "--base", str(folder / "tiny"), "--data", str(folder / "data.jsonl"),
        "--out", str(folder / "out"), "--steps", "6", "--held-out", "0.25", "--rates", "0.001", *more,
    )  # fmt: skip


def test_methods_are_compared_and_written_down(tmp_path: Path) -> None:
    terminal = Terminal(folder=tmp_path)
    asked = words(tmp_path, "--methods", "lora,hut", "--budget", "parameters", "--seeds", "2")
    said = terminal.run(*asked, "--json")
    assert said.status == 0, said.err
    found: Any = said.document
    assert {line["method"] for line in found["lines"]} == {"lora", "hut"}
    assert found["seeds"] == 2
    assert all(line["loss"]["low"] < line["loss"]["mean"] < line["loss"]["high"] for line in found["lines"])
    assert "held-out loss" in said.err
    written = tmp_path / "out"
    assert json.loads((written / "summary.json").read_text()) == found
    assert "<svg" in (written / "comparison.html").read_text()
    assert "| lora" in (written / "comparison.md").read_text()
    again = terminal.run(*asked)
    assert "held-out loss" not in again.err
    assert again.out.splitlines()[2].startswith("Equal trainable parameters")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--budget", "money"), "--budgets"),
        (("--rates", "fast"), "--rates"),
        (("--methods", "nothing"), "no adapter method nothing"),
    ],
)
def test_wrong_use_is_one_line(options: tuple[str, ...], wanted: str, tmp_path: Path) -> None:
    said = Terminal(folder=tmp_path).run(*words(tmp_path, *options))
    assert said.status == 2
    assert wanted in said.err
    assert "Traceback" not in said.err
