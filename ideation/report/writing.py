"""A run as one static HTML page, as Markdown, and as LaTeX with BibTeX."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ideation.report.graph import trees
from ideation.report.plots import plots
from ideation.report.record import IdeaRecord, PaperLine, RunRecord

if TYPE_CHECKING:
    from jinja2 import Environment

_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
_TEX_SIGN = re.compile("|".join(map(re.escape, _TEX)))
_MARKDOWN_SIGN = re.compile(r"([\\`*_{}\[\]<>#|])")


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("ideation.report", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tex"] = tex
    environment.filters["md"] = markdown
    return environment


def to_html(record: RunRecord) -> str:
    """One file without scripts and without anything to fetch."""
    return (
        _environment()
        .get_template("report.html")
        .render(run=record, plots=plots(record), trees=trees(record))
    )


def to_markdown(record: RunRecord) -> str:
    return _environment().get_template("report.md").render(run=record, trees=trees(record))


def to_latex(record: RunRecord) -> str:
    """Proposals as an article; its references are those of `to_bibtex`."""
    return _environment().get_template("report.tex").render(run=record)


def to_bibtex(record: RunRecord) -> str:
    """Every paper that an idea names, once, in order of id."""
    papers = {paper.id: paper for idea in record.ideas for paper in _papers(idea)}
    entries = (
        f"@misc{{{key},\n  title = {{{tex(paper.title)}}},\n"
        + (f"  year = {{{paper.year}}},\n" if paper.year else "")
        + "}\n"
        for key, paper in sorted(papers.items())
    )
    return "\n".join(entries)


def tex(text: str) -> str:
    return _TEX_SIGN.sub(lambda found: _TEX[found[0]], text)


def markdown(text: str) -> str:
    return _MARKDOWN_SIGN.sub(r"\\\1", text)


def _papers(idea: IdeaRecord) -> list[PaperLine]:
    near = [paper for facet in idea.novelty_by_facet for paper in facet.nearest]
    return [*idea.papers, *near]
