"""`atlas memory list` and `show`: items as they are, and as they were."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.memory.options import MOST_VERSIONS, ItemArgument, Scope, parse_word
from app.options import Json

if TYPE_CHECKING:
    from app.memory.sheet import Sheet
    from memory.history import Revision
    from memory.items import Evidence, Item
    from memory.library import PamphletLibrary

MOST_EVIDENCE = 10


class Sort(StrEnum):
    AGE = "age"
    WORTH = "worth"
    UPLIFT = "uplift"


def list_items(
    scope: Scope = None,
    status: Annotated[str | None, typer.Option(help="candidate, active, quarantined or retired.")] = None,
    kind: Annotated[str | None, typer.Option(help="e.g. guard, tool_plan or principle.")] = None,
    audience: Annotated[str | None, typer.Option(help="student or teacher.")] = None,
    pinned: Annotated[bool, typer.Option("--pinned", help="Only what is pinned.")] = False,
    sort: Annotated[
        Sort | None, typer.Option(help="age: newest first. Default: by scope, kind and age.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    as_json: Json = False,
) -> None:
    """Items by scope, kind and age."""
    from app.memory.documents import item_json
    from app.memory.opening import reading
    from app.output import print_json, print_text
    from memory.items import Audience, Kind, Status

    wanted = parse_word("status", status, Status)
    of_kind, for_whom = parse_word("kind", kind, Kind), parse_word("audience", audience, Audience)
    with reading() as desk:
        found = [
            item
            for item in desk.library.items(scope=scope, status=wanted)
            if of_kind in (None, item.kind) and for_whom in (None, item.audience) and pinned <= item.pinned
        ]
        items = _sorted(found, sort, desk.library)[:limit]
        if as_json:
            print_json({"items": [item_json(item) for item in items]})
        elif items:
            sheet = desk.sheet()
            add_items(sheet, items)
            sheet.print()
        else:
            print_text("no items here: run a benchmark with --memory on, or ask for less")


def show(
    item_id: ItemArgument,
    version: Annotated[int | None, typer.Option(min=1, max=MOST_VERSIONS, help="As it was then.")] = None,
    as_json: Json = False,
) -> None:
    """One item with its evidence; --version N as it was then."""
    from app.memory.documents import evidence_json, item_json, revision_json
    from app.memory.opening import reading
    from app.output import print_json
    from memory.ledger.reading import revision_of

    with reading() as desk:
        item = desk.item(item_id)
        revision = None if version is None else revision_of(desk.archive.history(item.id), version)
        evidence = desk.library.evidence(item.id)
        shown = item if revision is None else revision.item
        if as_json:
            document = {**item_json(shown), "evidence": [evidence_json(each) for each in evidence]}
            if revision is not None:
                document["revision"] = revision_json(revision, ())
            print_json(document)
            return
        sheet = desk.sheet()
        _add_item(sheet, shown, revision, item.version)
        if revision is None:
            _add_evidence(sheet, evidence)
        sheet.print()


def _sorted(items: list[Item], sort: Sort | None, library: PamphletLibrary) -> list[Item]:
    if sort is None:
        return items
    if sort is Sort.AGE:
        return sorted(items, key=lambda item: (item.created_at, item.id), reverse=True)
    if sort is Sort.WORTH:
        return sorted(items, key=lambda item: (-item.credit.mean, item.id))
    from memory.credit.uplift import uplift

    found = {item.id: uplift(library.trials(item.id)) for item in items}
    known = {name: each.difference for name, each in found.items() if each is not None}
    return sorted(items, key=lambda item: (item.id not in known, -known.get(item.id, 0.0), item.id))


def standing(item: Item) -> tuple[str, ...]:
    """How an item stands, as words that have colours."""
    words = [item.status.value]
    words += [f"({item.state.retired_for.value})"] if item.state.retired_for else []
    words += [f"v{item.version}"]
    words += ["pinned"] if item.pinned else []
    words += ["human"] if item.trust.value == "human" else []
    return tuple(words)


def tasks(count: int) -> str:
    return f"{count} task" if count == 1 else f"{count} tasks"


def add_items(sheet: Sheet, items: list[Item] | tuple[Item, ...]) -> None:
    """One line of standing an item, its content below; a headline where scope or kind change."""
    place = None
    for item in items:
        if place != (item.scope, item.kind):
            if place is not None:
                sheet.blank()
            place = (item.scope, item.kind)
            sheet.line(f"{item.scope}  {item.kind.value} for the {item.audience.value}", style="bold")
        sheet.line(item.id, *standing(item), f"worth {item.credit.mean:.2f}", tasks(item.support))
        sheet.words(item.content)
        if item.state.note:
            sheet.words(f"({item.state.note})", style="dim")


def _add_item(sheet: Sheet, item: Item, revision: Revision | None, newest: int) -> None:
    from app.memory.moments import written

    sheet.line(item.id, f"{item.kind.value} for the {item.audience.value}", *standing(item))
    state = item.state
    facts = [
        ("scope", item.scope),
        ("model", item.student_model),
        ("content", item.content),
        ("cue", item.cue or "-"),
        ("boundary", item.boundary),
        ("effect", item.expected_effect),
    ]
    if item.action is not None:
        facts += [("tool", item.action.tool), ("template", item.action.template)]
        facts += [("binding", f"{name} = {value}") for name, value in item.action.bindings.items()]
    facts += [
        ("trust", item.trust.value),
        ("note", state.note),
        ("successors", " ".join(state.successors)),
    ]
    if revision is None:
        worth = f"{item.credit.mean:.2f} (Beta {item.credit.alpha:.1f}, {item.credit.beta:.1f})"
        facts += [("worth", worth), ("made", written(item.created_at)), ("changed", written(item.updated_at))]
        facts += [("evidence", tasks(item.support))]
    else:
        facts += [
            ("version", f"{item.version} of {newest}, event {revision.seq}"),
            ("made", f"{written(revision.at)} by {revision.actor} ({revision.op.value})"),
            ("reason", revision.reason),
        ]
    sheet.facts(facts)


def _add_evidence(sheet: Sheet, evidence: tuple[Evidence, ...]) -> None:
    from app.memory.sheet import Column

    columns = [Column(name="", wide=True)] * 3 + [Column(name="", right=True)]
    rows = [
        (each.run_id, each.task_id, each.group, "-" if each.reward is None else f"reward {each.reward:.2f}")
        for each in evidence[:MOST_EVIDENCE]
    ]
    sheet.table(columns, rows, indent=4)
    if len(evidence) > MOST_EVIDENCE:
        sheet.line(f"and {len(evidence) - MOST_EVIDENCE} more", indent=4)
