"""Recipes: what to train, on what, for how long. YAML, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from adaptation.data.traces import ActionForm
from adaptation.preferences import PreferenceConfig
from adaptation.training import TrainingConfig
from core.errors import UserError


class Device(StrEnum):
    AUTO = "auto"
    """A GPU where there is one."""
    CPU = "cpu"
    CUDA = "cuda"


class Distil(StrEnum):
    """Learn to answer as if the pamphlet were there, of runs whose prompts had one."""

    NO = "no"
    """The pamphlet stays in the prompt."""
    SOFT = "soft"
    """The base model's whole distribution with the pamphlet is matched without it."""
    HARD = "hard"
    """The answer itself is learned without the pamphlet."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecipe(_Part):
    """`files` and `held_out_files` hold examples as `core.adapters` writes them; `runs` are of this home.

    `held_out` is the share of groups that is kept for measuring; a group is the value of the first key of
    `group_by` that an example's `about` has. `keep_out` are files of examples that may not be trained on.
    """

    files: tuple[Path, ...] = ()
    runs: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    """Of pamphlets of this home, with which the base model answers `questions`."""
    questions: Path | None = None
    """JSON lines with `question`, and `about` with its group."""
    answer_tokens: int = Field(default=128, ge=1)
    distil: Distil = Distil.NO
    action_form: ActionForm = ActionForm.SCHEMA
    """How actions are written where a run kept no call of a model."""
    least_reward: float = Field(default=0.7, ge=0, le=1)
    held_out: float = Field(default=0.2, ge=0, lt=1)
    held_out_files: tuple[Path, ...] = ()
    keep_out: tuple[Path, ...] = ()
    group_by: tuple[str, ...] = ("incident", "group", "topic")
    task_by: str = ""
    """The key of `about` whose values are the tasks of a method with one delta a task."""
    overlap: float = Field(default=0.7, gt=0, le=1)
    """Share of a held-out example's telling word sequences that may stand in the training data."""
    max_tokens: int = Field(default=1024, ge=8)


class Limits(_Part):
    """Counts are steps. `patience` is how many measurements may be no better before the end; 0: any."""

    checkpoint_every: int = Field(default=20, ge=1)
    measure_every: int = Field(default=20, ge=1)
    patience: int = Field(default=0, ge=0)


class Recipe(_Part):
    """`config` is the method's own, checked by it; `training` has the budget in steps or seconds."""

    name: str = Field(default="adapter", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    base: Path
    method: str = "lora"
    config: dict[str, Any] = Field(default_factory=dict)
    data: DataRecipe = Field(default_factory=DataRecipe)
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    limits: Limits = Field(default_factory=Limits)
    preference: PreferenceConfig = Field(default_factory=PreferenceConfig)
    """How pairs are learned from."""
    batch_size: int = Field(default=4, ge=1)
    calibration_batches: int = Field(default=4, ge=1)
    """Batches that methods plan from, where they do."""
    export_rank: int | None = Field(default=None, ge=1)
    """Measure too what a LoRA of that rank would lose, where the method is no exact one."""
    creativity_levers: tuple[str, ...] = ()
    """What the examples' makers used, as labels; those named in the examples are added."""
    device: Device = Device.AUTO

    @model_validator(mode="after")
    def _held_out_once(self) -> Recipe:
        if self.limits.patience and not (self.data.held_out or self.data.held_out_files):
            raise ValueError("limits.patience needs held-out data: set data.held_out or data.held_out_files")
        return self


def recipe_faults(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """One line for each wrong field, its path first."""
    try:
        Recipe.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return tuple(f"{_path(each['loc'])}: {_plain(each['msg'])}" for each in found)
    return ()


def make_recipe(raw: Mapping[str, Any]) -> Recipe:
    """Raises:
    UserError: wrong fields; all of them are named.
    """
    faults = recipe_faults(raw)
    if faults:
        raise UserError(f"the recipe has {len(faults)} wrong fields: {'; '.join(faults)}")
    return Recipe.model_validate(raw)


def read_recipe(where: str) -> dict[str, Any]:
    """The fields of a YAML file, or of a preset by its name; unchecked, so that options can go over them.

    Paths in a file are taken from its own folder.

    Raises:
        UserError: there is no such file or preset, or it is no YAML with fields.
    """
    path = Path(where)
    if where in presets():
        text = files("adaptation").joinpath("recipes", f"{where}.yaml").read_text(encoding="utf-8")
        return _fields(text, where)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        shown = ", ".join(presets())
        raise UserError(f"no recipe {where}: give a YAML file, or a preset: {shown}") from None
    return _from_folder(_fields(text, where), path.parent)


def presets() -> tuple[str, ...]:
    """Names of the recipes that come with the package."""
    folder = files("adaptation").joinpath("recipes")
    return tuple(sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if ".yaml" in each.name))


def _fields(text: str, where: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{where} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UserError(f"{where} is no recipe: write fields, as `base: FOLDER`")
    return found


def _from_folder(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Paths of the fields that are paths; what is wrong otherwise is left to the check."""
    found = dict(raw)
    if isinstance(raw.get("base"), str):
        found["base"] = str(folder / raw["base"])
    data = raw.get("data")
    if isinstance(data, dict):
        found["data"] = dict(data)
        for key in ("files", "held_out_files", "keep_out", "questions"):
            if key in data:
                found["data"][key] = _placed(data[key], folder)
    return found


def _placed(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_placed(each, folder) for each in value]
    return str(folder / value) if isinstance(value, str) else value


def _path(where: tuple[int | str, ...]) -> str:
    return ".".join(map(str, where)) or "the recipe"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
