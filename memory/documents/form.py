"""The form of the Markdown: its headings, its fields in their order, and the note to the reader."""

from __future__ import annotations

import re
from enum import StrEnum

NEW = "new"
"""Stands in an item's heading instead of an id where a person adds one."""
ANY_MODEL = "any"
ESCAPED = "escaped"
"""The language of a fence that holds one JSON string: a template that a fence cannot hold as it is."""

BEGINS_BLOCK = re.compile(rf" {{0,3}}(?:#[ \t]+Pamphlet\b|##[ \t]+(?:it_|{NEW}\b))", re.IGNORECASE)
"""A line that begins a pamphlet or an item, wherever it stands: no template holds one as it is."""
ITEM_ID = re.compile(r"it_[0-9a-f]{20}")


class Field(StrEnum):
    """The lines of an item, in their order. What stands from `RETIRED_FOR` on is there only when it is known,
    and the last two are never read.
    """

    KIND = "kind"
    CUE = "cue"
    BOUNDARY = "boundary"
    EFFECT = "expected effect"
    STATUS = "status"
    TRUST = "trust"
    PINNED = "pinned"
    MODEL = "for model"
    VERSION = "version"
    RETIRED_FOR = "retired for"
    SUCCESSORS = "replaced by"
    NOTE = "note"
    EVIDENCE = "evidence"
    WORTH = "worth"


REQUIRED = tuple(Field)[: tuple(Field).index(Field.RETIRED_FOR)]
"""Fields that every item with an id has, even where they are blank."""

MARK = "Pamphlets of Atlas"
NOTE_FOR_ONE = """\
<!-- You may change the words, cue, boundary, expected effect, action, status, trust and pinned.
Leave id, kind, model and version as they are; what stands below the version is for reading.
Words are Markdown: \\* is a plain star. Values stand as they are, or "quoted" with \\n for a new line. -->
"""
NOTE_FOR_MANY = f"""\
<!-- {MARK}. Change this text and import it: atlas memory import FILE

You may change the words, cue, boundary, expected effect, action, status, trust and pinned of an item.
Leave id, kind, model and version as they are; what stands below the version is for reading.
`## new` with words and a `- kind:` makes a new item. An item that is not here stays in memory as it is.
Words are Markdown: \\* is a plain star. Values stand as they are, or "quoted" with \\n for a new line. -->
"""
