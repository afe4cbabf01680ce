"""The `atlas` command: one root, every command in a file of its own, one place where errors become exit statuses."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from app import bench, database, demo, doctor, memory, run

INTERRUPTED = 130

app = typer.Typer(
    name="atlas",
    help="Agents that get better while they work, without touching a weight.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(bench.app, name="bench")
app.add_typer(memory.app, name="memory")
app.add_typer(database.app, name="db")
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("doctor")(doctor.doctor)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"atlas {installed('atlas-agents')}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every error of ours is one line on standard error and its exit status."""
    from core.errors import AtlasError, LimitReached

    try:
        app(standalone_mode=True)
    except (AtlasError, LimitReached) as error:
        typer.echo(f"atlas: {error}", err=True)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        typer.echo(
            "atlas: interrupted; what was finished is stored, and --resume RUN goes on from there", err=True
        )
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
