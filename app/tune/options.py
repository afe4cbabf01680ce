"""Words that the commands of `atlas tune` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.opening import Opened

ADAPTERS_FOLDER = "adapters"
Adapter = Annotated[str, typer.Argument(help="Folder of an adapter, or its name in this home.")]
BaseModel = Annotated[
    Path | None, typer.Option("--base", help="Where the base model lies now, if it was moved.")
]
Task = Annotated[
    str | None, typer.Option("--task", help="Which delta, of a method that has one for each task.")
]


def adapters_folder() -> Path:
    """Where adapters are kept by name."""
    from core.settings import load_settings

    return load_settings().home / ADAPTERS_FOLDER


def adapter_folder(adapter: str) -> Path:
    """Raises:
    UserError: there is neither such a folder nor such a name; those there are are named.
    """
    if Path(adapter).is_dir():
        return Path(adapter)
    kept = adapters_folder()
    if adapter in kept_adapters():
        return kept / adapter
    known = ", ".join(kept_adapters()) or "none"
    raise UserError(f"there is no adapter {adapter!r}; in this home there are: {known}")


def kept_adapters() -> tuple[str, ...]:
    """Names of the finished adapters of this home."""
    from adaptation.manifest import MANIFEST

    kept = adapters_folder()
    if not kept.is_dir():
        return ()
    return tuple(sorted(each.name for each in kept.iterdir() if (each / MANIFEST).is_file()))


def opened(adapter: str, base: Path | None, task: str | None) -> Opened:
    """Raises:
    UserError: the extra is not installed, or what `open_adapter` says.
    """
    from adaptation.registry import require_extra

    require_extra()
    quiet_libraries()
    from adaptation.opening import open_adapter

    return open_adapter(adapter_folder(adapter), base=base, task=task)


def quiet_libraries() -> None:
    """Bars of loading and saving are not for people who train."""
    from adaptation.base import hide_bars

    hide_bars()
