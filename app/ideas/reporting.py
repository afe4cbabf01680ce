"""`atlas ideas report|export|train`: a finished run again, in any of its forms, and as training data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.ideas.running import Corpus as Papers
from app.options import Json, Seed
from core.errors import UserError

if TYPE_CHECKING:
    from ideation.report.record import RunRecord


Run = Annotated[str, typer.Argument(help="Folder of a run, or its name in this home.")]
Tier = Annotated[int | None, typer.Option(help="Training data: only ideas of this tier or better.")]
Since = Annotated[str, typer.Option(help="Training data: only of runs made on this day or later.")]
Until = Annotated[str, typer.Option(help="Training data: only of runs made on this day or earlier.")]
Before = Annotated[str, typer.Option(help="Training data: only papers before this date may be in it.")]
KeepOut = Annotated[
    Path | None, typer.Option(help="Training data: file with the topics kept for evaluation, one a line.")
]
PairAxis = Annotated[str, typer.Option("--axis", help="Axis of tournament pairs.")]


def report(run: Run) -> None:
    """Print a run as Markdown."""
    from app.output import print_text
    from ideation.report.writing import to_markdown

    print_text(to_markdown(read_run(run)))


def export(
    run: Run,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="html, md, tex, bib, json; graphml, graph-json: its lineage; sft, bit-flip-spark,"
            " tournament-pairs, divpo-pairs, crpo-pairs: training data, JSON lines.",
        ),
    ] = "html",
    corpus: Papers = None,
    tier: Tier = None,
    since: Since = "",
    until: Until = "",
    before: Before = "",
    keep_out: KeepOut = None,
    axis: PairAxis = "novelty",
) -> None:
    """Write a run to standard output in one of its forms.

    Training data pass a guard: no topic that is kept for evaluation, no paper that is not known to be early
    enough; what was left out is told with its reason.
    """
    import sys

    from app.ideas.training import Kind, Wanted, examples_of

    folder, record = read_folder(run)
    if form in set(Kind):
        wanted = Wanted(
            kind=Kind(form),
            tier=tier,
            since=since,
            until=until,
            before=before,
            keep_out=keep_out,
            axis=axis,
        )
        found = examples_of(folder, record, list(corpus or []), wanted)
        sys.stdout.write("".join(f"{each.model_dump_json()}\n" for each in found.examples))
        return
    writers = _writers()
    if form not in writers:
        raise UserError(f"no format {form!r}: choose of {', '.join((*writers, *Kind))}")
    text = writers[form](record)
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def _writers() -> dict[str, Callable[[RunRecord], str]]:
    from ideation.report.graph import to_graph_json, to_graphml
    from ideation.report.record import RunRecord
    from ideation.report.writing import to_bibtex, to_html, to_latex, to_markdown

    return {
        "html": to_html,
        "md": to_markdown,
        "tex": to_latex,
        "bib": to_bibtex,
        "json": RunRecord.to_json,
        "graphml": to_graphml,
        "graph-json": to_graph_json,
    }


def train(
    run: Run,
    name: Annotated[str, typer.Option(help="Name of the adapter; then adapter:NAME is a model SPEC.")],
    base: Annotated[str, typer.Option(help="Base model, as the tuning backend names it.")],
    form: Annotated[str, typer.Option("--format", help="Training data, as export makes them.")] = "sft",
    corpus: Papers = None,
    tier: Tier = None,
    since: Since = "",
    until: Until = "",
    before: Before = "",
    keep_out: KeepOut = None,
    axis: PairAxis = "novelty",
    steps: Annotated[int | None, typer.Option(min=1, help="Budget of the training in steps.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="Budget of the training in seconds.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Have an adapter trained on a run's ideas, by the tuning backend that is installed."""
    from app.ideas.training import Kind, Wanted, train_on
    from app.output import print_json, print_text
    from core.adapters import AdapterLimits

    if form not in set(Kind):
        raise UserError(f"no training data {form!r}: choose of {', '.join(Kind)}")
    wanted = Wanted(
        kind=Kind(form), tier=tier, since=since, until=until, before=before, keep_out=keep_out, axis=axis
    )
    limits = AdapterLimits(steps=steps, seconds=seconds)
    handle = train_on(
        *read_folder(run), list(corpus or []), wanted, name=name, base=base, seed=seed, limits=limits
    )
    if as_json:
        print_json({"adapter": handle.name, "digest": handle.digest, "manifest": dict(handle.manifest)})
    else:
        print_text(f"adapter:{handle.name}  {handle.digest[:12]}")


def read_run(run: str) -> RunRecord:
    """As `read_folder`, the record alone."""
    return read_folder(run)[1]


def read_folder(run: str) -> tuple[Path, RunRecord]:
    """Raises:
    UserError: there is no such run, or its record cannot be read.
    """
    from pydantic import ValidationError

    from app.ideas.working import JSON_FILE
    from app.ideas.workshop import ideas_folder
    from core.settings import load_settings
    from ideation.report.record import RunRecord

    places = (Path(run), ideas_folder(load_settings()) / run)
    file = next((place / JSON_FILE for place in places if (place / JSON_FILE).is_file()), None)
    if file is None:
        raise UserError(f"no run {run}: give the folder that atlas ideas run named")
    try:
        return file.parent, RunRecord.model_validate_json(file.read_bytes())
    except (ValidationError, OSError) as error:
        raise UserError(f"{file} is no record of a run: {str(error).splitlines()[0]}") from None
