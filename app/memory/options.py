"""Options that several verbs of memory share, and what their words mean."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from core.guidance import ActionTemplate

Word = TypeVar("Word", bound=StrEnum)

Scope = Annotated[str | None, typer.Option(help="Namespace, with all below it, e.g. excytin/soc.")]
ItemArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of an item, or how it begins.")]
ItemsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of items.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history for good.")]
As = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who does this. Default: your login name.")
]

Content = Annotated[str | None, typer.Option(help="What the item says.")]
Cue = Annotated[
    str | None,
    typer.Option(
        help="When it applies: phrases with commas between, entity:TYPE (ip, email, url, host, ...) "
        "among them, or one re:PATTERN."
    ),
]
Boundary = Annotated[str | None, typer.Option(help="When it does not apply.")]
Effect = Annotated[str | None, typer.Option(help="What is expected of it.")]
Tool = Annotated[str | None, typer.Option(help="Tool that its action calls; goes with --template.")]
Template = Annotated[str | None, typer.Option(help="The action, with slots like {host}.")]
Bindings = Annotated[
    list[str] | None, typer.Option("--binding", metavar="NAME=VALUE", help="Fills a slot; repeat the option.")
]

MOST_VERSIONS = 2**31 - 1
MOST_ACTOR = 200
"""Characters that the database keeps of an actor's name."""


def parse_word(name: str, text: str | None, words: type[Word]) -> Word | None:
    """The word of a closed set; None for None.

    Raises:
        UserError: it is none of them.
    """
    from core.errors import UserError

    if text is None:
        return None
    if text not in set(words):
        *others, last = words
        raise UserError(f"no {name} {text!r}: choose {', '.join(others)} or {last}")
    return words(text)


def actor_of(name: str | None) -> str:
    """`person:` and the name, or the name as it is where it says itself what it is (`rule:nightly`).

    Raises:
        UserError: an empty name, one too long, or one that cannot be seen.
    """
    from core.errors import UserError

    if name is None:
        return f"person:{_login_name()}"
    chosen = name.strip()
    if not chosen or not chosen.isprintable() or len(chosen) > MOST_ACTOR - len("person:"):
        raise UserError("--as takes a name of visible characters, e.g. --as alice")
    return chosen if ":" in chosen else f"person:{chosen}"


def _login_name() -> str:
    import getpass

    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user on this machine, as in a container
        return "unknown"
    return name if name.strip() and name.isprintable() else "unknown"


def action_of(
    tool: str | None, template: str | None, bindings: list[str] | None, known: ActionTemplate | None = None
) -> ActionTemplate | None:
    """The action that the options name, over the one that is `known`; None where none is named.

    Raises:
        UserError: half an action, or a binding without `=`.
    """
    from core.errors import UserError
    from core.guidance import ActionTemplate

    if tool is None and template is None and bindings is None:
        return None
    tool = tool if tool is not None else (known.tool if known else None)
    template = template if template is not None else (known.template if known else None)
    if tool is None or template is None:
        raise UserError("an action takes both --tool and --template")
    pairs = dict(known.bindings) if known is not None and bindings is None else {}
    for binding in bindings or ():
        name, equals, value = binding.partition("=")
        if not equals or not name.strip():
            raise UserError(f"--binding takes NAME=VALUE, not {binding!r}")
        pairs[name.strip()] = value
    return ActionTemplate(tool=tool, template=template, bindings=pairs)
