"""RIS: `TY  - JOUR` begins a record, `ER  -` ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ideation.corpus.record import BadRecord, Draft

_TAG = re.compile(r"([A-Z][A-Z0-9])  ?-(?: |$)(.*)")
_AUTHORS = ("AU", "A1", "A2")
_FIRST_OF = {
    "title": ("TI", "T1", "CT", "BT"),
    "abstract": ("AB", "N2"),
    "venue": ("JO", "JF", "T2", "JA", "BT"),
    "doi": ("DO", "M3"),
    "url": ("UR", "L2"),
    "record_id": ("AN", "ID"),
}
_DATES = ("DA", "PY", "Y1")

Tags = dict[str, list[str]]


def read_ris(text: str) -> Iterator[Draft | BadRecord]:
    """Records by line; what stands outside of any is reported once for each stretch."""
    tags: Tags | None = None
    start, last, stray = 0, "", False
    for line, raw in enumerate(text.split("\n"), 1):
        found = _TAG.match(raw)
        if found and found[1] == "TY":
            if tags is not None:
                yield BadRecord(line=start, reason="has no end (ER) before the next record")
            tags, start, last, stray = {"TY": [found[2]]}, line, "TY", False
        elif tags is None:
            if raw.strip() and not stray:
                yield BadRecord(line=line, reason="stands outside of any record (TY ... ER)")
                stray = True
        elif found and found[1] == "ER":
            yield Draft(line=start, fields=_fields(tags))
            tags = None
        elif found:
            last = found[1]
            tags.setdefault(last, []).append(found[2].strip())
        elif raw.strip() and tags[last]:
            tags[last][-1] += f" {raw.strip()}"
    if tags is not None:
        yield BadRecord(line=start, reason="has no end (ER) before the end of the file")


def _fields(tags: Tags) -> dict[str, object]:
    fields: dict[str, object] = {}
    for field, names in _FIRST_OF.items():
        value = next((tags[name][0] for name in names if tags.get(name) and tags[name][0]), None)
        if value:
            fields[field] = value
    fields["authors"] = [name for tag in _AUTHORS for name in tags.get(tag, []) if name]
    date = next((tags[name][0] for name in _DATES if tags.get(name) and tags[name][0]), "")
    if date:
        # `2024/05/17/spring`: year, month, day and a word, any of the last three may be empty.
        fields["published"] = "/".join(part for part in date.split("/")[:3] if part)
    return fields
