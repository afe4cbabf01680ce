"""An adapter merged into a model folder that anything can load, and how exact that is."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from adaptation.manifest import MANIFEST
from adaptation.measuring import logits
from adaptation.method import Batch
from adaptation.serving.opening import Opened
from core.errors import UserError

PROBE_ROWS, PROBE_TOKENS = 2, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """`error` is max |logits(adapter) - logits(model read back from the folder)| on random tokens."""

    folder: Path
    error: float


def merge_to_folder(opened: Opened, folder: Path) -> Merged:
    """Write the base with the adapter in it; the folder is there whole or not at all.

    What was opened is used up: its model is a plain one afterwards.

    Raises:
        UserError: the method runs live only, or the folder is there already or cannot be written.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: name another folder, or delete it")
    model, method = opened.base.model, opened.method
    probe = random_tokens(model.config.vocab_size)
    live = logits(model, probe)
    method.settle(model)
    part = folder.with_name(f"{folder.name}.part")
    try:
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        model.save_pretrained(part)
        opened.base.tokenizer.save_pretrained(part)
        shutil.copyfile(opened.folder / MANIFEST, part / f"adapter-{MANIFEST}")
        error = _read_back(part, probe, live)
        part.replace(folder)
    except OSError as error_of_disk:
        raise UserError(f"cannot write {folder}: {error_of_disk.strerror}") from error_of_disk
    return Merged(folder=folder, error=error)


def random_tokens(vocabulary: int) -> Batch:
    """The same at each call."""
    draw = torch.Generator().manual_seed(0)
    return {"input_ids": torch.randint(0, vocabulary, (PROBE_ROWS, PROBE_TOKENS), generator=draw)}


def _read_back(folder: Path, probe: Batch, live: torch.Tensor) -> float:
    from adaptation.base import load_base

    return float((logits(load_base(folder).model, probe) - live).abs().max())
