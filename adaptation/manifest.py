"""What a finished adapter says of itself. No torch: it can be read where the extra is not installed."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import UserError

MANIFEST = "manifest.json"
PACKAGES = ("atlas-agents", "torch", "transformers", "peft", "safetensors", "gguf")
MODEL_FILES = (".safetensors", ".bin", ".json", ".model", ".txt", ".jinja", ".gguf")
_BLOCK = 1 << 22


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseModelRecord(_Part):
    """`sha256` is that of a GGUF file, or of the names and digests of a folder's files."""

    name: str
    path: str
    sha256: str


class DataRecord(_Part):
    """`sha256` is over the examples in their order; counts are of examples, groups and rows.

    Of `train_rows`, `validation_rows` were not trained on: the method measured itself on them.
    """

    kind: str
    sha256: str
    examples: int
    train_groups: tuple[str, ...]
    held_out_groups: tuple[str, ...]
    train_rows: int
    validation_rows: int = 0
    held_out_rows: int
    cut: int
    left_out: int
    max_tokens: int
    tasks: tuple[str, ...] = ()
    """Names of the tasks, where the method has one delta for each; their numbers are their places."""


class LossRecord(_Part):
    """Held-out losses are None where nothing is held out; `curve` has (steps done, held-out loss)."""

    train_first: float
    train_last: float
    held_out_before: float | None
    held_out_after: float | None
    curve: tuple[tuple[int, float], ...] = ()


class ErrorRecord(_Part):
    """max |logits - logits| of the adapter before training and the base, and of the merged model and the
    adapter; of an export, the largest |delta - B A| / |delta| of a layer. None where it does not apply.
    """

    identity: float
    merge: float | None
    export: float | None
    export_rank: int | None = None
    not_identity: str = ""


class Manifest(_Part):
    """Written last, so that a folder with one is whole."""

    format: int = 1
    name: str
    method: str
    paper: str
    row: int
    config: dict[str, Any]
    capabilities: dict[str, Any]
    versions: dict[str, str]
    base: BaseModelRecord
    data: DataRecord
    training: dict[str, Any]
    batch_size: int
    seed: int
    steps: int
    stopped_by: str
    kept_step: int
    """After how many steps the weights are that were kept: with an early stop the best."""
    tokens_seen: int
    seconds: float
    device: str
    trainable_parameters: int
    bytes_on_disk: int
    weights_sha256: str
    loss: LossRecord
    errors: ErrorRecord
    creativity_levers: tuple[str, ...] = ()
    cl_metrics: dict[str, float] | None = None


def read_manifest(folder: Path) -> Manifest:
    """Raises:
    UserError: there is none, or it is of another version.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError(f"{folder} is no finished adapter: it has no {MANIFEST}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Raises:
    UserError: it cannot be written.
    """
    write_whole(folder / MANIFEST, (manifest.model_dump_json(indent=1) + "\n").encode())


def write_whole(path: Path, content: bytes) -> None:
    """All or nothing: what stood there before stands there until the new is on the disk.

    Raises:
        UserError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from error


def with_metrics(folder: Path, metrics: Mapping[str, float]) -> Manifest:
    """Add continual-learning metrics, which are known only after other adapters have been trained."""
    manifest = read_manifest(folder)
    manifest = manifest.model_copy(update={"cl_metrics": {**(manifest.cl_metrics or {}), **metrics}})
    write_manifest(folder, manifest)
    return manifest


def versions() -> dict[str, str]:
    """Of the packages that a result depends on; `unknown` for one that is run from its source."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def base_record(path: Path) -> BaseModelRecord:
    """Raises:
    UserError: there is no model, or it cannot be read.
    """
    try:
        if path.is_file():
            digest = file_sha256(path)
        elif path.is_dir():
            files = sorted(each for each in path.iterdir() if each.suffix in MODEL_FILES)
            lines = "".join(f"{each.name} {file_sha256(each)}\n" for each in files)
            digest = hashlib.sha256(lines.encode()).hexdigest()
        else:
            raise UserError(f"no model at {path}: give a GGUF file, or a folder that transformers has saved")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    return BaseModelRecord(name=path.stem if path.is_file() else path.name, path=str(path), sha256=digest)


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
