"""`atlas memory`: look into the pamphlets, and put them right."""

from __future__ import annotations

import typer

from app.memory import (
    adding,
    crediting,
    editing,
    exchange,
    keeping,
    listing,
    past,
    returning,
    searching,
    standing,
)

app = typer.Typer(help="Inspect and change the pamphlets.", no_args_is_help=True)

app.command("list")(listing.list_items)
app.command("show")(listing.show)
app.command("search")(searching.search)
app.command("explain")(searching.explain)
app.command("credit")(crediting.credit)
app.command("queue")(standing.queue)
app.command("history")(past.history)
app.command("diff")(past.diff)
app.command("log")(past.log)
app.command("add")(adding.add)
app.command("edit")(editing.edit)
app.command("merge")(adding.merge)
app.command("split")(adding.split)
app.command("approve")(standing.approve)
app.command("reject")(standing.reject)
app.command("pin")(standing.pin)
app.command("unpin")(standing.unpin)
app.command("retire")(standing.retire)
app.command("restore")(standing.restore)
app.command("rollback")(returning.rollback)
app.command("snapshot")(returning.snapshot)
app.command("export")(exchange.export_items)
app.command("import")(exchange.import_file)
app.command("verify")(keeping.verify)
app.command("rebuild")(keeping.rebuild)
