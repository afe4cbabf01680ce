"""The `Triager` seam: what a task asks for and names, read from its prompt alone.

A Student/Teacher pair supplies its own; `PlainTriager` knows only the common shapes of values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from core.episode import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """`answer_type` is empty when not recognised; `cues` are words that an item's cue is matched with;
    `entities` are values that stand in the prompt, in order of appearance."""

    answer_type: str = ""
    cues: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


class Triager(Protocol):
    """Reads a task before any work is done; pure and quick."""

    def triage(self, task: Task) -> Triage: ...


# Each word is tried from its start only, so that a long text without a match costs linear time.
_SHAPES = r"""https?://[^\s`'"<>)\]]+
      | (?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+
      | \bS-\d(?:-\d+){2,}\b
      | \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b
      | \b[0-9a-fA-F]{32,64}\b
      | \b\d{1,3}(?:\.\d{1,3}){3}\b
      | (?<![\w-])[\w-]+\.(?:exe|dll|ps1|bat|cmd|vbs|js|docx?|docm|xlsx?|xlsm|pdf|zip|iso|lnk|sys)\b"""
_VALUE = re.compile(_SHAPES, re.VERBOSE | re.IGNORECASE)
_VALUE_OR_QUOTED = re.compile(_SHAPES + r"| `[^`\n]{2,200}`", re.VERBOSE | re.IGNORECASE)


def find_values(text: str, *, quoted: bool = False) -> tuple[str, ...]:
    """Entity values of a text (addresses, hashes, ids, URLs, file names), each once, in order.

    With `quoted`, whatever stands in backticks is a value too.
    """
    pattern = _VALUE_OR_QUOTED if quoted else _VALUE
    found = dict.fromkeys(match.group().strip("`").rstrip(".,;:") for match in pattern.finditer(text))
    return tuple(value for value in found if value)


class PlainTriager:
    """Entities by their shape; the task's tags are its cues; no answer type."""

    def triage(self, task: Task) -> Triage:
        return Triage(cues=task.tags, entities=find_values(task.prompt, quoted=True))
