"""`atlas ideas`: papers in, ideas out, with evidence and error bars."""

from __future__ import annotations

import typer

from app.ideas import (
    after,
    calibrating,
    comparing,
    importing,
    learning,
    probing,
    ranking,
    rediscovering,
    reporting,
    running,
)

app = typer.Typer(help="Generate and rank scientific ideas.", no_args_is_help=True)

app.command("run")(running.run)
app.command("arms")(running.arms)
app.command("import")(importing.import_papers)
app.command("rank")(ranking.rank_file)
app.command("report")(reporting.report)
app.command("export")(reporting.export)
app.command("train")(reporting.train)
app.command("novelty")(comparing.novelty)
app.command("ablate")(comparing.ablate)
app.command("judge-calibrate")(calibrating.judge_calibrate)
app.command("likeness-calibrate")(calibrating.likeness_calibrate)
app.command("outcomes")(after.outcomes)
app.command("homogeneity")(after.homogeneity)
app.command("rating-kit")(after.rating_kit)
app.command("ratings")(after.ratings)
app.command("rediscover")(rediscovering.rediscover)
app.command("judge-learn")(learning.judge_learn)
app.command("probe")(probing.probe)
