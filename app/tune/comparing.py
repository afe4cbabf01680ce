"""`atlas tune compare`: methods side by side, at equal parameters and at equal time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.options import Json
from core.errors import UserError

if TYPE_CHECKING:
    from adaptation.comparison.comparing import Comparison
    from adaptation.comparison.summary import Summary
    from adaptation.recipe import Recipe

MARKDOWN, HTML, NUMBERS = "comparison.md", "comparison.html", "summary.json"


def compare(
    out: Annotated[Path, typer.Option(help="Folder of the results; what is there is not done again.")],
    recipe: Annotated[
        str | None, typer.Argument(help="YAML file or preset: base, data, batch size, device, training.")
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Base model: a GGUF file or a model folder.")] = None,
    data: Annotated[list[Path] | None, typer.Option(help="File of examples; may be repeated.")] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", help="Run whose approved episodes are learned; may be repeated."),
    ] = None,
    methods: Annotated[str, typer.Option(help="all, or names with commas between.")] = "all",
    budget: Annotated[str, typer.Option(help="both, parameters or time.")] = "both",
    parameters: Annotated[
        int | None, typer.Option(help="Trainable parameters of each; by default those of LoRA at rank 8.")
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps at equal parameters.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Of planning and training; by default what LoRA needs for the steps.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trials of each method and budget.")] = 3,
    rates: Annotated[
        str, typer.Option(help="Learning rates, of which each method has the one that suits it best.")
    ] = "0.0003,0.001,0.003,0.01",
    held_out: Annotated[float | None, typer.Option(help="Share of groups kept for measuring.")] = None,
    as_json: Json = False,
) -> None:
    """Train methods at one size and for one time on the same data, over several seeds.

    Interrupted, the same command goes on after the last trial. With more methods or seeds it adds to what is
    there.
    """
    from adaptation.registry import require_extra

    require_extra()
    from app.tune.recipes import recipe_of

    wanted = recipe_of(
        recipe,
        {
            "base": base,
            "data": {"files": data, "runs": runs, "held_out": held_out},
            "training": {"steps": steps},
        },
    )
    asked = _asked(wanted, methods, budget, rates, parameters=parameters, seconds=seconds, seeds=seeds)
    summary = _compared(asked, out)
    from adaptation.comparison.report import text
    from app.output import print_json, print_text, say

    say(f"written: {out / MARKDOWN}, {out / HTML}")
    if as_json:
        print_json(_document(summary))
    else:
        print_text(text(summary))


def _compared(asked: Comparison, out: Path) -> Summary:
    from adaptation.base import quiet_libraries
    from adaptation.comparison.comparing import compare as run
    from adaptation.comparison.report import markdown, page
    from adaptation.comparison.summary import summarise
    from adaptation.manifest import write_whole
    from app.output import say
    from app.tune.gathering import gathered

    quiet_libraries()
    examples, base = gathered(asked.recipe)
    summary = summarise(run(asked, out, examples=examples, base=base, told=say))
    write_whole(out / MARKDOWN, markdown(summary).encode())
    write_whole(out / HTML, page(summary).encode())
    write_whole(out / NUMBERS, (json.dumps(_document(summary), indent=1) + "\n").encode())
    return summary


def _asked(
    recipe: Recipe, methods: str, budget: str, rates: str, **options: int | float | None
) -> Comparison:
    """Raises:
    UserError: a wrong field or option.
    """
    from pydantic import ValidationError

    from adaptation.comparison.comparing import Comparison
    from adaptation.comparison.trial import Budget

    budgets = tuple(Budget) if budget == "both" else (budget,)
    names = () if methods == "all" else tuple(name.strip() for name in methods.split(",") if name.strip())
    given = {"recipe": recipe, "methods": names, "budgets": budgets, "rates": rates.split(","), **options}
    try:
        return Comparison.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"--{first['loc'][0]}: {first['msg']}") from None


def _document(summary: Summary) -> dict[str, Any]:
    from dataclasses import asdict

    found = asdict(summary)
    found["faults"] = [
        {"method": name, "budget": budget, "fault": why} for name, budget, why in summary.faults
    ]
    return found
