"""What a Student is given beside the task: recalled items and the Teacher's notes.

The values are plain, so that a Student needs neither `memory` nor a database. An item may carry an
`ActionTemplate`, by which a program can use it as well as a reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTemplate:
    """An action with named slots, e.g. tool `sql`, template `SELECT {column} FROM {table} ...`.

    `bindings` are the fixed words of the template that hold in every incident (names of tables,
    columns, keys, answer types); the slots that remain are filled from the task at hand.
    """

    tool: str
    template: str
    bindings: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The template as a reader is told it: bound slots filled, the others left to be filled."""
        text = self.template
        for name, value in self.bindings.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidanceItem:
    """One recalled item. `worth` in [0, 1] is its credit's mean, `support` the distinct tasks behind it."""

    id: str
    version: int
    kind: str
    content: str
    cue: str = ""
    action: ActionTemplate | None = None
    boundary: str = ""
    worth: float = 0.5
    support: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """Advice for one attempt: `items` come from memory, `notes` from the Teacher's live review."""

    items: tuple[GuidanceItem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.items and not self.notes


def guidance_line(kind: str, content: str, action: ActionTemplate | None, boundary: str = "") -> str:
    """One item as a model reads it, with its action and with where it does not hold."""
    shown = "" if action is None else f" ({action.tool}: {action.text})"
    limits = f" Not when: {boundary}" if boundary else ""
    return f"- [{kind}] {content}{shown}{limits}"


def render_guidance(guidance: Guidance) -> str:
    """The advisory block that a model reads; an empty string when there is nothing to say."""
    if guidance.empty:
        return ""
    lines = ["<advice>", "Advice from earlier work. It may be wrong: what you observe counts more."]
    lines += [guidance_line(item.kind, item.content, item.action, item.boundary) for item in guidance.items]
    lines += [f"- [teacher] {note}" for note in guidance.notes]
    return "\n".join([*lines, "</advice>"])
