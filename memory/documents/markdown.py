"""Pamphlets as Markdown, for people: `render` writes what `parse` reads back without loss.

A document has a section for each scope and audience, and in it the items by kind and age: a heading with
the id, the words, a list of fields, and the action with its template in a fence. The same items give the
same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from core.guidance import ActionTemplate
from memory.documents.form import (
    ANY_MODEL,
    BEGINS_BLOCK,
    ESCAPED,
    NOTE_FOR_MANY,
    NOTE_FOR_ONE,
    Field,
)
from memory.documents.parsing import parse, parse_item
from memory.documents.prose import quoted, write_prose, write_value
from memory.items import Audience, Item, Kind

_KINDS = tuple(Kind)
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TICKS = re.compile(r"`{3,}")


def render(items: Sequence[Item], *, title: str = "") -> str:
    """One document of all the items, whatever their scopes. `title` is a line of prose above them."""
    parts = [NOTE_FOR_MANY]
    if title.strip():
        parts.append(f"{write_prose(' '.join(title.split()))}\n")
    for (scope, audience), members in groupby(sorted(items, key=_place), key=_section):
        parts.append(f"{_heading(scope, audience)}\n")
        parts += [_item(item) for item in members]
    return "\n".join(parts)


def render_item(item: Item) -> str:
    """A document of one item, for an editor."""
    return "\n".join([NOTE_FOR_ONE, f"{_heading(*_section(item))}\n", _item(item)])


def _section(item: Item) -> tuple[str, Audience]:
    return item.scope, item.audience


def _place(item: Item) -> tuple[object, ...]:
    return item.scope, item.audience.value, _KINDS.index(item.kind), item.created_at, item.id


def _heading(scope: str, audience: Audience) -> str:
    return f"# Pamphlet {write_value(scope)}, for the {audience.value}"


def _item(item: Item) -> str:
    lines = [f"## {item.id}", "", write_prose(item.content), ""]
    lines += [f"- {field}: {value}".rstrip() for field, value in _fields(item)]
    if item.action is not None:
        lines += ["", *_action(item.action)]
    return "\n".join(lines) + "\n"


def _fields(item: Item) -> Iterator[tuple[Field, str]]:
    state = item.state
    model = item.student_model
    yield Field.KIND, item.kind.value
    yield Field.CUE, write_value(state.cue)
    yield Field.BOUNDARY, write_value(state.boundary)
    yield Field.EFFECT, write_value(state.expected_effect)
    yield Field.STATUS, state.status.value
    yield Field.TRUST, state.trust.value
    yield Field.PINNED, "yes" if state.pinned else "no"
    # A model of this very name is told apart by its quotes.
    yield Field.MODEL, quoted(model) if model.lower() == ANY_MODEL else write_value(model) or ANY_MODEL
    yield Field.VERSION, str(item.version)
    if state.retired_for is not None:
        yield Field.RETIRED_FOR, state.retired_for.value
    if state.successors:
        yield Field.SUCCESSORS, " ".join(state.successors)
    if state.note:
        yield Field.NOTE, write_value(state.note)
    yield Field.EVIDENCE, f"{item.support} task{'' if item.support == 1 else 's'}"
    yield Field.WORTH, f"{item.credit.mean:.2f}".removeprefix("0")


def _action(action: ActionTemplate) -> list[str]:
    lines = ["### Action", "", f"- tool: {write_value(action.tool)}".rstrip(), "", *_fence(action)]
    bindings = [f"- {_name(name)}: {write_value(value)}".rstrip() for name, value in action.bindings.items()]
    return [*lines, "", *bindings] if bindings else lines


def _fence(action: ActionTemplate) -> list[str]:
    template, language = action.template, "sql" if action.tool == "sql" else "text"
    lines = template.split("\n")
    if not all(line.replace("\t", " ").isprintable() and not BEGINS_BLOCK.match(line) for line in lines):
        lines, language = [quoted(template)], ESCAPED
    ticks = "`" * (1 + max((len(run) for line in lines for run in _TICKS.findall(line)), default=2))
    return [f"{ticks}{language}", *lines, ticks]


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else quoted(name)


__all__ = ["parse", "parse_item", "render", "render_item"]
