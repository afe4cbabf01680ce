"""Reads the Markdown of pamphlets. Each item with a fault gives one line that says where and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from core.errors import UserError
from core.guidance import ActionTemplate
from memory.documents.blocks import (
    HEADING,
    Entry,
    Fault,
    Line,
    is_fence,
    lines_of,
    take_fence,
    take_list,
    take_prose,
)
from memory.documents.document import DocumentItem
from memory.documents.form import ANY_MODEL, BEGINS_BLOCK, ITEM_ID, MARK, NEW, REQUIRED, Field
from memory.items import Audience, ItemId, ItemState, Kind, RetiredFor, Status, Trust

MOST_FAULTS = 10

_PAMPHLET = re.compile(r"\s*#\s+Pamphlet\s+(.+?),\s*for the (\w+)\s*", re.IGNORECASE)
_ACTION = re.compile(r" {0,3}###\s+Action\s*", re.IGNORECASE)
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}

_Word = TypeVar("_Word", bound=StrEnum)
_Fields = Mapping[Field, Entry]


@dataclass(frozen=True, slots=True)
class _Section:
    scope: str
    audience: Audience

    @property
    def heading(self) -> str:
        return f"# Pamphlet {self.scope}, for the {self.audience}"


def parse(text: str, pamphlet: tuple[str, Audience] | None = None) -> tuple[DocumentItem, ...]:
    """The items of a document, in its order; `pamphlet` is where those stand that are under no such heading.

    Raises:
        UserError: what cannot be read, each with its line and what to do, ten at most in one message.
    """
    lines = lines_of(text)
    starts = [at for at, line in enumerate(lines) if BEGINS_BLOCK.match(line.text)]
    if not starts and MARK not in text:
        raise UserError("no pamphlet in this text: it has no line `# Pamphlet SCOPE, for the student`")
    blocks = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=False)]
    found = list(_read(blocks, None if pamphlet is None else _Section(*pamphlet)))
    if faults := [str(each) for each in found if isinstance(each, Fault)]:
        more = len(faults) - MOST_FAULTS
        raise UserError("; ".join([*faults[:MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])]))
    return tuple(each for each in found if isinstance(each, DocumentItem))


def parse_item(text: str) -> DocumentItem:
    """The item of a document that holds one.

    Raises:
        UserError: what cannot be read, or not one item.
    """
    items = parse(text)
    if len(items) != 1:
        raise UserError(f"one item is edited here, and the text has {len(items)}")
    return items[0]


def _read(blocks: Sequence[Sequence[Line]], section: _Section | None) -> Iterator[DocumentItem | Fault]:
    lost = False  # below a heading that cannot be read, no item is blamed for it
    lines: dict[ItemId, int] = {}
    for heading, *body in blocks:
        try:
            if not heading.text.lstrip().startswith("##"):
                lost = True
                section = _section(heading)
                lost = False
            elif not lost:
                item = _item(heading, body, section)
                if item.id is not None and lines.setdefault(item.id, item.line) != item.line:
                    told = f"{item.id} stands in line {lines[item.id]} already: keep one of the two"
                    raise Fault(item.line, told)
                yield item
        except Fault as fault:
            yield fault


def _section(heading: Line) -> _Section:
    match = _PAMPHLET.fullmatch(heading.text)
    if match is None:
        raise Fault(heading.number, "write this heading as `# Pamphlet SCOPE, for the student` (or teacher)")
    scope, audience = (Entry(heading.number, "scope", match[1]), Entry(heading.number, "audience", match[2]))
    return _Section(scope.value, _word(audience, Audience))


def _item(heading: Line, body: Sequence[Line], section: _Section | None) -> DocumentItem:
    if section is None:
        raise Fault(heading.number, "no line `# Pamphlet SCOPE, for the student` stands above this item")
    name = heading.text.lstrip("# \t").rstrip()
    identity = None if name.lower() == NEW else _identity(heading.number, name)
    words, rest = take_prose(body)
    entries, rest = take_list(rest)
    if not words:
        raise Fault(heading.number, "this item has no words: write them below its heading, above the list")
    fields = _fields(entries)
    action = _action(rest)
    needed = REQUIRED if identity else (Field.KIND,)
    if missing := [f"`- {name}: ...`" for name in needed if name not in fields]:
        raise Fault(heading.number, f"this item has no line {' and no line '.join(missing)}: put it in")
    return DocumentItem(
        id=identity,
        version=_version(fields[Field.VERSION]) if identity else 0,
        kind=_kind(fields[Field.KIND], section),
        scope=section.scope,
        student_model=_model(fields.get(Field.MODEL)),
        state=_state(words, fields, action),
        line=heading.number,
    )


def _identity(number: int, name: str) -> ItemId:
    if ITEM_ID.fullmatch(name) is None:
        raise Fault(number, f"`{name}` is no id (it_ and 20 digits): put it back, or write `## {NEW}`")
    return ItemId(name)


def _fields(entries: Sequence[Entry]) -> _Fields:
    fields: dict[Field, Entry] = {}
    for entry in entries:
        name = _field(entry)
        if name in fields:
            raise Fault(
                entry.line, f"`{name}` stands in line {fields[name].line} already: keep one of the two"
            )
        fields[name] = entry
    return fields


def _field(entry: Entry) -> Field:
    wanted = " ".join(entry.name.lower().split())
    known = [each.value for each in Field]
    if wanted in known:
        return Field(wanted)
    if wanted == "tool":
        raise Fault(entry.line, "a tool belongs to an action: put `### Action` above it")
    near = get_close_matches(wanted, known, n=1)
    hint = f": did you mean `{near[0]}`?" if near else f"; it has {', '.join(known)}"
    raise Fault(entry.line, f"an item has no `{entry.name}`{hint}")


def _action(lines: Sequence[Line]) -> ActionTemplate | None:
    if not lines:
        return None
    heading, rest = lines[0], lines[1:]
    if is_fence(heading):
        raise Fault(heading.number, "a fence belongs to an action: put `### Action`, `- tool: ...` above it")
    if _ACTION.fullmatch(heading.text) is None:
        told = f"`{heading.text.strip()}` is no heading here: `## ID`, `## {NEW}` or `### Action` are"
        raise Fault(heading.number, told)
    above, rest = take_list(rest)
    if [entry.name.lower() for entry in above] != ["tool"]:
        raise Fault(heading.number, "an action has one line above its template, `- tool: ...`")
    if not rest or HEADING.match(rest[0].text):
        raise Fault(heading.number, "this action has no template: put it between two lines of ```")
    template, rest = take_fence(rest)
    return ActionTemplate(tool=above[0].value, template=template, bindings=_bindings(rest))


def _bindings(lines: Sequence[Line]) -> Mapping[str, str]:
    bindings: dict[str, str] = {}
    entries, rest = take_list(lines)
    if rest:
        raise Fault(rest[0].number, "below its template an action has bindings, `- name: value`, and no more")
    for entry in entries:
        if entry.name in bindings:
            raise Fault(entry.line, f"the binding `{entry.name}` stands here twice: keep one of the two")
        bindings[entry.name] = entry.value
    return bindings


def _state(words: str, fields: _Fields, action: ActionTemplate | None) -> ItemState:
    texts = {name: "" if name not in fields else fields[name].value for name in _TEXTS}
    status, trust = fields.get(Field.STATUS), fields.get(Field.TRUST)
    gone, heirs = fields.get(Field.RETIRED_FOR), fields.get(Field.SUCCESSORS)
    return ItemState(
        content=words,
        cue=texts[Field.CUE],
        action=action,
        boundary=texts[Field.BOUNDARY],
        expected_effect=texts[Field.EFFECT],
        status=_word(status, Status) if status else Status.CANDIDATE,
        pinned=_pinned(fields.get(Field.PINNED)),
        trust=_word(trust, Trust) if trust else Trust.CANDIDATE,
        note=texts[Field.NOTE],
        retired_for=_word(gone, RetiredFor) if gone else None,
        successors=tuple(_identity(heirs.line, name) for name in heirs.written.split()) if heirs else (),
    )


_TEXTS = (Field.CUE, Field.BOUNDARY, Field.EFFECT, Field.NOTE)


def _kind(entry: Entry, section: _Section) -> Kind:
    kind = _word(entry, Kind)
    if kind.audience is not section.audience:
        fitting = _Section(section.scope, kind.audience)
        raise Fault(entry.line, f"a {kind} is for the {kind.audience}: put it under `{fitting.heading}`")
    return kind


def _model(entry: Entry | None) -> str:
    return "" if entry is None or entry.written.strip().lower() == ANY_MODEL else entry.value


def _version(entry: Entry) -> int:
    text = entry.written.strip()
    if _VERSION.fullmatch(text) is None:
        raise Fault(entry.line, f"a version is a number from 1, not `{text}`: put back what stood there")
    return int(text)


def _pinned(entry: Entry | None) -> bool:
    if entry is None:
        return False
    answer = entry.written.strip().lower()
    if answer not in _YES_NO:
        raise Fault(entry.line, f"pinned is yes or no, not `{entry.written.strip()}`")
    return _YES_NO[answer]


def _word(entry: Entry, words: type[_Word]) -> _Word:
    wanted = "_".join(entry.written.lower().split())
    known = [word.value for word in words]
    if wanted not in known:
        told = f"{entry.name} `{entry.written.strip()}` is unknown: it is one of {', '.join(known)}"
        raise Fault(entry.line, told)
    return words(wanted)
