"""The `atlas` command: every command in a file of its own, one place where errors become exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from app import bench, database, demo, doctor, ideas, memory, run, serve, tune
from app.exits import INTERRUPTED, Interrupted

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
app.add_typer(ideas.app, name="ideas")
app.add_typer(tune.app, name="tune")
app.add_typer(database.app, name="db")
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("doctor")(doctor.doctor)
app.command("serve")(serve.serve)


def _print_version(asked: bool) -> None:
    if asked:
        from app.plans import code_version

        typer.echo(f"atlas {code_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and leave.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Options that stand before any command."""


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; every error of ours is one line on standard error and its exit status.

    Args:
        words: what stands behind `atlas`; by default the words that the process was started with.

    Raises:
        SystemExit: always, with the exit status.
    """
    from core.errors import AtlasError, LimitReached

    try:
        # An interrupt comes back as its status, a command that ended well as None.
        status = app(words, prog_name="atlas", standalone_mode=False)
        if status == INTERRUPTED:
            raise Interrupted
    except (AtlasError, LimitReached, Interrupted) as error:
        _complain(str(error))
        status = error.exit_status
    except TyperException as error:
        status = error.exit_code
        if "\n" in error.message:  # a group without a command: the message is its help
            typer.echo(error.message, err=True)
        else:
            said = error.format_message().replace("Value error, ", "").rstrip(".")
            _complain(f"{said}; see: atlas {_asked(error)}--help")
    sys.exit(status)


def _complain(message: str) -> None:
    typer.echo(f"atlas: {' '.join(message.split())}", err=True)


def _asked(error: TyperException) -> str:
    """The command that was misused, as it is written behind `atlas`."""
    context = getattr(error, "ctx", None)
    path = "" if context is None else str(context.command_path).removeprefix("atlas").strip()
    return f"{path} " if path else ""


if __name__ == "__main__":
    main()
