"""`atlas memory add`, `merge` and `split`: items that people make."""

from __future__ import annotations

from dataclasses import replace
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
    ItemsArgument,
    Reason,
    Template,
    Tool,
    action_of,
    parse_word,
)
from app.options import Json

if TYPE_CHECKING:
    from memory.items import ItemDraft


def add(
    kind: Annotated[str, typer.Option(help="e.g. guard, tool_plan or principle.")],
    scope: Annotated[str, typer.Option(help="Namespace of the tasks that it is for, e.g. excytin/soc.")],
    content: Annotated[str, typer.Option(help="What the item says.")],
    cue: Cue = None,
    boundary: Boundary = None,
    effect: Effect = None,
    tool: Tool = None,
    template: Template = None,
    binding: Bindings = None,
    model: Annotated[str, typer.Option(help="Keep it to the Students of this model. Default: any.")] = "",
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Write an item yourself; it is active at once."""
    from app.memory.opening import changing
    from app.memory.standing import tell_item
    from memory.items import ItemDraft, Kind

    parsed = parse_word("kind", kind, Kind)
    assert parsed is not None
    draft = ItemDraft(
        kind=parsed,
        scope=scope.strip(),
        content=content,
        cue=cue or "",
        boundary=boundary or "",
        expected_effect=effect or "",
        action=action_of(tool, template, binding),
        student_model=model.strip(),
    )
    _check(draft)
    with changing(as_name, anew=True) as desk:
        tell_item(desk, desk.editor().add(draft, reason=reason), as_json=as_json)


def merge(
    item_ids: ItemsArgument,
    content: Content = None,
    cue: Cue = None,
    boundary: Boundary = None,
    effect: Effect = None,
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Make one item of several.

    It speaks in the words of the first one, or in those that are given.
    """
    from app.memory.opening import changing
    from app.memory.standing import tell_item
    from core.errors import UserError
    from memory.items import draft_of

    with changing(as_name) as desk:
        items = list({item.id: item for item in map(desk.item, item_ids)}.values())
        if len(items) < 2:
            raise UserError("a merge takes two items or more")
        draft = draft_of(items[0])
        draft = replace(
            draft,
            content=draft.content if content is None else content,
            cue=draft.cue if cue is None else cue,
            boundary=draft.boundary if boundary is None else boundary,
            expected_effect=draft.expected_effect if effect is None else effect,
        )
        seen = {item.id: item.version for item in items}
        merged = desk.editor().merge([*seen], draft, reason=reason, expected=seen)
        tell_item(desk, merged, as_json=as_json)


def split(
    item_id: ItemArgument,
    file: Annotated[
        Path, typer.Option(metavar="FILE", help="Markdown with the new items, each under `## new`.")
    ],
    reason: Reason = "",
    as_name: As = None,
    as_json: Json = False,
) -> None:
    """Make several items of one; they take its place."""
    from app.memory.opening import changing
    from app.memory.standing import tell_items
    from app.memory.texts import read_text
    from memory.documents.markdown import parse

    text = read_text(file)
    with changing(as_name) as desk:
        item = desk.item(item_id)
        drafts = [each.draft for each in parse(text, (item.scope, item.audience))]
        made = desk.editor().split(item.id, drafts, reason=reason, expected=item.version)
        tell_items(desk, made, as_json=as_json)


def _check(draft: ItemDraft) -> None:
    """Ask the gates before a home is made for what they refuse."""
    from core.errors import UserError
    from memory.gates import inspect

    if reasons := inspect(draft).reasons:
        raise UserError(f"these words may not stand in memory: {'; '.join(reasons)}")
