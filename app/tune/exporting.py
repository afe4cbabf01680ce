"""`atlas tune export`: an adapter in the form that other programs load."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json
from app.tune.options import Adapter, BaseModel, Task
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.serving.opening import Opened


class Format(StrEnum):
    LORA = "lora"
    """A folder as peft writes it; vLLM reads it too."""
    GGUF = "gguf"
    """A file that llama.cpp loads beside the base (`--lora`)."""
    MODEL_GGUF = "model-gguf"
    """The base's own file in float32 with the adapter in its weights: exact for every method that merges."""


def export(
    adapter: Adapter,
    out: Annotated[Path, typer.Option(help="What to write.")],
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="lora: a folder for peft and vLLM; gguf: a LoRA for llama.cpp; model-gguf: the whole model.",
        ),
    ] = Format.LORA,
    rank: Annotated[
        int | None,
        typer.Option(min=1, help="Nearest LoRA of this rank, where the method is no exact one."),
    ] = None,
    base: BaseModel = None,
    task: Task = None,
    as_json: Json = False,
) -> None:
    """Write the adapter for other programs: as a LoRA, exact or the nearest of a rank, or with its base."""
    from app.output import print_json, print_text
    from app.tune.options import opened

    if out.exists():
        raise UserError(f"{out} is there already: name another, or delete it")
    if form is Format.MODEL_GGUF and rank is not None:
        raise UserError("a whole model has no rank: leave --rank out, or use --format gguf")
    found = opened(adapter, base, task)
    written = _model(found, out) if form is Format.MODEL_GGUF else _lora(found, out, form, rank)
    document = {"out": str(out), "format": form.value, **asdict(written)}
    print_json(document) if as_json else print_text(f"{out}: {written.told}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """`error` is the largest of a layer, |delta - B A| / |delta|."""

    rank: int | None
    error: float

    @property
    def told(self) -> str:
        if self.rank is None:
            return "model with the adapter in its weights, float32"
        return f"LoRA of rank {self.rank}, largest error of a layer {self.error:.2%}"


def _lora(found: Opened, out: Path, form: Format, rank: int | None) -> _Written:
    from adaptation.serving.export import lora_factors, write_lora
    from adaptation.serving.gguf import write_lora_gguf

    factors = lora_factors(found.method, rank)
    if form is Format.GGUF:
        write_lora_gguf(factors, out, found.base.model.config)
    else:
        part = out.with_name(f"{out.name}.part")
        write_lora(factors, part, found.manifest.base.name)
        part.replace(out)
    return _Written(
        rank=max(each.a.shape[0] for each in factors.values()),
        error=max(each.error for each in factors.values()),
    )


def _model(found: Opened, out: Path) -> _Written:
    """Raises:
    UserError: the base is no GGUF file, or the method cannot be merged.
    """
    from adaptation.serving.gguf import write_model_gguf

    if not found.base_path.is_file():
        raise UserError(f"{found.base_path} is no GGUF file: write a model folder with atlas tune merge")
    write_model_gguf(found.base_path, dict(found.method.delta()), out, found.base.model.config)
    return _Written(rank=None, error=0.0)
