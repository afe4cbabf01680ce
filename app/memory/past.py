"""`atlas memory history`, `diff` and `log`: what was, what changed, who did it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import MOST_VERSIONS, ItemArgument
from app.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.memory.opening import Desk
    from app.memory.sheet import Sheet
    from memory.history import Event, Revision
    from memory.items import Item
    from memory.ledger.archive import FieldChange

LONG_FIELDS = ("content", "cue", "boundary", "expected_effect", "template", "note")
"""Fields whose words are compared; others are shown as old and new."""
MOST_NAMED = 3
Version = Annotated[int | None, typer.Argument(min=1, max=MOST_VERSIONS)]


def history(item_id: ItemArgument, as_json: Json = False) -> None:
    """Every version of an item: who made it, when and why."""
    from app.memory.documents import revision_json
    from app.memory.opening import reading
    from app.output import print_json

    with reading() as desk:
        item = desk.item(item_id)
        steps = _steps(desk.archive.history(item.id))
        if as_json:
            versions = [revision_json(revision, changes) for revision, changes in steps]
            print_json({"id": item.id, "version": item.version, "versions": versions})
            return
        sheet = desk.sheet()
        for revision, changes in steps:
            _add_revision(sheet, revision, changes)
        sheet.print()


def diff(item_id: ItemArgument, v1: Version = None, v2: Version = None, as_json: Json = False) -> None:
    """What changed between two versions.

    By default the last two; with one version named, between that one and the last.
    """
    from app.memory.documents import change_json
    from app.memory.opening import reading
    from app.output import print_json, print_text

    with reading() as desk:
        item = desk.item(item_id)
        first = desk.archive.history(item.id)[0].item.version
        before = v1 if v1 is not None else max(first, item.version - 1)
        after = v2 if v2 is not None else item.version
        changes = desk.archive.diff(item.id, before, after)
        if as_json:
            told = [change_json(change) for change in changes]
            print_json({"id": item.id, "before": before, "after": after, "changes": told})
        elif not changes:
            alone = (
                "it has no other version"
                if item.version == first
                else f"versions {before} and {after} are alike"
            )
            print_text(f"nothing differs: {alone}")
        else:
            sheet = desk.sheet()
            sheet.line(f"{item.id}  version {before} to version {after}", style="bold")
            add_changes(sheet, changes)
            sheet.print()


def log(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 30,
    since: Annotated[
        str | None, typer.Option(metavar="TIME|SEQ", help="Behind this time or event, e.g. 2h or 120.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The audit chain: all that was done to items."""
    from app.memory.documents import event_json
    from app.memory.opening import reading
    from app.output import print_json, print_text

    with reading() as desk:
        events = _newest(desk, since, limit)
        if as_json:
            print_json({"events": [event_json(event) for event in events]})
        elif not events:
            print_text("no events")
        else:
            sheet = desk.sheet()
            for event in events:
                _add_event(sheet, event)
            sheet.print()


def add_changes(sheet: Sheet, changes: Sequence[FieldChange], *, indent: int = 0) -> None:
    """One field a line; of long fields the words that changed."""
    from app.memory.sheet import Column
    from app.memory.words import word_diff

    rows = []
    for change in changes:
        pieces = word_diff(change.before, change.after)
        if change.field in LONG_FIELDS:
            rows.append((sheet.text(change.field), sheet.difference(pieces)))
        else:
            rows.append(
                (sheet.text(change.field), sheet.text(f"{change.before or '-'} -> {change.after or '-'}"))
            )
    sheet.table((Column(name=""), Column(name="", wide=True)), rows, indent=indent)


def _steps(revisions: Sequence[Revision]) -> list[tuple[Revision, tuple[FieldChange, ...]]]:
    """Each version with what it changed against the one before; the first one changed nothing."""
    from memory.ledger.archive import differences

    earlier: list[Item | None] = [None, *(revision.item for revision in revisions[:-1])]
    return [
        (revision, () if before is None else differences(before, revision.item))
        for before, revision in zip(earlier, revisions, strict=True)
    ]


def _add_revision(sheet: Sheet, revision: Revision, changes: Sequence[FieldChange]) -> None:
    from app.memory.moments import written

    item = revision.item
    sheet.line(
        sheet.text(f"v{item.version}", "bold"),
        revision.op.value,
        f"by {revision.actor}",
        f"{written(revision.at)}",
    )
    sheet.line(f"event {revision.seq}", item.status.value, indent=4)
    if revision.reason:
        sheet.words(f"because: {revision.reason}")
    if changes:
        add_changes(sheet, changes, indent=4)
    else:
        sheet.words(item.content)


def _newest(desk: Desk, since: str | None, limit: int) -> tuple[Event, ...]:
    """The newest events behind `since`, oldest first. Numbers have gaps: it looks ever further back."""
    first, last = _since(desk, since), desk.last_event()
    span = limit
    while True:
        after = max(first, last - span)
        events = desk.archive.events(after=after)
        if len(events) >= limit or after == first:
            return events[-limit:]
        span *= 4


def _since(desk: Desk, since: str | None) -> int:
    from datetime import UTC, datetime

    from app.memory.moments import parse_moment

    if since is None:
        return 0
    moment = parse_moment(since, datetime.now(UTC))
    return moment if isinstance(moment, int) else desk.last_event(moment)


def _add_event(sheet: Sheet, event: Event) -> None:
    from app.memory.moments import written

    named = [f"{change.item_id} v{change.version}" for change in event.changes[:MOST_NAMED]]
    if len(event.changes) > MOST_NAMED:
        named.append(f"and {len(event.changes) - MOST_NAMED} more")
    author = event.author
    episode = "/".join(part for part in (author.run_id, author.task_id) if part)
    sheet.line(sheet.text(f"{event.seq:>6}", "bold"), written(event.at), event.op.value, f"by {author.actor}")
    if named:
        sheet.line(", ".join(named), indent=8)
    if episode:
        sheet.line(f"episode {episode}", indent=8)
    if author.reason:
        sheet.line(f"because: {author.reason}", indent=8)
