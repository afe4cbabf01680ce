"""`atlas tune continual`: one task after another, and what is left of the earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.options import Json

if TYPE_CHECKING:
    from adaptation.continual.stream import Stream
    from adaptation.recipe import Recipe

HELD_OUT = 0.25
"""Of each task's questions, where the recipe does not say."""


def continual(
    recipe: Annotated[
        str | None, typer.Argument(help="YAML file or preset: base, method, data, training of each task.")
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Base model: a GGUF file or a model folder.")] = None,
    method: Annotated[str | None, typer.Option(help="Name of a method of atlas tune list.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="File of examples; each group is a task. May be repeated.")
    ] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", help="Run whose approved episodes are learned; may be repeated."),
    ] = None,
    learners: Annotated[
        str, typer.Option(help="Names with commas between: sequential, replay, ewc, gem.")
    ] = "sequential,replay,ewc,gem",
    held_out: Annotated[
        float | None, typer.Option(help="Share of each task's questions kept for its score.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps a task.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of whatever is random.")] = None,
    as_json: Json = False,
) -> None:
    """Learn incident after incident with one adapter, and measure how the earlier ones go then.

    Scores are shares of answer tokens that the model would have written. Tasks come in the order of the data.
    """
    from adaptation.registry import require_extra

    require_extra()
    from app.output import print_json, print_text
    from app.tune.recipes import recipe_of

    wanted = recipe_of(
        recipe,
        {
            "base": base,
            "method": method,
            "data": {"files": data, "runs": runs, "held_out": held_out},
            "training": {"steps": steps, "seed": seed},
        },
    )
    if not wanted.data.held_out:
        wanted = wanted.model_copy(update={"data": wanted.data.model_copy(update={"held_out": HELD_OUT})})
    names, found = _studied(wanted, [each.strip() for each in learners.split(",") if each.strip()])
    if as_json:
        shown = {name: _document(each) for name, each in found.items()}
        print_json({"method": wanted.method, "tasks": names, "learners": shown})
    else:
        print_text("\n".join(_lines(wanted.method, names, found)))


def _studied(recipe: Recipe, learners: Sequence[str]) -> tuple[list[str], dict[str, Stream]]:
    """Names of the tasks, and what each learner made of them."""
    from adaptation.base import load_base, quiet_libraries
    from adaptation.continual.running import checked_learners, run_learner, tasks_of
    from adaptation.data.preparing import examples_of
    from app.output import say
    from app.tune.gathering import gathered

    checked_learners(learners)
    quiet_libraries()
    examples, loaded = gathered(recipe)
    base = loaded or load_base(recipe.base)
    tasks = tasks_of(recipe.data, examples or examples_of(recipe.data), base, recipe.training.seed)
    found: dict[str, Stream] = {}
    for name in learners:

        def told(done: int, name: str = name) -> None:
            say(f"{name}: task {done} of {len(tasks)}")

        found[name] = run_learner(name, recipe, tasks, base, progress=told)
    return [task.name for task in tasks], found


def _document(found: Stream) -> dict[str, object]:
    return {
        "average": found.average,
        "backward_transfer": found.backward_transfer,
        "forward_transfer": found.forward_transfer,
        "forgetting": found.forgetting,
        "before": found.before,
        "scores": found.scores,
    }


def _lines(method: str, names: Sequence[str], found: Mapping[str, Stream]) -> list[str]:
    lines = [
        f"{method} over {len(names)} tasks: {', '.join(names)}",
        f"{'learner':<12} {'average':>8} {'backward':>9} {'forward':>8} {'forgetting':>11}",
    ]
    for name, each in found.items():
        lines.append(
            f"{name:<12} {each.average:>8.3f} {each.backward_transfer:>+9.3f} {each.forward_transfer:>+8.3f}"
            f" {each.forgetting:>+11.3f}"
        )
    return lines
