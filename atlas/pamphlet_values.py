"""Between a LangGraph store and pamphlets: namespaces and scopes, values and items, filters. No I/O."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from langgraph.store.base import InvalidNamespaceError
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import UserError
from core.guidance import ActionTemplate
from memory.items import Audience, Item, ItemDraft, Kind
from memory.ledger.editor import ItemEdit

Namespace = tuple[str, ...]

MAX_SCOPE = 200
WORDS = ("content", "text", "memory", "data")
"""A value has its words under one of these, and gets them back under the same."""
PLAIN_KIND = {Audience.STUDENT: Kind.GUARD, Audience.TEACHER: Kind.PRINCIPLE}
"""What a value is that names no kind."""

_AUDIENCES = tuple(audience.value for audience in Audience)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ESCAPED = "x."
_SCHEMA = re.compile(r"[A-Za-z_]\w{0,39}")
_ORDERED = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}


class RefusedPut(UserError, ValueError):
    """Memory does not take the value, or may not change what stands under the key; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """The pamphlet behind a namespace.

    A label of more than letters, digits, `_` and `-` is escaped in the scope: `user:42` is `x.user.3A42`,
    which no label can be, since LangGraph allows no dot in one.
    """

    scope: str
    audience: Audience

    @classmethod
    def of(cls, namespace: Namespace) -> Place:
        """Raises:
        InvalidNamespaceError: empty, an audience without a scope, or longer than a scope may be.
        """
        named = bool(namespace) and namespace[-1] in _AUDIENCES
        scope = "/".join(map(_segment, namespace[:-1] if named else namespace))
        if not 0 < len(scope) <= MAX_SCOPE:
            raise InvalidNamespaceError(
                f"{namespace} names no scope: like ('excytin', 'soc'), of {MAX_SCOPE} characters at most"
            )
        return cls(scope, Audience(namespace[-1]) if named else Audience.STUDENT)

    @classmethod
    def of_item(cls, item: Item) -> Place:
        return cls(item.scope, item.audience)

    @property
    def namespace(self) -> Namespace | None:
        """Its one namespace; None where the scope has dots of its own, which no label can hold."""
        return _namespace(self)


@lru_cache(maxsize=4096)
def _namespace(place: Place) -> Namespace | None:
    labels = tuple(map(_label, place.scope.split("/")))
    named = place.audience is Audience.TEACHER or labels[-1] in _AUDIENCES
    return (*labels, *([place.audience.value] if named else [])) if all(labels) else None


def _segment(label: str) -> str:
    if _PLAIN.fullmatch(label):
        return label
    return _ESCAPED + quote(label, safe="").replace("~", "%7E").replace("%", ".")


def _label(segment: str) -> str:
    """The label of a segment, empty where there is none."""
    if "." not in segment:
        return segment
    label = unquote(segment.removeprefix(_ESCAPED).replace(".", "%"))
    return label if _segment(label) == segment else ""


class Fields(BaseModel):
    """A value: the fields of an item that a caller may set."""

    model_config = ConfigDict(extra="forbid")

    content: str
    kind: Kind | None = None
    cue: str = ""
    boundary: str = ""
    expected_effect: str = ""
    action: ActionTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A value as it is to be kept; `field` is where its words stood, or the name of LangMem's schema."""

    draft: ItemDraft
    field: str

    @property
    def edit(self) -> ItemEdit:
        """What makes an item of the same kind say this."""
        draft = self.draft
        return ItemEdit(
            content=draft.content,
            cue=draft.cue,
            action=draft.action,
            no_action=draft.action is None,
            boundary=draft.boundary,
            expected_effect=draft.expected_effect,
        )


def wanted_of(place: Place, value: Mapping[str, Any]) -> Wanted:
    """Reads `{"content": TEXT, "kind"?, "cue"?, "boundary"?, "expected_effect"?, "action"?}`.

    `text`, `memory` or `data` may stand for `content`, and so may LangMem's
    `{"kind": SCHEMA, "content": {"content": TEXT}}`.

    Raises:
        RefusedPut: another shape, or a kind of the other audience.
    """
    named = [field for field in WORDS if field in value]
    if len(named) != 1:
        raise RefusedPut(f"a value has its words under one of {', '.join(WORDS)}; this one has {list(value)}")
    field, fields = named[0], dict(value)
    words = fields.pop(field)
    if (schema := _schema(words, fields)) is not None:
        field, words, fields = schema, words["content"], {}
    try:
        read = Fields.model_validate({"content": words, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RefusedPut(f"{where}: {first['msg']}; an item has {', '.join(Fields.model_fields)}") from None
    kind = read.kind or PLAIN_KIND[place.audience]
    if kind.audience is not place.audience:
        raise RefusedPut(
            f"{kind} is a kind of the {kind.audience}, and the namespace is the {place.audience}'s"
        )
    draft = ItemDraft(
        kind=kind,
        scope=place.scope,
        content=read.content,
        cue=read.cue,
        action=read.action,
        boundary=read.boundary,
        expected_effect=read.expected_effect,
    )
    return Wanted(draft=draft, field=field)


def _schema(words: object, fields: Mapping[str, Any]) -> str | None:
    """The name of LangMem's schema, where the value is of its shape."""
    if not isinstance(words, Mapping) or words.keys() != {"content"} or fields.keys() != {"kind"}:
        return None
    schema = fields["kind"]
    plain = isinstance(schema, str) and _SCHEMA.fullmatch(schema) and schema not in (*Kind, *WORDS)
    return schema if plain else None


def value_of(item: Item, field: str) -> dict[str, Any]:
    """What was put, tidy: words on one line, no empty fields. Beside `content` the kind always stands."""
    if field not in WORDS:
        return {"kind": field, "content": {"content": item.content}}
    value: dict[str, Any] = {field: item.content}
    if field == WORDS[0] or item.kind is not PLAIN_KIND[item.audience]:
        value["kind"] = item.kind.value
    texts = {"cue": item.cue, "boundary": item.boundary, "expected_effect": item.expected_effect}
    value |= {name: text for name, text in texts.items() if text}
    if (action := item.action) is not None:
        bindings = {"bindings": dict(action.bindings)} if action.bindings else {}
        value["action"] = {"tool": action.tool, "template": action.template, **bindings}
    return value


def meets(value: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a value meets a filter: fields equal, or compared by `$eq $ne $gt $gte $lt $lte`.

    Numbers and texts that are numbers compare as such, other texts by their letters; what cannot be compared
    does not meet it. A filter never becomes SQL.

    Raises:
        ValueError: another operator.
    """
    return all(_meets(value.get(name), condition) for name, condition in wanted.items())


def _meets(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    if any(str(name).startswith("$") for name in wanted):
        return all(_holds(value, name, operand) for name, operand in wanted.items())
    return isinstance(value, Mapping) and meets(value, wanted)


def _holds(value: Any, name: str, operand: Any) -> bool:
    if name in ("$eq", "$ne"):
        return bool(value == operand) == (name == "$eq")
    if name not in _ORDERED:
        raise ValueError(f"no operator {name}; there are $eq, $ne, {', '.join(_ORDERED)}")
    try:
        return bool(_ORDERED[name](float(value), float(operand)))
    except (TypeError, ValueError):
        texts = isinstance(value, str) and isinstance(operand, str)
        return texts and bool(_ORDERED[name](value, operand))
