"""`atlas ideas report|export`: a finished run again, in any of its forms."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserError

if TYPE_CHECKING:
    from ideation.report.record import RunRecord


class Form(StrEnum):
    HTML = "html"
    MARKDOWN = "md"
    LATEX = "tex"
    BIBTEX = "bib"
    JSON = "json"
    GRAPHML = "graphml"
    GRAPH_JSON = "graph-json"


Run = Annotated[str, typer.Argument(help="Folder of a run, or its name in this home.")]


def report(run: Run) -> None:
    """Print a run as Markdown."""
    from app.output import print_text
    from ideation.report.writing import to_markdown

    print_text(to_markdown(read_run(run)))


def export(
    run: Run,
    form: Annotated[
        Form, typer.Option("--format", help="html, md, tex, bib, json; graphml or graph-json: its lineage.")
    ] = Form.HTML,
) -> None:
    """Write a run to standard output in one of its forms."""
    import sys

    from ideation.report.graph import to_graph_json, to_graphml
    from ideation.report.record import RunRecord
    from ideation.report.writing import to_bibtex, to_html, to_latex, to_markdown

    record = read_run(run)
    writers = {
        Form.JSON: RunRecord.to_json,
        Form.GRAPHML: to_graphml,
        Form.GRAPH_JSON: to_graph_json,
        Form.HTML: to_html,
        Form.MARKDOWN: to_markdown,
        Form.LATEX: to_latex,
        Form.BIBTEX: to_bibtex,
    }
    text = writers[form](record)
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def read_run(run: str) -> RunRecord:
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
        return RunRecord.model_validate_json(file.read_bytes())
    except (ValidationError, OSError) as error:
        raise UserError(f"{file} is no record of a run: {str(error).splitlines()[0]}") from None
