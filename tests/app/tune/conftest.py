from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from core.adapters import write_examples
from tests.app.terminal import Terminal


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """A home with one adapter named `colours`, the model it stands on, and what it was trained on.

    Read it only; what a test writes goes to a folder of its own.
    """

    terminal: Terminal
    model: Path
    data: Path
    document: dict[str, object]

    @property
    def manifest(self) -> dict[str, object]:
        found = self.document["manifest"]
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    pytest.importorskip("torch")
    pytest.importorskip("peft")
    from tests.adaptation.made_model import save_tiny_model, sft_examples

    folder = tmp_path_factory.mktemp("tuned")
    model, data = save_tiny_model(folder / "tiny", spread=0.2), folder / "colours.jsonl"
    write_examples(data, sft_examples())
    terminal = Terminal(folder=folder)
    words = ("--base", model, "--data", data, "--steps", "40", "--held-out", "0", "--name", "colours")
    recipe = folder / "fast.yaml"
    recipe.write_text("training: {learning_rate: 0.01}\nbase: elsewhere\n")
    said = terminal.ok("tune", "train", recipe, *words, "--config", "rank=4", "--json")
    return Tuned(terminal=terminal, model=model, data=data, document=said.document)
