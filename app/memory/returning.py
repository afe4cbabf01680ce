"""`atlas memory rollback` and `snapshot`: the way back, and a frozen memory to come back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import As, Reason, Scope, parse_word
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.memory.opening import Desk
    from memory.history import Snapshot
    from memory.items import Audience, Item
    from memory.ledger.archive import FieldChange

EVER = 2**31 - 1
"""Behind every event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """One item that goes back. `withdrawn`: it was not there at that time."""

    item: Item
    changes: tuple[FieldChange, ...]
    withdrawn: bool

    def to_json(self) -> dict[str, object]:
        from app.memory.documents import change_json

        return {
            "id": self.item.id,
            "from_version": self.item.version,
            "withdrawn": self.withdrawn,
            "changes": [change_json(change) for change in self.changes],
        }


def rollback(
    item_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="An item; goes with --to VERSION.")
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="VERSION|TIME|SEQ|NAME",
            help="3; 2026-05-01T12:30; 10m, 2h or 3d (ago); an event; a snapshot.",
        ),
    ] = "",
    scope: Annotated[str | None, typer.Option(help="A namespace, with all below it.")] = None,
    audience: Annotated[
        str | None,
        typer.Option(help="student or teacher: with --scope, that one pamphlet and none below it."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole memory.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Bring an item, a namespace or everything back.

    What stood then becomes the newest version: nothing of the history is lost.
    """
    from app.memory.opening import changing, reading
    from app.output import print_json
    from core.errors import UserError

    if sum((item_id is not None, scope is not None, everything)) != 1:
        raise UserError("give one of ID, --scope NAMESPACE and --all")
    if not to.strip():
        raise UserError("say how far back: --to VERSION for an item, --to TIME or --to SEQ for a namespace")
    reader = _reader(audience, scope)
    with reading() if dry_run else changing(as_name) as desk:
        if item_id is not None:
            moment: datetime | int = _version(to)
            returns = [_of_item(desk, item_id, _version(to))]
        else:
            moment = _moment(desk, to)
            returns = _of_namespace(desk, scope, reader, moment)
        before = desk.last_event()
        if not dry_run and isinstance(moment, int) and item_id is not None:
            item, by = returns[0].item, desk.actor
            desk.archive.rollback_item(item.id, moment, actor=by, reason=reason, expected=item.version)
        elif not dry_run and returns:
            desk.archive.rollback(scope, moment, audience=reader, actor=desk.actor, reason=reason)
        if as_json:
            print_json({"dry_run": dry_run, "items": [each.to_json() for each in returns]})
        else:
            _tell(desk, returns, dry_run=dry_run)
        if not dry_run and returns and item_id is None:
            _say_undo(scope, reader, before)


def snapshot(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Under which it is frozen.")] = None,
    scope: Scope = None,
    list_all: Annotated[bool, typer.Option("--list", help="All snapshots.")] = False,
    show: Annotated[str | None, typer.Option(metavar="NAME", help="The items of a snapshot.")] = None,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Freeze what memory holds under a name, for good."""
    from app.memory.documents import snapshot_json
    from app.memory.opening import changing, reading
    from app.output import print_json
    from core.errors import UserError

    if sum((name is not None, list_all, show is not None)) != 1:
        raise UserError("give one of NAME, --list and --show NAME")
    if list_all:
        with reading() as desk:
            _tell_snapshots(desk, desk.archive.snapshots(), as_json=as_json)
    elif show is not None:
        with reading() as desk:
            _tell_contents(desk, show, as_json=as_json)
    elif name in ("list", "show"):  # no snapshot can be taken back: a slip of the hand would stay for good
        raise UserError(f"`{name}` is no name for a snapshot; see: atlas memory snapshot --{name}")
    elif name is not None:
        with changing(as_name) as desk:
            made = desk.archive.snapshot(name, scope=scope or "", actor=desk.actor, reason=reason)
            if as_json:
                print_json(snapshot_json(made))
            else:
                _tell_snapshots(desk, (made,), as_json=False)


def _reader(audience: str | None, scope: str | None) -> Audience | None:
    from core.errors import UserError
    from memory.items import Audience

    reader = parse_word("audience", audience, Audience)
    if reader is not None and scope is None:
        raise UserError("--audience goes with --scope: together they name a pamphlet")
    return reader


def _version(text: str) -> int:
    from core.errors import UserError

    if not (text.isascii() and text.isdigit() and 0 < int(text) <= EVER):
        raise UserError(f"--to takes a version of the item, not {text!r}; see: atlas memory history --help")
    return int(text)


def _moment(desk: Desk, text: str) -> datetime | int:
    """A snapshot of this name, else a time or an event.

    Raises:
        UserError: no such event yet, a time that has not come, or none of these.
    """
    from datetime import UTC, datetime

    from app.memory.moments import parse_moment, written
    from core.errors import UserError

    if (frozen := {each.name: each.seq for each in desk.archive.snapshots()}.get(text)) is not None:
        return frozen
    now = datetime.now(UTC)
    moment = parse_moment(text, now)
    if isinstance(moment, int):
        if moment > (last := desk.last_event()):
            raise UserError(f"there is no event {moment} yet, the last one is {last}; see: atlas memory log")
    elif moment > now:
        raise UserError(f"{written(moment)} has not come yet")
    return moment


def _of_item(desk: Desk, name: str, version: int) -> Return:
    from core.errors import UserError
    from memory.ledger.archive import differences
    from memory.ledger.reading import revision_of

    item = desk.item(name)
    then = revision_of(desk.archive.history(item.id), version).item
    if then.state == item.state:
        raise UserError(f"{item.id} stands as at version {version} already")
    return Return(item=item, changes=differences(item, then), withdrawn=False)


def _of_namespace(
    desk: Desk, scope: str | None, audience: Audience | None, moment: datetime | int
) -> list[Return]:
    """What `Archive.rollback` would do."""
    from memory.ledger.archive import differences

    then, now = (
        {item.id: item for item in desk.archive.state_at(at, scope=scope, audience=audience)}
        for at in (moment, EVER)
    )
    returns = []
    for item_id in sorted(then.keys() | now.keys()):
        item, target = now.get(item_id) or desk.library.get(item_id), then.get(item_id)
        if target is None:
            returns.append(Return(item=item, changes=(), withdrawn=True))
        elif target.state != item.state:
            returns.append(Return(item=item, changes=differences(item, target), withdrawn=False))
    return returns


def _tell(desk: Desk, returns: Sequence[Return], *, dry_run: bool) -> None:
    from app.memory.past import add_changes
    from app.output import print_text

    if not returns:
        print_text("nothing to change: it stands so already")
        return
    would = "would go back" if dry_run else "went back"
    sheet = desk.sheet()
    sheet.line(f"{len(returns)} {'item' if len(returns) == 1 else 'items'} {would}", style="bold")
    for each in returns:
        gone = "withdrawn: it was not there then" if each.withdrawn else ""
        version = each.item.version
        sheet.line(each.item.id, f"v{version}" if dry_run else f"v{version} -> v{version + 1}", gone)
        if each.withdrawn:
            sheet.words(each.item.content)
        add_changes(sheet, each.changes, indent=4)
    sheet.print()


def _say_undo(scope: str | None, audience: Audience | None, seq: int) -> None:
    import shlex

    from app.output import say

    what = "--all" if scope is None else f"--scope {shlex.quote(scope)}"
    what += "" if audience is None else f" --audience {audience.value}"
    say(f"the way back: atlas memory rollback {what} --to {seq}")


def _tell_snapshots(desk: Desk, snapshots: Sequence[Snapshot], *, as_json: bool) -> None:
    from app.memory.documents import snapshot_json
    from app.memory.moments import written
    from app.output import print_json, print_text

    if as_json:
        print_json({"snapshots": [snapshot_json(each) for each in snapshots]})
        return
    if not snapshots:
        print_text("no snapshots; make one: atlas memory snapshot NAME")
        return
    sheet = desk.sheet()
    for each in snapshots:
        held = f"{each.items} {'item' if each.items == 1 else 'items'}"
        sheet.line(
            sheet.text(each.name, "bold"),
            held,
            each.scope or "everything",
            written(each.at),
            f"by {each.actor}",
        )
        sheet.line(f"sha256 {each.digest}", indent=4, style="dim")
        if each.reason:
            sheet.words(f"because: {each.reason}")
    sheet.print()


def _tell_contents(desk: Desk, name: str, *, as_json: bool) -> None:
    from app.memory.documents import item_json, snapshot_json
    from app.memory.listing import add_items
    from app.output import print_json, print_text

    frozen, items = desk.archive.snapshot_named(name), desk.archive.snapshot_items(name)
    if as_json:
        print_json({**snapshot_json(frozen), "contents": [item_json(item) for item in items]})
    elif items:
        sheet = desk.sheet()
        add_items(sheet, sorted(items, key=lambda item: (item.scope, item.kind, item.created_at, item.id)))
        sheet.print()
    else:
        print_text(f"snapshot {name} holds nothing")
