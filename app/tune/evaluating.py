"""`atlas tune eval`: an adapter on examples, beside its base, and what it forgot."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json
from app.tune.options import Adapter, BaseModel, Task
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.evaluating import Evaluation


def evaluate(
    adapter: Adapter,
    data: Annotated[Path, typer.Option(help="File of examples, as `atlas ideas export` writes them.")],
    neutral: Annotated[
        Path | None, typer.Option(help="Text on which forgetting is measured; by default the package's.")
    ] = None,
    generate: Annotated[
        int, typer.Option(min=0, help="Most tokens of an answer that is written for exact match; 0: none.")
    ] = 0,
    max_tokens: Annotated[int, typer.Option(min=8, help="Longer prompts lose their beginning.")] = 1024,
    base: BaseModel = None,
    task: Task = None,
    as_json: Json = False,
) -> None:
    """Measure loss, perplexity, accuracy and forgetting, with the adapter and without it."""
    from app.output import print_json, print_text
    from app.tune.options import opened

    text = None if neutral is None else _text(neutral)
    found = opened(adapter, base, task)
    from adaptation.data.reading import read_file
    from adaptation.evaluating import evaluate as measure

    result = measure(
        found.base, found.method, read_file(data), max_tokens=max_tokens, generate=generate, neutral=text
    )
    if as_json:
        document = asdict(result)
        document["adapter_scores"] = document.pop("adapter")
        print_json({"adapter": found.manifest.name, **document, "forgetting": result.forgetting})
    else:
        print_text("\n".join(_lines(result)))


def _lines(result: Evaluation) -> list[str]:
    lines = [f"{result.examples} examples, {result.tokens} learned tokens", f"{'':<14} {'base':>9} adapter"]
    for name in ("loss", "perplexity", "token_accuracy", "exact_match"):
        before, after = getattr(result.base, name), getattr(result.adapter, name)
        if before is not None:
            lines.append(f"{name.replace('_', ' '):<14} {before:>9.4g} {after:.4g}")
    lines.append(f"{'neutral loss':<14} {result.neutral_before:>9.4g} {result.neutral_after:.4g}")
    return [*lines, f"forgetting {result.forgetting:+.4f}"]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {path}: {error}") from None
