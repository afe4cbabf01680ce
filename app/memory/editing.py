"""`atlas memory edit`: an item's words by options, in an editor, or from a file."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import (
    As,
    Bindings,
    Boundary,
    Content,
    Cue,
    Effect,
    ItemArgument,
    Reason,
    Template,
    Tool,
    action_of,
)
from app.options import Json

if TYPE_CHECKING:
    from app.memory.opening import Desk
    from memory.items import Item
    from memory.ledger.editor import ItemEdit

STDERR = 2


def edit(
    item_id: ItemArgument,
    content: Content = None,
    cue: Cue = None,
    boundary: Boundary = None,
    effect: Effect = None,
    tool: Tool = None,
    template: Template = None,
    binding: Bindings = None,
    no_action: Annotated[bool, typer.Option("--no-action", help="Take the action away.")] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Markdown of the item, as the editor showed it; - for standard input."
        ),
    ] = None,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Change an item in your editor (VISUAL or EDITOR), by options, or from a file."""
    from app.memory.opening import changing
    from app.memory.standing import tell_item
    from app.output import say
    from core.errors import UserError

    words = (content, cue, boundary, effect, tool, template, binding)
    by_options = no_action or any(word is not None for word in words)
    if by_options and file is not None:
        raise UserError("give --file or the words, not both")
    with changing(as_name) as desk:
        item = desk.item(item_id)
        if by_options:
            change = _change(item, *words, no_action=no_action)
            done: Item | None = desk.editor().edit(item.id, change, reason=reason, expected=item.version)
        elif file is not None:
            done = _from_file(desk, item, file, reason)
        else:
            done = _in_editor(desk, item, reason)
        if done is None:
            say(f"nothing changed: {item.id} stays at version {item.version}")
        if done is not None or as_json:
            tell_item(desk, done or item, as_json=as_json, changed=done is not None)


def _change(
    item: Item,
    content: str | None,
    cue: str | None,
    boundary: str | None,
    effect: str | None,
    tool: str | None,
    template: str | None,
    bindings: list[str] | None,
    *,
    no_action: bool,
) -> ItemEdit:
    from core.errors import UserError
    from memory.ledger.editor import ItemEdit

    action = action_of(tool, template, bindings, item.action)
    if no_action and action is not None:
        raise UserError("give --no-action or an action, not both")
    return ItemEdit(
        content=content,
        cue=cue,
        boundary=boundary,
        expected_effect=effect,
        action=action,
        no_action=no_action,
    )


def _from_file(desk: Desk, item: Item, file: Path, reason: str) -> Item | None:
    from app.memory.texts import read_text

    return _store(desk, item, read_text(file), reason)


def _in_editor(desk: Desk, item: Item, reason: str) -> Item | None:
    """Let the person change the item's Markdown; None when it is left as it was.

    Raises:
        UserError: no editor, or it failed; or what came of it cannot be stored: then the text is kept, and
            the message says where and how to offer it again.
    """
    from app.memory.texts import read_text
    from core.errors import AtlasError
    from memory.documents.markdown import render_item

    command, shown = _command(desk.settings.text_editor), render_item(item)
    path = _new_file(item, shown)
    try:
        _run(command, path)
        text = read_text(path)
        done = None if text == shown else _store(desk, item, text, reason)
    except AtlasError as error:
        if not path.exists() or path.read_bytes() == shown.encode():
            path.unlink(missing_ok=True)
            raise
        again = f"atlas memory edit {item.id} --file {shlex.quote(str(path))}"
        raise type(error)(f"{error}; your text is kept, offer it again: {again}") from None
    path.unlink(missing_ok=True)
    return done


def _store(desk: Desk, item: Item, text: str, reason: str) -> Item | None:
    """Read an item's Markdown and bring it in; None where memory says the same already.

    Raises:
        UserError: it cannot be read, it is not this item, or it may not stand so.
        Conflict: the item has moved on from the version in the text.
    """
    from core.errors import UserError
    from memory.documents.importing import import_items
    from memory.documents.markdown import parse_item
    from memory.ledger.writing import Conflict

    document = parse_item(text)
    if document.id != item.id:
        raise UserError(f"the text is of {document.id or 'a new item'}, not of {item.id}")
    imported = import_items(desk.library, [document], actor=desk.actor, reason=reason)
    for _, why in imported.conflicts:
        raise Conflict(why)
    for _, why in imported.refused:
        raise UserError(why)
    return desk.library.get(item.id) if imported.edited else None


def _command(editor: str | None) -> list[str]:
    from core.errors import UserError

    if editor is None or not editor.strip():
        raise UserError("no editor: set VISUAL or EDITOR, or give --content, --cue or --file")
    try:
        return shlex.split(editor)
    except ValueError as error:
        raise UserError(f"the editor {editor!r} cannot be read: {error}") from None


def _new_file(item: Item, text: str) -> Path:
    """A file of this person's alone."""
    handle, name = tempfile.mkstemp(prefix=f"{item.id}-", suffix=".md")
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
        opened.write(text)
    return Path(name)


def _run(command: list[str], path: Path) -> None:
    from core.errors import UserError

    # What an editor prints is no result: in a pipe it goes where messages go.
    out = None if sys.stdout.isatty() else STDERR
    try:
        ended = subprocess.run([*command, str(path)], stdout=out, check=False)
    except OSError as error:
        raise UserError(f"the editor {command[0]} cannot be started: {error.strerror}") from None
    if ended.returncode:
        raise UserError(f"the editor {command[0]} ended with status {ended.returncode}; nothing was changed")
