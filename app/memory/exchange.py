"""`atlas memory export` and `import`: items as Markdown for people, as JSON Lines for machines."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import As, Reason, Scope
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.memory.opening import Desk
    from app.memory.sheet import Sheet
    from memory.documents.document import DocumentItem
    from memory.documents.importing import Imported
    from memory.documents.jsonl import Restored
    from memory.items import ItemId

PART = "a part comes without its audit chain: who made its versions, and why, stays where it came from"


class Format(StrEnum):
    MD = "md"
    JSONL = "jsonl"


def export_items(
    form: Annotated[
        Format,
        typer.Option("--format", help="md: items as they are, for people; jsonl: history and credit too."),
    ] = Format.MD,
    scope: Scope = None,
) -> None:
    """Write the memory to standard output."""
    import sys

    from app.memory.opening import reading

    with reading() as desk:
        for text in _exported(desk, form, scope):
            sys.stdout.write(text)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was exported; - for standard input.")],
    form: Annotated[
        Format | None, typer.Option("--format", help="Default: what the text looks like.")
    ] = None,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Bring items in; what the file does not name stays.

    JSON Lines into an empty memory restore it with its history, and what fails a gate waits in quarantine;
    else items come in one by one. Ends with 1 when one has moved on since the export, or may not stand so.
    """
    from app.memory.opening import changing
    from app.memory.texts import read_text
    from memory.documents.importing import import_items

    text = read_text(file)
    lines = form is Format.JSONL or (form is None and text.lstrip().startswith("{"))
    items = _items(text, lines=lines)
    with changing(as_name, anew=True) as desk:
        if lines and _is_empty(desk):
            well = _restore(desk, text, as_json=as_json)
        else:
            imported = import_items(desk.library, items, actor=desk.actor, reason=reason)
            _tell(desk, imported, as_json=as_json)
            well = not (imported.conflicts or imported.refused)
    if not well:
        raise typer.Exit(1)


def _exported(desk: Desk, form: Format, scope: str | None) -> Iterator[str]:
    from memory.documents.jsonl import export_jsonl
    from memory.documents.markdown import render

    if form is Format.JSONL:
        yield from export_jsonl(desk.database, scope)
    else:
        yield render(desk.library.items(scope=scope))


def _items(text: str, *, lines: bool) -> tuple[DocumentItem, ...]:
    from io import StringIO

    from memory.documents.jsonl import read_items
    from memory.documents.markdown import parse

    return read_items(StringIO(text)) if lines else parse(text)


def _is_empty(desk: Desk) -> bool:
    return not (desk.library.items(limit=1) or desk.archive.events(limit=1) or desk.archive.snapshots())


def _restore(desk: Desk, text: str, *, as_json: bool) -> bool:
    """Whether all of it stands as it did."""
    from io import StringIO

    from app.output import print_json
    from memory.documents.importing import Imported
    from memory.documents.jsonl import import_jsonl

    restored = import_jsonl(desk.database, StringIO(text))
    if as_json:
        added = tuple(item.id for item in desk.library.items())
        print_json(_imported_json(Imported(added=added), restored))
    else:
        kinds = ("item", "version", "event") if restored.scope is None else ("item", "version")
        held = ", ".join(f"{restored.counts.get(kind, 0)} {kind}s" for kind in kinds)
        sheet = desk.sheet()
        sheet.line(f"restored into an empty memory: {held}")
        if restored.scope is not None:
            sheet.line(PART)
        _add_told(sheet, "quarantined", restored.quarantined)
        sheet.print()
    return not restored.quarantined


def _imported_json(imported: Imported, restored: Restored | None = None) -> dict[str, object]:
    return {
        "restored": None if restored is None else _restored_json(restored),
        "added": list(imported.added),
        "edited": list(imported.edited),
        "unchanged": list(imported.unchanged),
        "conflicts": _told_json(imported.conflicts),
        "refused": _told_json(imported.refused),
    }


def _restored_json(restored: Restored) -> dict[str, object]:
    return {
        "scope": restored.scope,
        "records": dict(restored.counts),
        "quarantined": _told_json(restored.quarantined),
    }


def _told_json(told: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"item": name, "why": why} for name, why in told]


def _tell(desk: Desk, imported: Imported, *, as_json: bool) -> None:
    from app.output import print_json

    if as_json:
        print_json(_imported_json(imported))
        return
    sheet = desk.sheet()
    sheet.facts(
        [
            ("added", _named(imported.added)),
            ("edited", _named(imported.edited)),
            ("unchanged", f"{len(imported.unchanged)}"),
        ]
    )
    _add_told(sheet, "conflicts", imported.conflicts)
    _add_told(sheet, "refused", imported.refused)
    sheet.print()


def _add_told(sheet: Sheet, name: str, told: Sequence[tuple[str, str]]) -> None:
    if told:
        sheet.line(f"{name}  {len(told)}", style="red")
    for item, why in told:
        sheet.line(item, indent=4)
        sheet.words(why, indent=8)


def _named(items: Sequence[ItemId]) -> str:
    return " ".join([str(len(items)), *items])
