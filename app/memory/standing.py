"""`atlas memory pin`, `unpin`, `retire`, `restore`, `approve`, `reject` and `queue`: how items stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import As, ItemArgument, ItemsArgument, Reason, Scope
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.memory.opening import Desk
    from app.memory.sheet import Sheet
    from memory.items import Item, ItemId
    from memory.ledger.queue import Waiting


def pin(
    item_id: ItemArgument,
    off: Annotated[bool, typer.Option("--off", help="Take the pin out.")] = False,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Keep an item: it is never withheld, only people change it."""
    from app.memory.opening import changing

    with changing(as_name) as desk:
        item = desk.item(item_id)
        done = desk.editor().pin(item.id, not off, reason=reason, expected=item.version)
        tell_item(desk, done, as_json=as_json)


def unpin(item_id: ItemArgument, reason: Reason = "", as_name: As = None, as_json: Json = False) -> None:
    """Leave an item to the rules again."""
    pin(item_id, off=True, reason=reason, as_name=as_name, as_json=as_json)


def retire(
    item_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of an item.")] = None,
    episode: Annotated[
        str | None,
        typer.Option(metavar="RUN[/TASK]", help="Instead: all that came from a run, or from one task of it."),
    ] = None,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Take an item out of recall, and keep it from coming back.

    What --episode takes out may be learned again from other tasks.
    """
    from app.memory.opening import changing
    from core.errors import UserError

    if (item_id is None) == (episode is None):
        raise UserError("give one of ID and --episode RUN[/TASK]")
    with changing(as_name) as desk:
        if item_id is not None:
            item = desk.item(item_id)
            tell_item(
                desk, desk.editor().retire(item.id, reason=reason, expected=item.version), as_json=as_json
            )
        elif episode is not None:
            _retire_episode(desk, episode, reason, as_json=as_json)


def restore(item_id: ItemArgument, reason: Reason = "", as_name: As = None, as_json: Json = False) -> None:
    """Bring a retired item back."""
    from app.memory.opening import changing

    with changing(as_name) as desk:
        item = desk.item(item_id)
        tell_item(desk, desk.editor().restore(item.id, reason=reason, expected=item.version), as_json=as_json)


def approve(item_ids: ItemsArgument, reason: Reason = "", as_name: As = None, as_json: Json = False) -> None:
    """Stand behind waiting items: they become active."""
    from app.memory.opening import changing

    with changing(as_name) as desk:
        editor = desk.editor()
        _each(desk, item_ids, lambda item: editor.approve(item, reason=reason), as_json=as_json)


def reject(item_ids: ItemsArgument, reason: Reason = "", as_name: As = None, as_json: Json = False) -> None:
    """Retire waiting items for good."""
    from app.memory.opening import changing

    with changing(as_name) as desk:
        editor = desk.editor()
        _each(desk, item_ids, lambda item: editor.reject(item, reason=reason), as_json=as_json)


def queue(scope: Scope = None, as_json: Json = False) -> None:
    """What waits for a person, and why."""
    from app.memory.documents import waiting_json
    from app.memory.opening import reading
    from app.output import print_json, print_text

    with reading() as desk:
        waiting = desk.library.queue(scope)
        if as_json:
            print_json({"waiting": [waiting_json(each) for each in waiting]})
        elif waiting:
            sheet = desk.sheet()
            _add_waiting(sheet, waiting)
            sheet.print()
        else:
            print_text("nothing waits")


def tell_item(desk: Desk, item: Item, *, as_json: bool, changed: bool = True) -> None:
    """One item after a change."""
    from app.memory.documents import item_json
    from app.output import print_json

    if as_json:
        print_json({"changed": changed, "item": item_json(item)})
    else:
        tell_items(desk, [item], as_json=False)


def tell_items(desk: Desk, items: Sequence[Item], *, as_json: bool) -> None:
    """Several items after a change."""
    from app.memory.documents import item_json
    from app.memory.listing import standing, tasks
    from app.output import print_json

    if as_json:
        print_json({"items": [item_json(item) for item in items]})
        return
    sheet = desk.sheet()
    for item in items:
        sheet.line(item.id, item.kind.value, *standing(item), tasks(item.support))
        sheet.words(item.content)
    sheet.print()


def _retire_episode(desk: Desk, episode: str, reason: str, *, as_json: bool) -> None:
    from app.output import print_text
    from core.errors import UserError

    run, _, task = episode.partition("/")
    behind = desk.archive.from_episode(run, task or None)
    if not behind:
        raise UserError(f"nothing in memory comes from {episode}: write RUN or RUN/TASK as `show` names them")
    gone = desk.archive.retire_episode(run, task or None, actor=desk.actor, reason=reason)
    retired = [desk.library.get(item) for item in gone]
    if retired or as_json:
        tell_items(desk, retired, as_json=as_json)
    else:
        print_text(f"nothing retired: other tasks support all {len(behind)} items, less this evidence")


def _each(desk: Desk, names: Sequence[str], change: Callable[[ItemId], Item], *, as_json: bool) -> None:
    """Change every item that can be; those that cannot are told together, after what was done is printed."""
    from core.errors import UserError

    done, refused = [], []
    for name in dict.fromkeys(names):
        try:
            done.append(change(desk.item(name).id))
        except UserError as error:
            refused.append(str(error))
    if done or not refused:
        tell_items(desk, done, as_json=as_json)
    if refused:
        raise UserError("; ".join(refused))


def _add_waiting(sheet: Sheet, waiting: Sequence[Waiting]) -> None:
    from app.memory.listing import standing

    because = None
    for each in waiting:
        if each.because is not because:
            if because is not None:
                sheet.blank()
            because = each.because
            sheet.line(because.value, style="bold")
        sheet.line(each.item.id, each.item.kind.value, *standing(each.item), each.item.scope)
        sheet.words(each.item.content)
        other = f" with {each.other}" if each.other else ""
        sheet.words(f"({each.note}{other})", style="dim")
