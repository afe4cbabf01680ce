"""Values in rows: parsing observations, looking into JSON-like cells, telling what type a value is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from atlas.offline.vocabulary import AnswerType, EntityType

Cell = str | int | float | None
Row = tuple[Cell, ...]

_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FITS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.IP: re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:][0-9a-f]*:[0-9a-f:]*", re.I),
    AnswerType.SID: re.compile(r"s-\d+(?:-\d+)+", re.I),
    AnswerType.USER_ID: re.compile(_GUID, re.I),
    AnswerType.DEVICE_ID: re.compile(_GUID, re.I),
    AnswerType.EMAIL: re.compile(r"[^@\s]+(?: [^@\s]+)?@[\w-]+(?:\.[\w-]+)+", re.I),
    AnswerType.URL: re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/:?#]\S*)?", re.I),
    AnswerType.FILE: re.compile(r"[^\\/:*?\"<>|]{1,120}\.\w{1,10}", re.I),
    AnswerType.HOST: re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*", re.I),
    AnswerType.APP_ID: re.compile(rf"\d+|{_GUID}", re.I),
    AnswerType.RESOURCE: re.compile(rf"/subscriptions/\S+|{_GUID}", re.I),
    AnswerType.ACCOUNT: re.compile(r"[^@{}\[\]\"/]{2,64}"),
    AnswerType.PROCESS: re.compile(r".{2,}", re.S),
    AnswerType.OTHER: re.compile(r".{2,}", re.S),
}
# What a value of one type must not be although its pattern lets it through.
_NOT: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.ACCOUNT: re.compile(
        rf"s-\d+-.*|{_GUID}|\d+(?:\.\d+)*|true|false|.*\.(?:exe|dll|ps1|sys|docx?|xlsx?|zip|lockbit|lnk|txt)",
        re.I,
    ),
    AnswerType.URL: re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|.*\.(?:exe|dll|ps1|sys|docx?|xlsx?|zip|txt)", re.I),
    AnswerType.HOST: re.compile(rf"\d+|true|false|{_GUID}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}", re.I),
    AnswerType.FILE: re.compile(r"https?:.*|\d{1,3}(?:\.\d{1,3}){3}|.*\.(?:com|net|org|co|io|local)", re.I),
}
_ENTITY_FITS: Mapping[EntityType, AnswerType] = {
    EntityType.IP: AnswerType.IP,
    EntityType.SID: AnswerType.SID,
    EntityType.GUID: AnswerType.USER_ID,
    EntityType.EMAIL: AnswerType.EMAIL,
    EntityType.URL: AnswerType.URL,
    EntityType.FILE: AnswerType.FILE,
    EntityType.HOST: AnswerType.HOST,
    EntityType.PERSON: AnswerType.ACCOUNT,
    EntityType.COMMAND: AnswerType.PROCESS,
}


def fits(kind: AnswerType, value: str) -> bool:
    """Whether a value can be an answer of this type, by its form alone."""
    value = value.strip()
    if not _FITS[kind].fullmatch(value):
        return False
    refused = _NOT.get(kind)
    return refused is None or not refused.fullmatch(value)


def answer_type_of(kind: EntityType) -> AnswerType:
    """The answer type whose columns may hold an entity of this type."""
    return _ENTITY_FITS.get(kind, AnswerType.OTHER)


def normal(value: str) -> str:
    """One spelling for values that are the same: case, quotes, scheme and trailing marks left out."""
    value = value.strip().strip("`'\"").lower()
    value = re.sub(r"^https?://(?:www\.)?", "", value)
    return value.replace("\\", "").rstrip("/.")


def same_key(kind: AnswerType, value: str) -> str:
    """The key under which values count as one: a host by its first label, a process by its command."""
    if kind is AnswerType.HOST:
        return normal(value).split(".")[0]
    if kind is AnswerType.PROCESS:
        return re.sub(r"[\s\"']+", " ", normal(value.rsplit("__", 1)[-1])).strip()
    return normal(value)


def parse_rows(text: str) -> list[Row]:
    """Rows of an observation; an error text or a cut one gives none."""
    start = text.find("[")
    if start < 0 or not text.rstrip().endswith("]"):
        return []
    try:
        rows = ast.literal_eval(text[start:])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [row for row in rows if isinstance(row, tuple)] if isinstance(rows, list) else []


_PAIR = re.compile(r'"(\$?\w+)":"((?:""|[^"])*)"(?=[,}\]]|$)')


def records(cell: str) -> Iterator[dict[str, str]]:
    """Flat string fields of each object in a JSON-like cell, nested ones apart.

    The cells are often not valid JSON (backslashes were lost), so this reads marks and not grammar.
    Doubled quotes are read as one.
    """
    for part in cell.split("{"):
        fields = {key: value.replace('""', '"') for key, value in _PAIR.findall(part)}
        if fields:
            yield fields


def looks_like_json(cell: Cell) -> bool:
    return isinstance(cell, str) and '{"' in cell and '":' in cell
