"""`atlas tune train`: a recipe becomes an adapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.options import Json
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.manifest import Manifest
    from adaptation.recipe import Recipe


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="YAML file, or a preset: distil, preference, sft, traces. Options go over it."),
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Base model: a GGUF file or a model folder.")] = None,
    method: Annotated[str | None, typer.Option(help="Name of a method of atlas tune list.")] = None,
    config: Annotated[
        list[str] | None, typer.Option(help="An option of the method, as rank=8; may be repeated.")
    ] = None,
    data: Annotated[list[Path] | None, typer.Option(help="File of examples; may be repeated.")] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", help="Run whose approved episodes are learned; may be repeated."),
    ] = None,
    held_out: Annotated[float | None, typer.Option(help="Share of groups kept for measuring.")] = None,
    steps: Annotated[int | None, typer.Option(help="Budget in steps.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Budget in seconds.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of whatever is random.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the adapter.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the adapter; by default adapters/NAME in this home.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train an adapter. Killed or interrupted, the same command goes on from the last checkpoint."""
    from adaptation.registry import require_extra

    require_extra()
    from app.output import print_json, print_text
    from app.tune.recipes import recipe_of

    wanted = recipe_of(
        recipe,
        {
            "base": base,
            "method": method,
            "name": name,
            "config": _config(config),
            "data": {"files": data, "runs": runs, "held_out": held_out},
            "training": {"steps": steps, "seconds": seconds, "seed": seed},
            # Nothing is held out, so nothing can tell when to stop early.
            "limits": {"patience": 0 if held_out == 0 else None},
        },
    )
    manifest, folder = _trained(wanted, out)
    if as_json:
        print_json({"adapter": str(folder), "manifest": manifest.model_dump(mode="json")})
    else:
        print_text("\n".join(_lines(manifest, folder)))


def _trained(recipe: Recipe, out: Path | None) -> tuple[Manifest, Path]:
    from adaptation.base import quiet_libraries
    from adaptation.job import run_job
    from app.tune.gathering import gathered
    from app.tune.options import adapters_folder
    from app.tune.progress import TrainingProgress

    quiet_libraries()
    folder = out or adapters_folder() / recipe.name
    if folder.exists():
        raise UserError(f"{folder} is there already: give another --name or --out, or delete it")
    examples, base = gathered(recipe)
    with TrainingProgress(f"{recipe.name} by {recipe.method}") as told:
        return run_job(recipe, folder, examples=examples, base=base, told=told), folder


def _config(pairs: list[str] | None) -> dict[str, Any]:
    """`rank=8` as YAML reads the value."""
    import yaml

    found: dict[str, Any] = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        try:
            found[key.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            equals = ""
        if not key.strip() or not equals:
            raise UserError(f"--config {pair!r}: write NAME=VALUE, as rank=8")
    return found


def _lines(manifest: Manifest, folder: Path) -> list[str]:
    loss, errors = manifest.loss, manifest.errors
    held_out = ""
    if loss.held_out_before is not None and loss.held_out_after is not None:
        held_out = f", held out {loss.held_out_before:.4f} to {loss.held_out_after:.4f}"
    merge = "runs live only" if errors.merge is None else f"merge error {errors.merge:.1e}"
    return [
        f"{folder}: {manifest.method}, {manifest.trainable_parameters} parameters,"
        f" {manifest.bytes_on_disk} bytes",
        f"{manifest.steps} steps ({manifest.stopped_by}; weights of step {manifest.kept_step}),"
        f" {manifest.tokens_seen} tokens, {manifest.seconds:.0f} s",
        f"loss {loss.train_first:.4f} to {loss.train_last:.4f}{held_out}",
        f"identity error {errors.identity:.1e}, {merge}",
    ]
