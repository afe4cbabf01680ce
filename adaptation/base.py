"""The base model that adapters are trained on: a folder of transformers, or a GGUF file taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A causal language model in float32, in evaluation mode, and its tokenizer."""

    model: Any
    tokenizer: Any


def load_base(path: Path) -> Base:
    """Read a model from disk; nothing is ever downloaded.

    A GGUF file's numbers are turned into plain float32 weights: as transformers reads it otherwise, it can
    neither be trained nor saved. They are those of the quantised file, not of what it was made from.

    Raises:
        UserError: there is no such model, or it cannot be read.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    if not path.exists():
        raise UserError(f"no model at {path}: give a GGUF file, or a folder that transformers has saved")
    options: dict[str, Any] = {"dtype": "float32", "local_files_only": True}
    where: dict[str, Any] = {}
    folder = path
    if path.is_file():
        folder, where = path.parent, {"gguf_file": path.name}
        options["quantization_config"] = GgufConfig(dequantize=True)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, **where)
        model = AutoModelForCausalLM.from_pretrained(folder, **where, **options)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"{path} cannot be read as a model: {str(error).splitlines()[0]}") from None
    if getattr(model, "hf_quantizer", None) is not None:
        raise UserError(f"{path} cannot be trained: transformers keeps its weights quantised")
    return Base(model=model.eval(), tokenizer=tokenizer)


def hide_bars() -> None:
    """No bars of transformers on standard error, where a command has its own words for what goes on."""
    from transformers.utils import logging

    logging.disable_progress_bar()
