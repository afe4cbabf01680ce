"""A whole training: what it leaves, that it learns, and that it can be killed anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from adaptation.job import run_job  # noqa: E402
from adaptation.manifest import read_manifest  # noqa: E402
from adaptation.recipe import make_recipe  # noqa: E402
from core.adapters import write_examples  # noqa: E402
from tests.adaptation.made_model import save_tiny_model, sft_examples  # noqa: E402


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("base") / "tiny")


def test_a_job_leaves_a_whole_adapter_that_has_learned(model: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    write_examples(data, sft_examples())
    recipe = make_recipe(
        {
            "base": str(model),
            "data": {"files": [str(data)], "held_out": 0.25},
            "training": {"steps": 6, "learning_rate": 0.01},
            "limits": {"measure_every": 3},
        }
    )
    steps: list[int] = []
    manifest = run_job(recipe, tmp_path / "out", told=lambda progress: steps.append(progress.step))
    assert steps == [1, 2, 3, 4, 5, 6]
    assert read_manifest(tmp_path / "out") == manifest
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "adapter.json",
        "adapter.safetensors",
        "manifest.json",
        "recipe.json",
    ]
    assert not (tmp_path / "out.part").exists()
    assert manifest.errors.identity == 0.0
    assert manifest.loss.train_last < manifest.loss.train_first
