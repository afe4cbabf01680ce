"""Recipes: every wrong field is told in a line, presets are right, paths are those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("yaml")

from adaptation.artifact import make
from adaptation.recipe import make_recipe, presets, read_recipe, recipe_faults
from core.errors import UserError


def test_every_preset_is_a_recipe_once_it_has_a_base() -> None:
    assert {"sft", "traces", "distil"} <= set(presets())
    for name in presets():
        recipe = make_recipe({**read_recipe(name), "base": "model"})
        assert make(recipe.method, recipe.config).name == recipe.method


def test_each_wrong_field_has_a_line_of_its_own() -> None:
    wrong = {
        "method": 3,
        "training": {"steps": 0, "pace": 1},
        "data": {"held_out": 1.0, "files": "one"},
        "limits": {"patience": -1},
    }
    faults = recipe_faults(wrong)
    assert [each.partition(":")[0] for each in faults] == [
        "base",
        "method",
        "data.files",
        "data.held_out",
        "training.steps",
        "training.pace",
        "limits.patience",
    ]
    assert not any("\n" in each for each in faults)
    with pytest.raises(UserError, match="7 wrong fields: base: Field required; method: "):
        make_recipe(wrong)


def test_an_early_stop_without_held_out_data_is_refused() -> None:
    faults = recipe_faults({"base": "m", "data": {"held_out": 0}, "limits": {"patience": 2}})
    assert faults == (
        "the recipe: limits.patience needs held-out data: set data.held_out or data.held_out_files",
    )


def test_paths_in_a_file_are_taken_from_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("base: tiny\ndata: {files: [a.jsonl, /b.jsonl], questions: q.jsonl}\n")
    recipe = make_recipe(read_recipe(str(file)))
    assert recipe.base == tmp_path / "tiny"
    assert recipe.data.files == (tmp_path / "a.jsonl", Path("/b.jsonl"))
    assert recipe.data.questions == tmp_path / "q.jsonl"


@pytest.mark.parametrize(
    ("text", "told"), [("[1", "is no YAML"), ("- a\n- b\n", "is no recipe"), ("3: x\n", "is no recipe")]
)
def test_what_is_no_recipe_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=told) as error:
        read_recipe(str(file))
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="a preset: distil, preference, sft, traces"):
        read_recipe("nowhere.yaml")


def test_yaml_cannot_make_objects(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text("base: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(UserError, match="is no YAML"):
        read_recipe(str(file))
