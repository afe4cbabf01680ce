"""The curve of a soak and what became of harmful lessons, as Markdown."""

from __future__ import annotations

from memory.credit.markdown import markdown_table
from tests.memory.soak.running import Soak


def curve(soak: Soak) -> str:
    header = (
        *("episodes", "live", "active", "items", "MB", "same meaning", "of active", "close", "helpful known"),
        *("accidents active", "harmful live", "with memory", "without", "difference"),
    )
    cells = [
        (
            str(at.episodes),
            str(at.live),
            str(at.active),
            str(at.items),
            f"{at.bytes / 1e6:.1f}",
            f"{at.same_meaning:.3f}",
            f"{at.same_meaning_active:.3f}",
            f"{at.close:.3f}",
            str(at.known),
            str(at.accidents),
            str(at.harmful),
            f"{at.on:.2f}",
            f"{at.off:.2f}",
            f"{at.difference.low:+.2f} to {at.difference.high:+.2f}",
        )
        for at in soak.checkpoints
    ]
    return markdown_table(header, cells)


def planted(soak: Soak) -> str:
    header = (
        *("harmful lesson", "effect", "active at", "tasks shown", "items", "most tests of one"),
        *("retired at", "after", "live at the end", "back"),
    )
    cells = [
        (
            each.lesson.name,
            f"{each.lesson.effect:+.2f}",
            "never" if each.first_active is None else str(each.first_active),
            str(each.shown),
            str(len(each.tests)),
            str(max(each.tests.values(), default=0)),
            ", ".join(map(str, each.retired_at)) or "-",
            ", ".join(map(str, each.retired_after)) or "-",
            str(each.live),
            str(len(each.back)),
        )
        for each in soak.planted
    ]
    return markdown_table(header, cells)
