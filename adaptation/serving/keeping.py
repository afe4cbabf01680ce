"""Adapters kept by name in a folder of a home. No torch: they can be listed where the extra is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adaptation.manifest import MANIFEST, Manifest, read_manifest
from core.errors import UserError

ADAPTERS_FOLDER = "adapters"
"""In a home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One finished adapter. `task` is the number of the delta that is meant, of a method with one a task."""

    name: str
    folder: Path
    manifest: Manifest
    task: int | None = None

    @property
    def key(self) -> str:
        """Another one for each set of weights and each delta, wherever they are kept."""
        task = "" if self.task is None else f"#{self.task}"
        return f"{self.folder.resolve()}@{self.manifest.weights_sha256}{task}"


class AdapterFolder:
    """`NAME` is an adapter; of one with tasks `NAME.TASK` is the delta of a task, by its name or number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, name: str) -> Path:
        return self._folder / name

    def names(self) -> tuple[str, ...]:
        """Those that can be asked for, sorted."""
        return tuple(sorted(name for kept in self._all() for name in _called(kept)))

    def find(self, name: str) -> Kept:
        """Raises:
        UserError: there is none of that name; the message names those there are.
        """
        for kept in self._all():
            if name == kept.name or name in _called(kept):
                return self._meant(kept, name)
            base, dot, task = name.rpartition(".")
            if dot and base == kept.name and task.isdecimal() and int(task) < len(kept.manifest.data.tasks):
                return self._meant(kept, f"{base}.{kept.manifest.data.tasks[int(task)]}")
        raise UserError(f"there is no adapter {name!r}; there are: {', '.join(self.names()) or 'none'}")

    def _meant(self, kept: Kept, name: str) -> Kept:
        tasks = kept.manifest.data.tasks
        if not tasks:
            return kept
        if name == kept.name:
            raise UserError(f"adapter {name!r} has one delta a task: ask for {' or '.join(_called(kept))}")
        number = tasks.index(name.removeprefix(f"{kept.name}."))
        return Kept(name=name, folder=kept.folder, manifest=kept.manifest, task=number)

    def _all(self) -> list[Kept]:
        if not self._folder.is_dir():
            return []
        folders = sorted(each for each in self._folder.iterdir() if (each / MANIFEST).is_file())
        return [Kept(name=each.name, folder=each, manifest=read_manifest(each)) for each in folders]


def _called(kept: Kept) -> tuple[str, ...]:
    tasks = kept.manifest.data.tasks
    return tuple(f"{kept.name}.{task}" for task in tasks) if tasks else (kept.name,)
