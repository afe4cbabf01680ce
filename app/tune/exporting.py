"""`atlas tune export`: an adapter in the form that other programs load."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.options import Json
from app.tune.options import Adapter, BaseModel, Task
from core.errors import UserError


class Format(StrEnum):
    LORA = "lora"
    """A folder as peft writes it; vLLM reads it too."""


def export(
    adapter: Adapter,
    out: Annotated[Path, typer.Option(help="What to write.")],
    form: Annotated[Format, typer.Option("--format", help="lora: a folder for peft and vLLM.")] = Format.LORA,
    rank: Annotated[
        int | None,
        typer.Option(min=1, help="Nearest LoRA of this rank, where the method is no exact one."),
    ] = None,
    base: BaseModel = None,
    task: Task = None,
    as_json: Json = False,
) -> None:
    """Write the adapter as a LoRA, exact or the nearest of a rank, and tell the error."""
    from app.output import print_json, print_text
    from app.tune.options import opened

    if out.exists():
        raise UserError(f"{out} is there already: name another, or delete it")
    found = opened(adapter, base, task)
    from adaptation.serving.export import lora_factors, write_lora

    factors = lora_factors(found.method, rank)
    part = out.with_name(f"{out.name}.part")
    write_lora(factors, part, found.manifest.base.name)
    part.replace(out)
    error = max(each.error for each in factors.values())
    widest = max(each.a.shape[0] for each in factors.values())
    if as_json:
        print_json({"out": str(out), "format": form.value, "rank": widest, "error": error})
    else:
        print_text(f"{out}: LoRA of rank {widest}, largest error of a layer {error:.2%}")
