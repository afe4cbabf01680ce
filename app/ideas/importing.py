"""`atlas ideas import`: papers from files into this home's corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.options import Json

_SHOWN = 20


def import_papers(
    files: Annotated[list[Path], typer.Argument(help="BibTeX, RIS, JSONL, JSON or CSV.")],
    as_json: Json = False,
) -> None:
    """Take papers into the corpus of this home; twins are merged, and bad records are told by line."""
    from app.ideas.workshop import CORPUS_FILE, ideas_folder
    from app.output import print_json, print_text, say
    from core.settings import load_settings
    from ideation.corpus.store import Corpus

    folder = ideas_folder(load_settings())
    folder.mkdir(parents=True, exist_ok=True)
    told: list[dict[str, object]] = []
    lines: list[str] = []
    with Corpus.open(folder / CORPUS_FILE) as corpus:
        for file in files:
            report = corpus.import_file(file)
            for bad in report.bad[:_SHOWN]:
                say(f"{file.name}, {bad}")
            if len(report.bad) > _SHOWN:
                say(f"{file.name}: {len(report.bad) - _SHOWN} more records that cannot be read")
            added = report.added
            lines.append(
                f"{file}: {report.read} records, {added.new} new, {added.changed} changed,"
                f" {added.unchanged} known, {len(report.bad)} bad"
            )
            told.append(
                {
                    "file": str(file),
                    "read": report.read,
                    "new": report.added.new,
                    "changed": report.added.changed,
                    "unchanged": report.added.unchanged,
                    "bad": [{"line": bad.line, "reason": bad.reason} for bad in report.bad],
                }
            )
        papers = len(corpus)
    if as_json:
        print_json({"papers": papers, "files": told})
        return
    print_text("\n".join([*lines, f"{papers} papers"]))
