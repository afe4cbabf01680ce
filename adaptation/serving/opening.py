"""A finished adapter, opened on its base model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptation.artifact import load
from adaptation.base import Base, load_base
from adaptation.layers.tasks import TaskMethod
from adaptation.manifest import Manifest, base_record, read_manifest
from adaptation.method import AdapterMethod
from core.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The method is attached to the base's model, in evaluation mode; `base_path` is where that lies."""

    folder: Path
    base_path: Path
    manifest: Manifest
    base: Base
    method: AdapterMethod[Any]


def open_adapter(folder: Path, *, base: Path | None = None, task: str | None = None) -> Opened:
    """`base` is where the base model lies now, if not where the adapter was trained; `task` is selected.

    Raises:
        UserError: no adapter, no base model or another one, or a task that is none; also where the method has
            tasks and none is named.
    """
    manifest = read_manifest(folder)
    path = base or Path(manifest.base.path)
    if base_record(path).sha256 != manifest.base.sha256:
        raise UserError(f"{path} is not the model that {folder.name} was trained on: give it with --base")
    loaded = load_base(path)
    method = load(loaded.model, folder)
    loaded.model.eval()
    opened = Opened(folder=folder, base_path=path, manifest=manifest, base=loaded, method=method)
    _select(opened, task)
    return opened


def _select(opened: Opened, task: str | None) -> None:
    names = opened.manifest.data.tasks
    if not isinstance(opened.method, TaskMethod):
        if task is not None:
            raise UserError(f"{opened.method.name} has no tasks: leave the task out")
        return
    if task not in names:
        said = "one delta a task" if task is None else f"no task {task!r}"
        raise UserError(f"{opened.folder.name} has {said}: name one of {', '.join(names)}")
    opened.method.select(names.index(task))
