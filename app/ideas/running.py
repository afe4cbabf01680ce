"""`atlas ideas run`: from a topic to ranked ideas and a report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.options import Json, Seed

Corpus = Annotated[
    list[Path] | None,
    typer.Option("--corpus", help="File of papers (BibTeX, RIS, JSONL, JSON, CSV); may be repeated."),
]
Comparisons = Annotated[int | None, typer.Option(help="Comparisons in all; default 5 an idea and axis.")]
Model = Annotated[str, typer.Option(help="SPEC of who writes: offline, provider/model, local:FILE.gguf.")]
Judge = Annotated[str, typer.Option(help="SPEC of who judges; by default the writer.")]

Online = Annotated[
    bool, typer.Option("--online", help="Ask OpenAlex, Semantic Scholar, arXiv and Crossref too.")
]
Adapter = Annotated[str, typer.Option(help="Tuned adapter that the adapter family writes with.")]
Families = Annotated[str, typer.Option(help="all, or some of knowledge,steering,search,agents,adapters.")]
Arms = Annotated[
    list[str] | None,
    typer.Option("--arm", help="Only this method, by its name in atlas ideas arms; may be repeated."),
]
MapAxes = Annotated[
    list[str] | None,
    typer.Option("--map-axis", help="Axis of the map of elites, NAME: LOW | HIGH; may be repeated."),
]
BoxAxes = Annotated[
    list[str] | None,
    typer.Option("--box-axis", help="Axis of the morphological box, NAME: VALUE | VALUE; repeat it."),
]
Remember = Annotated[
    bool, typer.Option("--remember", help="Use and keep what ideas on this topic were worth, as pamphlets.")
]
Gate = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        help="Be asked about each idea at this stage: written, checked, ranked, or inside arms proposed,"
        " reviewed, diverged, converged; all. May be repeated. Answers are read from standard input.",
    ),
]


def run(
    topic: Annotated[str, typer.Argument(help="What the ideas are to be about.")],
    corpus: Corpus = None,
    online: Online = False,
    model: Model = "offline",
    judge: Judge = "",
    adapter: Adapter = "",
    families: Families = "all",
    arm: Arms = None,
    map_axis: MapAxes = None,
    box_axis: BoxAxes = None,
    n: Annotated[int, typer.Option("--n", help="How many ideas.")] = 20,
    before: Annotated[str, typer.Option(help="Only papers before this date: 2024-05-01.")] = "",
    notes: Annotated[Path | None, typer.Option(help="File with what you know yourself.")] = None,
    budget_usd: Annotated[float | None, typer.Option(help="Stop at so much money.")] = None,
    calls_per_idea: Annotated[int, typer.Option(help="Calls that an arm may make for an idea.")] = 12,
    rounds: Annotated[int, typer.Option(help="Rounds of generation, till duplicates leave enough.")] = 6,
    comparisons: Comparisons = None,
    remember: Remember = False,
    gate: Gate = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report; default: in the home.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Generate ideas on a topic by five families of methods, check them against papers, and rank them."""
    from app.ideas.working import RunOrder, work
    from app.output import print_json, print_text

    order = RunOrder(
        topic=topic,
        corpus=tuple(corpus or ()),
        online=online,
        model=model,
        judge=judge or model,
        adapter=adapter,
        families=families,
        arms=tuple(arm or ()),
        map_axes=tuple(map_axis or ()),
        box_axes=tuple(box_axis or ()),
        count=n,
        before=before,
        notes=notes,
        budget_usd=budget_usd,
        calls_per_idea=calls_per_idea,
        rounds=rounds,
        comparisons=comparisons,
        remember=remember,
        gate=tuple(gate or ()),
        out=out,
        seed=seed,
    )
    done = asyncio.run(work(order))
    if as_json:
        print_json(done.document)
    else:
        print_text(done.text)
    if done.exit_status:
        raise typer.Exit(done.exit_status)


def arms(as_json: Json = False) -> None:
    """List the methods by family; those marked on demand run only where --arm names them."""
    from app.output import print_json, print_text
    from ideation.families.registry import all_arms, arms_of
    from ideation.idea import Family

    usual = {arm.lever for each in arms_of(tuple(Family)).values() for arm in each}
    rows = [
        {"family": family.value, "arm": arm.lever, "on_demand": arm.lever not in usual}
        for family, each in all_arms().items()
        for arm in each
    ]
    if as_json:
        print_json({"arms": rows})
        return
    print_text(
        "\n".join(
            f"{row['family']:<10} {row['arm']}{'  (on demand)' if row['on_demand'] else ''}" for row in rows
        )
    )
