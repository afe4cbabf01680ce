"""`atlas tune`: adapters trained, merged, exported and measured; only this needs the extra `tune`."""

from __future__ import annotations

import typer

from app.tune import comparing, evaluating, exporting, listing, merging, serving, streaming, training

app = typer.Typer(help="Train small weights on top of a local model.", no_args_is_help=True)

app.command("list")(listing.list_methods)
app.command("train")(training.train)
app.command("merge")(merging.merge)
app.command("export")(exporting.export)
app.command("serve")(serving.serve)
app.command("eval")(evaluating.evaluate)
app.command("compare")(comparing.compare)
app.command("continual")(streaming.continual)
