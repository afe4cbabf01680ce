"""`atlas ideas rediscover`: whether a run came upon an idea that was kept from it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.ideas.running import Comparisons, Corpus, Judge
from app.options import Json, Seed
from core.errors import UserError

if TYPE_CHECKING:
    from ideation.rediscovering import Real, Rediscovery
    from ideation.report.record import RunRecord


def rediscover(
    run: Annotated[str, typer.Argument(help="Folder of a run, or its name in this home.")],
    real: Annotated[
        Path,
        typer.Argument(help="The hidden idea: a JSON object with title, problem, mechanism, inspirations."),
    ],
    corpus: Corpus = None,
    judge: Judge = "offline",
    axis: Annotated[
        str, typer.Option(help="Axis on which the real idea is ranked among the others.")
    ] = "novelty",
    comparisons: Comparisons = None,
    budget_usd: Annotated[float | None, typer.Option(help="Stop at so much money.")] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare a run's ideas with one that was kept from it: inspirations, core, and rank among them."""
    from app.ideas.reporting import read_run
    from app.output import print_json, print_text

    record, hidden = read_run(run), read_real(real)
    found = asyncio.run(
        _rediscover(record, hidden, list(corpus or []), judge, axis, comparisons, budget_usd, seed)
    )
    if as_json:
        print_json(asdict(found))
    else:
        print_text(_told(found, record))


def read_real(file: Path) -> Real:
    """Raises:
    UserError: the file is no idea.
    """
    from ideation.idea import IdeaText
    from ideation.rediscovering import Real

    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}") from None
    names = list(IdeaText.__dataclass_fields__)
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name, ""), str) for name in names):
        raise UserError(f"{file} is no idea: write a JSON object with texts by name")
    text = IdeaText(**{name: raw.get(name, "") for name in names})
    inspirations = raw.get("inspirations", [])
    if not text.mechanism.strip() or not isinstance(inspirations, list):
        raise UserError(f"{file} is no idea: it needs a mechanism, and inspirations are a list of titles")
    return Real(text=text, inspirations=tuple(map(str, inspirations)))


async def _rediscover(
    record: RunRecord,
    real: Real,
    files: list[Path],
    judge: str,
    axis: str,
    comparisons: int | None,
    budget_usd: float | None,
    seed: int,
) -> Rediscovery:
    from app.ideas.working import cutoff_of
    from app.ideas.workshop import ideas_folder, open_papers, open_voices, parse_writer, the_embedder
    from core.budget import Budget, BudgetLimits
    from core.settings import load_settings
    from ideation.costs import CostLedger
    from ideation.library import CorpusLibrary
    from ideation.ranking.match_log import Axis
    from ideation.rediscovering import rediscover
    from ideation.report.reading import idea_of

    if axis not in set(Axis):
        raise UserError(f"no axis {axis!r}: choose of {', '.join(Axis)}")
    settings = load_settings()
    spec = parse_writer(judge)
    ledger = CostLedger(Budget(BudgetLimits(usd=budget_usd)))
    with open_papers(settings, files, the_embedder(settings)) as corpus:
        corpus.embed()
        view = corpus.view(cutoff_of(record.cutoff))
        assert corpus.embedder is not None
        log = ideas_folder(settings) / "rediscover-calls.jsonl"
        voices = open_voices(settings, spec, spec, ledger, log, [paper.text for paper in view.papers()])
        try:
            return await rediscover(
                real,
                [idea_of(each) for each in record.ideas],
                topic=record.topic,
                library=CorpusLibrary(view),
                embedder=corpus.embedder,
                judge=voices.judge,
                pair_judge=voices.pair_judge,
                axis=Axis(axis),
                calls=comparisons,
                seed=seed,
            )
        finally:
            for model in voices.models:
                await model.close()


def _told(found: Rediscovery, record: RunRecord) -> str:
    title = next((idea.title for idea in record.ideas if idea.id == found.nearest), found.nearest)
    lines = [f"nearest idea: {title}"]
    lines += [f"  likeness of the {facet}: {value:.2f}" for facet, value in found.by_facet.items()]
    matched = found.matched
    lines.append(
        "same core, by the judge: "
        + (
            "cannot be told"
            if matched.best is None
            else f"best {matched.best:g}, mean {matched.mean:.2f} of 5"
        )
        + f" ({matched.scored} ideas, {matched.unscored} it could not tell)"
    )
    lines.append(
        "share of ideas preferred to the real one: "
        + ("cannot be told" if found.insight is None else f"{found.insight:.2f} (chance 0.50)")
    )
    for way, hits in found.hits.items():
        lines.append(
            f"inspirations, {way}: " + ", ".join(f"hit@{k} {value:.2f}" for k, value in hits.items())
        )
    lines += [f"not in the library: {title}" for title in found.unknown]
    return "\n".join(lines)
