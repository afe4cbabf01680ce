"""`atlas db`: the schema of the one database."""

from __future__ import annotations

import typer

from app.options import Json

app = typer.Typer(help="Bring the database up to date, or see how it stands.", no_args_is_help=True)


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version's schema; makes it when it is missing."""
    from app.output import print_text
    from core.database import upgrade as bring_up
    from core.settings import load_settings

    print_text(f"the database stands at revision {bring_up(load_settings().database_url)}")


@app.command("check")
def check(as_json: Json = False) -> None:
    """How the database stands to this version; writes nothing."""
    from app.output import print_json, print_text
    from core.database import check as look
    from core.settings import load_settings

    state = look(load_settings().database_url)
    if as_json:
        print_json({"state": state.value})
    else:
        print_text(f"the database is {state.value}")
    if state.value in ("newer", "foreign"):
        raise typer.Exit(2)
